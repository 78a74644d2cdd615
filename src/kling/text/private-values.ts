import { structureOf } from './json.js';
import { ANY_URL } from './url.js';
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
const PLAIN_WORDS = /^(?:[A-Z]?[a-z]+|[A-Z]+)(?:[._:-](?:[A-Z]?[a-z]+|[A-Z]+))*$/;

/** What a record keeps private. */
export interface PrivateValues {
  /** Ids, addresses and secrets as the record spells them, in lower case. */
  words: Set<string>;
  /** The addresses of callbacks, each once, in lower case. */
  callbacks: Map<string, URL>;
}

/**
 * Finds the internal ids and callback addresses of a record, including those inside JSON strings.
 * @param own ids that may be shown wherever they stand, in lower case
 */
export function privateValuesOf(record: object, own: ReadonlySet<string>): PrivateValues {
  const words = new Set<string>();
  const callbacks = new Map<string, URL>();

  const add = (text: string, privacy: Privacy) => {
    const lower = text.toLowerCase();
    if (privacy === 'callback') {
      for (const url of lower.match(ANY_URL) ?? []) {
        if (callbacks.size < MAX_PRIVATE_VALUES && URL.canParse(url)) callbacks.set(url, new URL(url));
      }
      // Other settings of a callback identify nobody.
      if (/\s/.test(text) || PLAIN_WORDS.test(text)) return;
    }
    const isNew = text.length >= MIN_PRIVATE_LENGTH && !own.has(lower);
    if (isNew && words.size < MAX_PRIVATE_VALUES) words.add(lower);
  };

  const visit = (value: unknown, key: string | number, above: Privacy): Privacy => {
    const privacy = above === '' && typeof key === 'string' ? privacyOf(key) : above;
    const inside = typeof value === 'string' ? structureOf(value) : undefined;
    if (inside) walk(inside, privacy, visit);
    else if (privacy !== '' && (typeof value === 'string' || typeof value === 'number')) {
      add(String(value).trim(), privacy);
    }
    return privacy;
  };
  walk(record, '', visit);
  return { words, callbacks };
}
