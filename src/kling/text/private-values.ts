import { structureOf } from './json.js';
import { ANY_URL, MAX_URL } from './url.js';
import { walk } from './walk.js';

/** Fields that identify the vendor's internals or the account. `task_id` and `trace_id` are not among them. */
const INTERNAL_KEYS = new Set([
  '_id',
  'user_id',
  'actor_user_id',
  'api_id',
  'application_id',
  'credential_id',
  'authorization_id',
  'job_id',
]);
/** Fields about the user's own callback, whose address may carry secrets; in lower case. */
const CALLBACK_KEY = /callback|webhook|notify/;

/** Why the values below a key are private; '' if they are not. */
type Privacy = '' | 'internal' | 'callback';

function privacyOf(key: string): Privacy {
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
/** An address without its scheme: a host with a dot or a port, then a path or a query. */
const BARE_ADDRESS = /^(?=[^\s/?#]*[.:])[^\s/?#]+[/?]\S*$/;
/** Punctuation around the words of a sentence. The lookbehind keeps the time linear. */
const PUNCTUATION = /^[("'[]+|(?<![.,;:!?)"'\]])[.,;:!?)"'\]]+$/g;

/** The addresses in a value in lower case, by their spelling; one without a scheme is read as https. None is longer than a URL may be. */
function addressesIn(lower: string): [string, URL][] {
  const urls = lower.match(ANY_URL);
  const bare = lower.replace(/^\/\//, '');
  const spellings = urls ?? (BARE_ADDRESS.test(bare) ? [`https://${bare}`] : []);
  return spellings.filter((url) => url.length <= MAX_URL && URL.canParse(url)).map((url) => [url, new URL(url)]);
}

/** What a record keeps private. */
export interface PrivateValues {
  /** Ids, addresses and secrets as the record spells them, in lower case. */
  words: Set<string>;
  /** The addresses of callbacks by their spelling in the record, each once, in lower case. */
  callbacks: Map<string, URL>;
}

/**
 * Finds the internal ids and callback addresses of a record, including those inside JSON strings.
 * @param own ids that may be shown wherever they stand, in lower case
 */
export function privateValuesOf(record: object, own: ReadonlySet<string>): PrivateValues {
  const words = new Set<string>();
  const callbacks = new Map<string, URL>();

  const addWord = (text: string) => {
    const lower = text.toLowerCase();
    const isNew = text.length >= MIN_PRIVATE_LENGTH && !own.has(lower);
    if (isNew && words.size < MAX_PRIVATE_VALUES) words.add(lower);
  };

  const addCallback = (text: string) => {
    for (const [spelling, url] of addressesIn(text.toLowerCase())) {
      if (callbacks.size < MAX_PRIVATE_VALUES) callbacks.set(spelling, url);
    }
    // A header can be "Bearer" and a secret. The other words of a callback's settings identify nobody.
    const parts = /\s/.test(text) ? text.split(/\s+/).map((part) => part.replace(PUNCTUATION, '')) : [text];
    for (const part of parts) if (!PLAIN_WORDS.test(part)) addWord(part);
  };

  const visit = (value: unknown, key: string | number, above: Privacy): Privacy => {
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
