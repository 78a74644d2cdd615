import { isObject, type JsonObject } from './json.js';
import { resultUrls, safeUrl } from './media.js';
import { isPrivateKey, type TaskRecord } from './record.js';
import { cleanLine, cleanText, cutText, REDACTED } from './text.js';

/** What of a stored request is shown: scalars, and lists of the URLs that were passed in. */
export type RequestExcerpt = Record<string, string | number | boolean | string[]>;

const MAX_STRING = 2500;
const MAX_REQUEST_FIELDS = 30;
const MAX_REQUEST_BYTES = 8192;
const MAX_OUTPUT_BYTES = 4096;
const MAX_OUTPUT_DEPTH = 8;
const MAX_KEY = 64;

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** The longest word that is taken for text. */
const MAX_RUN = 256;

/**
 * Base64 and its kin: a run of over 256 printable ASCII characters that is no URL, or a data: URL. Chinese and Japanese
 * prompts have no white space either, which is why other characters do not count.
 */
function looksEncoded(text: string): boolean {
  if (/^\s*data:[^\s,]*,/i.test(text)) return true;
  if (text.length <= MAX_RUN) return false;
  return text.split(/[^!-~]+/).some((run) => run.length > MAX_RUN && !/^\W*https?:\/\//i.test(run));
}

/** A shorter value is not private: replacing "1" wherever it occurs would only destroy the text. */
const MIN_PRIVATE_LENGTH = 8;

/** More than any record has, and few enough that a hostile one costs nothing. */
const MAX_PRIVATE_VALUES = 100;

/**
 * The internal values of a record (ids, callback addresses), which the API may also have written into a message. The
 * longest come first, as one may begin like another.
 */
function privateValuesOf(record: TaskRecord): string[] {
  const found = new Set<string>();
  const stack: { value: object; hidden: boolean }[] = [{ value: record, hidden: false }];
  for (let top = stack.pop(); top && found.size < MAX_PRIVATE_VALUES; top = stack.pop()) {
    const list = Array.isArray(top.value);
    for (const [key, child] of Object.entries(top.value)) {
      const hidden = top.hidden || (!list && isPrivateKey(key));
      if (typeof child === 'object' && child !== null) stack.push({ value: child, hidden });
      else if (hidden && (typeof child === 'string' || typeof child === 'number')) found.add(String(child));
    }
  }
  return [...found]
    .filter((value) => value.length >= MIN_PRIVATE_LENGTH && value !== record.id && value !== record.trace_id)
    .slice(0, MAX_PRIVATE_VALUES)
    .sort((a, b) => b.length - a.length);
}

/** A function that makes a text of this record safe to show, private values replaced. */
export function textCleaner(record: TaskRecord): (text: string) => string {
  const secrets = privateValuesOf(record);
  return (text) => {
    const cleaned = cleanText(text);
    if (cleaned.length < MIN_PRIVATE_LENGTH) return cleaned;
    return secrets.reduce((rest, secret) => rest.replaceAll(secret, REDACTED), cleaned);
  };
}

type Clean = (text: string) => string;

/** A string as it may be shown; undefined for encoded data, scripts, and what stands under a URL key and is no URL. */
function excerptString(key: string, value: string, clean: Clean): string | undefined {
  if (/(^|_)url$/i.test(key)) return safeUrl(value);
  const text = clean(value);
  if (looksEncoded(text) || /^\s*(javascript|vbscript):/i.test(text)) return undefined;
  return cutText(text, MAX_STRING);
}

/** A number as it may be shown; undefined for what JSON cannot write, and for a private value. */
function excerptNumber(value: number, clean: Clean): number | undefined {
  return Number.isFinite(value) && clean(String(value)) === String(value) ? value : undefined;
}

function excerptField(key: string, value: unknown, clean: Clean): RequestExcerpt[string] | undefined {
  if (typeof value === 'string') return excerptString(key, value, clean);
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return excerptNumber(value, clean);
  if (typeof value !== 'object' || value === null) return undefined;
  const plain = (Array.isArray(value) ? value : []).map(safeUrl).filter((url) => url !== undefined);
  const urls = [...new Set([...plain, ...Array.from(resultUrls(value), ({ url }) => url)])];
  return urls.length > 0 ? urls : undefined;
}

/**
 * What was asked for, as far as it may be shown: at most 30 fields and 8 KB. `async` and everything with callback,
 * webhook or notify in its name stays out, as do internal ids, encoded images and nested settings.
 */
export function excerptRequest(record: TaskRecord, clean: Clean): RequestExcerpt | undefined {
  const excerpt: [string, RequestExcerpt[string]][] = [];
  let bytes = 2;
  for (const [rawKey, value] of Object.entries(record.request ?? {})) {
    if (excerpt.length === MAX_REQUEST_FIELDS) break;
    const key = cleanLine(clean(rawKey), MAX_KEY);
    if (key === '' || key === '__proto__' || key.toLowerCase() === 'async' || isPrivateKey(key)) continue;
    const shown = excerptField(key, value, clean);
    if (shown === undefined) continue;
    const size = sizeOf(key) + sizeOf(shown) + 2;
    if (bytes + size > MAX_REQUEST_BYTES) continue;
    bytes += size;
    excerpt.push([key, shown]);
  }
  return excerpt.length > 0 ? Object.fromEntries(excerpt) : undefined;
}

/** Keys of a response that only wrap what the task returned. */
const ENVELOPE = new Set(['success', 'task_id', 'trace_id', 'state', 'status', 'task_status', 'request', 'input']);

/**
 * What a task returned that has neither video nor image: a voice with its id, an element. At most 4 KB and eight
 * levels; internal fields are removed, and what does not fit any more is left out.
 */
export function excerptOutput(response: unknown, clean: Clean): unknown {
  let left = MAX_OUTPUT_BYTES;

  /** A copy that fits into what is left, whose size is taken off it. */
  function copy(key: string, value: unknown, depth: number): unknown {
    if (value === null) return undefined;
    if (typeof value === 'object') return copyInside(value, depth);
    const number = typeof value === 'number' ? excerptNumber(value, clean) : value;
    const shown = typeof value === 'string' ? excerptString(key, value, clean) : number;
    if (shown === undefined) return undefined;
    const size = sizeOf(shown);
    if (size > left) return undefined;
    left -= size;
    return shown;
  }

  function copyInside(value: object, depth: number): unknown {
    left -= 2;
    if (depth === 0) return undefined;
    const entries: [string, unknown][] = [];
    for (const [rawKey, child] of Object.entries(value)) {
      if (left <= 0) break;
      const key = cleanLine(clean(rawKey), MAX_KEY);
      if (key === '__proto__' || isPrivateKey(key)) continue;
      const before = left;
      left -= Array.isArray(value) ? 1 : sizeOf(key) + 2;
      const shown = copy(key, child, depth - 1);
      if (shown !== undefined) entries.push([key, shown]);
      else left = before;
    }
    if (entries.length === 0) return undefined;
    return Array.isArray(value) ? entries.map(([, shown]) => shown) : Object.fromEntries(entries);
  }

  const body: JsonObject = isObject(response) ? response : { data: response };
  const content = body.data ?? Object.fromEntries(Object.entries(body).filter(([key]) => !ENVELOPE.has(key)));
  return copy('data', content, MAX_OUTPUT_DEPTH);
}
