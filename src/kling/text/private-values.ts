import { domainToUnicode } from 'node:url';
import { structureOf, walk } from './json.js';
import { ANY_URL, MAX_URL, plainSpelling } from './url.js';

/** Fields that identify the vendor's internals or the account. `task_id` and `trace_id` are not among them. */
const INTERNAL_KEYS = new Set(
  '_id user_id actor_user_id api_id application_id credential_id authorization_id job_id'.split(' '),
);
/** Fields about the user's own callback, whose address may carry secrets; in lower case. */
const CALLBACK_KEY = /callback|webhook|notify/;

/** Why the values below a key are private; '' if they are not. */
function privacyOf(key: string): 'internal' | 'callback' | '' {
  const lower = key.toLowerCase();
  if (INTERNAL_KEYS.has(lower)) return 'internal';
  return CALLBACK_KEY.test(lower) ? 'callback' : '';
}

/** Whether the value of a key must not be shown: an internal id or a callback address. */
export function isPrivateKey(key: string): boolean {
  return privacyOf(key) !== '';
}

/** A shorter value does not count as private: replacing every "1" would only garble the text. */
export const MIN_PRIVATE_LENGTH = 8;
/** Far more than any record has. Bounded, because each one costs a search in every text. */
const MAX_PRIVATE_VALUES = 1000;

/** Event names and the like, which occur in the settings of a callback: "completed", "Task-Failed", "video.done". */
const PLAIN_WORDS = /^(?:\p{Lu}?\p{Ll}+|\p{Lu}+)(?:[._:-](?:\p{Lu}?\p{Ll}+|\p{Lu}+))*$/u;
/** Punctuation around the words of a sentence. The lookbehind keeps the time linear. */
const PUNCTUATION = /^[("'[]+|(?<![.,;:!?)"'\]])[.,;:!?)"'\]]+$/g;
/** An address without its scheme: a host with a dot or a port, then a path or a query. */
const BARE_ADDRESS = /^(?=[^\s/?#]*[.:])[^\s/?#]+[/?]\S*$/;

/** The addresses in a value in lower case; one without a scheme is read as https. None is longer than a URL may be. */
function addressesIn(lower: string): string[] {
  const bare = lower.replace(/^\/\//, '');
  const urls = lower.match(ANY_URL) ?? (BARE_ADDRESS.test(bare) ? [`https://${bare}`] : []);
  return urls.filter((url) => url.length <= MAX_URL && URL.canParse(url));
}

/** An address as `plainSpelling` has it: the host as punycode and in Unicode, the path as normalised and as given. */
export interface Callback {
  hosts: string[];
  paths: string[];
}

function callbackOf(url: string): Callback {
  const { hostname, pathname } = new URL(url);
  const givenPath = /^[^/]*\/\/[^/?#]*([^?#]*)/.exec(url)?.[1] ?? '';
  const paths = [pathname, givenPath].map((path) => plainSpelling(path).replace(/\/+$/, ''));
  return { hosts: [hostname, domainToUnicode(hostname)], paths };
}

/**
 * Finds the internal ids and callback addresses of a record, including those inside JSON strings.
 * @param own ids that may be shown wherever they stand, in lower case
 */
export function privateValuesOf(record: object, own: ReadonlySet<string>) {
  /** Ids, addresses and secrets as the record spells them, in lower case. */
  const words = new Set<string>();
  const callbacks: Callback[] = [];

  const addWord = (text: string) => {
    const lower = text.toLowerCase();
    if (text.length >= MIN_PRIVATE_LENGTH && !own.has(lower) && words.size < MAX_PRIVATE_VALUES) words.add(lower);
  };

  const addCallback = (text: string) => {
    for (const url of addressesIn(text.toLowerCase())) {
      if (callbacks.length < MAX_PRIVATE_VALUES) callbacks.push(callbackOf(url));
    }
    // A header can be "Bearer" and a secret. The other words of a callback's settings identify nobody.
    const parts = text.split(/\s+/).map((part) => part.replace(PUNCTUATION, ''));
    for (const part of parts) if (!PLAIN_WORDS.test(part)) addWord(part);
  };

  const visit = (value: unknown, key: string | number, above: ReturnType<typeof privacyOf>) => {
    const privacy = above === '' && typeof key === 'string' ? privacyOf(key) : above;
    const inside = typeof value === 'string' ? structureOf(value) : undefined;
    if (inside) walk(inside, privacy, visit);
    else if (privacy !== '' && (typeof value === 'string' || typeof value === 'number')) {
      (privacy === 'callback' ? addCallback : addWord)(String(value).trim());
    }
    return privacy;
  };
  walk(record, '', visit);
  return { words, callbacks };
}
