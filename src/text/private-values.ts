import { domainToUnicode } from 'node:url';
import { structureOf, walk } from './json.js';
import { ANY_URL, MAX_URL, parseUrl, plainSpelling } from './url.js';

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
const MAX_PRIVATE_VALUES = 200;

/** Event names and the like, which occur in the settings of a callback: "completed", "Task-Failed", "video.done". */
const PLAIN_WORDS = /^(?:\p{Lu}?\p{Ll}+|\p{Lu}+)(?:[._:-](?:\p{Lu}?\p{Ll}+|\p{Lu}+))*$/u;
/** Punctuation around the words of a sentence. The lookbehind keeps the time linear. */
const PUNCTUATION = /^[("'[]+|(?<![.,;:!?)"'\]])[.,;:!?)"'\]]+$/g;
/** An address without its scheme: a host with a dot or a port, then a path or a query. */
const BARE_ADDRESS = /^(?=[^\s/?#]*[.:])[^\s/?#]+[/?]\S*$/;

/** The URLs in a value in lower case; an address without a scheme is read as https. */
function urlsIn(lower: string): string[] {
  const bare = lower.replace(/^\/\//, '');
  return lower.match(ANY_URL) ?? (BARE_ADDRESS.test(bare) ? [`https://${bare}`] : []);
}

/** Host and path of a URL in plain spelling: the host as punycode and in Unicode, the path as normalised and as given. */
function addressesOf(url: string): string[] {
  const parsed = url.length > MAX_URL ? undefined : parseUrl(url);
  if (!parsed) return [];
  const { hostname, pathname } = parsed;
  const givenPath = /^[^/]*\/\/[^/?#]*([^?#]*)/.exec(url)?.[1] ?? '';
  const hosts = new Set([hostname, domainToUnicode(hostname)]);
  const paths = new Set([pathname, givenPath]);
  return [...hosts].flatMap((host) => [...paths].map((path) => plainSpelling(host + path).replace(/\/$/, '')));
}

/**
 * Finds the internal ids and callback addresses of a record, including those inside JSON strings.
 * @param own ids that may be shown wherever they stand, in lower case
 */
export function privateValuesOf(record: object, own: ReadonlySet<string>) {
  /** Ids, URLs and secrets as the record spells them, in lower case. */
  const words = new Set<string>();
  /** The addresses of callbacks as `addressesOf` gives them. */
  const callbacks = new Set<string>();

  const addWord = (text: string) => {
    const lower = text.toLowerCase();
    if (text.length >= MIN_PRIVATE_LENGTH && !own.has(lower) && words.size < MAX_PRIVATE_VALUES) words.add(lower);
  };

  const addCallback = (text: string) => {
    for (const url of urlsIn(text.toLowerCase())) {
      if (callbacks.size < MAX_PRIVATE_VALUES) for (const address of addressesOf(url)) callbacks.add(address);
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
  // The longest words come first, because one may be the beginning of another.
  return { words: [...words].sort((a, b) => b.length - a.length), callbacks: [...callbacks] };
}
