import { cleanLine, cleanText, cutText, REDACTED, type Redact, redactor } from './clean.js';
import { isObject, type JsonObject, leavesOf } from './json.js';
import { ANY_URL, httpUrlOf } from './url.js';

/** Fields that identify the vendor's internals or the account. `task_id` and `trace_id` are not among them. */
const INTERNAL_KEY = /^(?:_id|(?:user|actor_user|api|application|credential|authorization|job)_id)$/i;
/** Fields about the user's own callback, whose address may carry secrets. */
const CALLBACK_KEY = /callback|webhook|notify/i;

// No record comes near these bounds, which keep hostile ones from costing seconds or the stack.
const MAX_STRING = 20_000;
const MAX_DEPTH = 32;
const MAX_VALUES = 50_000;
const MAX_INTERNAL_IDS = 100;

const MAX_KEY = 64;

/**
 * A copy of a JSON value in which nothing is left that must not be shown. Internal keys and those about callbacks are gone
 * with all below them; so are, from every string and key, unsafe characters, the token, internal ids, and the callback's
 * address. What is too deep or too much is left out, and strings are cut to 20,000 characters.
 * @param keep ids that are shown even if they also stand under an internal key: those of the task and the trace
 */
export function publicCopy(
  value: unknown,
  { redact, keep = [] }: { redact: Redact; keep?: Iterable<string | undefined> },
): unknown {
  const internal: unknown[] = [];
  const callbacks: unknown[] = [];
  let valuesLeft = MAX_VALUES;

  const showText = (text: string) => redact(cleanText(text.slice(0, MAX_STRING)));

  /** The bounded, cleaned copy, with what stands under private keys put aside. */
  const copy = (original: unknown, depth: number): unknown => {
    if (depth === 0 || valuesLeft-- <= 0) return undefined;
    if (typeof original === 'string') return showText(original);
    if (Array.isArray(original)) {
      return original.map((item) => copy(item, depth - 1)).filter((item) => item !== undefined);
    }
    if (!isObject(original)) return original;
    const shown: JsonObject = {};
    for (const [name, part] of Object.entries(original).slice(0, valuesLeft)) {
      const key = redact(cleanLine(name, MAX_STRING));
      const copied = copy(part, depth - 1);
      if (INTERNAL_KEY.test(key)) internal.push(copied);
      else if (CALLBACK_KEY.test(key)) callbacks.push(copied);
      else if (copied !== undefined && key !== '__proto__') shown[key] = copied;
    }
    return shown;
  };

  const cleaned = copy(value, MAX_DEPTH);
  const hide = hiderOf(internal, callbacks, keep);
  const hideIn = (part: unknown): unknown => {
    if (typeof part === 'string') return hide(part);
    if (Array.isArray(part)) return part.map(hideIn);
    if (!isObject(part)) return part;
    const shown: JsonObject = {};
    for (const [key, child] of Object.entries(part)) shown[cutText(hide(key), MAX_KEY)] = hideIn(child);
    return shown;
  };
  return hideIn(cleaned);
}

/** Host and path of an http URL, which tell a callback whatever its query is; '' for anything else. */
function addressOf(url: string): string {
  const { host, pathname } = httpUrlOf(url) ?? { host: '', pathname: '' };
  return `${host}${pathname}`.replace(/\/$/, '').toLowerCase();
}

/** Replaces internal ids and the URLs of callbacks in a text, without regard to case. */
function hiderOf(internal: unknown[], callbacks: unknown[], keep: Iterable<string | undefined>): Redact {
  const kept = new Set(Array.from(keep, (id) => id?.trim().toLowerCase()));
  const ids = new Set(textsIn(internal).filter((id) => !kept.has(id.toLowerCase())));
  const redactIds = redactor(...[...ids].slice(0, MAX_INTERNAL_IDS));
  const addresses = new Set(textsIn(callbacks).map(addressOf));
  addresses.delete('');

  return (text) => {
    const shown = text.replace(ANY_URL, (url) => (addresses.has(addressOf(url)) ? REDACTED : url));
    // The address of a video may contain an id of its owner, who could not open it without.
    return /^https?:\/\/\S+$/i.test(shown) ? shown : redactIds(shown);
  };
}

/** The strings and numbers in some values, as text. */
function textsIn(values: unknown[]): string[] {
  return leavesOf(values).flatMap(({ value }) => [value].flat().map((part) => String(part).trim()));
}
