import { type Cleaner, cleanText, REDACTED } from './clean.js';
import { isEmpty } from './json.js';
import { isPrivateKey } from './private-keys.js';
import { safeUrl } from './url.js';

/** A record, or a part of one, whose own id and trace id may be shown. */
export interface PrivacyScope {
  [key: string]: unknown;
  id?: unknown;
  trace_id?: unknown;
}

/** A shorter value is not private: replacing "1" wherever it occurs would only destroy the text. */
const MIN_PRIVATE_LENGTH = 8;
/** More than any record has, and few enough that a hostile one costs nothing. */
const MAX_PRIVATE_VALUES = 100;

/** The strings, numbers and the like that stand under a private key anywhere below a root; their order does not matter. */
function* privateLeaves(root: object): Generator<unknown> {
  // Two plain stacks, as a body can hold millions of objects.
  const stack: object[] = [root];
  const hiddenStack: boolean[] = [false];
  const descend = (value: object, hidden: boolean) => {
    if (isEmpty(value)) return;
    stack.push(value);
    hiddenStack.push(hidden);
  };
  for (let top = stack.pop(); top; top = stack.pop()) {
    const inherited = hiddenStack.pop() ?? false;
    if (Array.isArray(top)) {
      for (const value of top) {
        if (typeof value === 'object' && value !== null) descend(value, inherited);
        else if (inherited) yield value;
      }
    } else {
      for (const [key, value] of Object.entries(top)) {
        const hidden = inherited || isPrivateKey(key);
        if (typeof value === 'object' && value !== null) descend(value, hidden);
        else if (hidden) yield value;
      }
    }
  }
}

/**
 * The internal values of a record (ids, callback addresses), which the API may also have written into a message. The
 * longest come first, as one may begin like another.
 */
function privateValuesOf(record: PrivacyScope): string[] {
  const found = new Set<string>();
  for (const value of privateLeaves(record)) {
    if (typeof value !== 'string' && typeof value !== 'number') continue;
    const text = String(value);
    if (text.length >= MIN_PRIVATE_LENGTH && text !== record.id && text !== record.trace_id) found.add(text);
    if (found.size === MAX_PRIVATE_VALUES) break;
  }
  return [...found].sort((a, b) => b.length - a.length);
}

/** Whether no private key stands anywhere in the value. */
export function hidesNothing(value: object | undefined): boolean {
  return value === undefined || privateLeaves(value).next().done === true;
}

/** Makes the texts of this record safe to show: private values are replaced, and URLs that are private refused. */
export function cleanerOf(record: PrivacyScope): Cleaner {
  const secrets = privateValuesOf(record);
  const urls = new Set(secrets.map(safeUrl));
  return {
    text(text) {
      const cleaned = cleanText(text);
      if (cleaned.length < MIN_PRIVATE_LENGTH) return cleaned;
      return secrets.reduce((rest, secret) => rest.replaceAll(secret, REDACTED), cleaned);
    },
    // An id inside a URL stays: without it the link would lead nowhere.
    allows: (url) => !urls.has(url),
  };
}
