import { type Cleaner, cleanLine, cutText } from '../text/clean.js';
import { isObject, type JsonObject, parseJson } from '../text/json.js';
import { hidesNothing } from '../text/privacy.js';
import { isPrivateKey } from '../text/private-keys.js';
import { safeUrl } from '../text/url.js';
import { resultUrls } from './media.js';
import type { TaskRecord } from './record.js';

/** What of a stored request is shown: scalars, and lists of the URLs that were passed in. */
export type RequestExcerpt = Record<string, string | number | boolean | string[]>;

const MAX_STRING = 2500;
const MAX_REQUEST_FIELDS = 30;
const MAX_REQUEST_BYTES = 8192;
const MAX_OUTPUT_BYTES = 4096;
const MAX_OUTPUT_DEPTH = 8;
const MAX_KEY = 64;
/** More entries than any record has are not looked at: a body can hold millions of them. */
const MAX_VISITS = 2000;

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

/** A URL as it may be shown: http or https, and no private one. */
function excerptUrl(value: unknown, cleaner: Cleaner): string | undefined {
  const url = safeUrl(value);
  return url !== undefined && cleaner.allows(url) ? url : undefined;
}

/** A string as it may be shown; undefined for encoded data, scripts, and what stands under a URL key and is no URL. */
function excerptString(key: string, value: string, cleaner: Cleaner): string | undefined {
  if (/(^|_)url$/i.test(key)) return excerptUrl(value, cleaner);
  const text = cleaner.text(value);
  if (looksEncoded(text) || /^\s*(javascript|vbscript):/i.test(text)) return undefined;
  return cutText(text, MAX_STRING);
}

/** A number as it may be shown; undefined for what JSON cannot write, and for a private value. */
function excerptNumber(value: number, cleaner: Cleaner): number | undefined {
  return Number.isFinite(value) && cleaner.text(String(value)) === String(value) ? value : undefined;
}

/** JSON inside a string: an object or a list, or undefined. Some requests and results carry it. */
function jsonInside(text: string): object | undefined {
  const value = /^\s*[[{]/.test(text) ? parseJson(text) : undefined;
  return typeof value === 'object' && value !== null ? value : undefined;
}

function excerptField(key: string, value: unknown, cleaner: Cleaner): RequestExcerpt[string] | undefined {
  if (typeof value === 'string')
    return hidesNothing(jsonInside(value)) ? excerptString(key, value, cleaner) : undefined;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return excerptNumber(value, cleaner);
  if (typeof value !== 'object' || value === null) return undefined;
  const listed = Array.isArray(value) ? value.slice(0, MAX_VISITS) : [];
  const urls = new Set(listed.map((item) => excerptUrl(item, cleaner)).filter((url) => url !== undefined));
  for (const { url } of resultUrls(value)) if (cleaner.allows(url)) urls.add(url);
  return urls.size > 0 ? [...urls] : undefined;
}

/**
 * What was asked for, as far as it may be shown: at most 30 fields and 8 KB. `async` and everything with callback,
 * webhook or notify in its name stays out, as do internal ids, encoded images and nested settings.
 */
export function excerptRequest(record: TaskRecord, cleaner: Cleaner): RequestExcerpt | undefined {
  const excerpt: [string, RequestExcerpt[string]][] = [];
  let bytes = 2;
  for (const [rawKey, value] of Object.entries(record.request ?? {}).slice(0, MAX_VISITS)) {
    if (excerpt.length === MAX_REQUEST_FIELDS) break;
    if (value === null || rawKey.toLowerCase() === 'async') continue;
    const key = cleanLine(cleaner.text(rawKey), MAX_KEY);
    if (key === '' || key === '__proto__' || isPrivateKey(key)) continue;
    const shown = excerptField(key, value, cleaner);
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
export function excerptOutput(response: unknown, cleaner: Cleaner): unknown {
  let left = MAX_OUTPUT_BYTES;
  let visits = 0;

  /** A copy that fits into what is left, whose size is taken off it. */
  function copy(key: string, value: unknown, depth: number): unknown {
    const inside = typeof value === 'string' ? jsonInside(value) : value;
    if (typeof inside === 'object' && inside !== null) return copyInside(inside, depth);
    let shown: unknown = typeof value === 'boolean' ? value : undefined;
    if (typeof value === 'string') shown = excerptString(key, value, cleaner);
    if (typeof value === 'number') shown = excerptNumber(value, cleaner);
    const size = shown === undefined ? 0 : sizeOf(shown);
    if (shown === undefined || size > left) return undefined;
    left -= size;
    return shown;
  }

  function copyInside(value: object, depth: number): unknown {
    left -= 2;
    if (depth === 0) return undefined;
    const list = Array.isArray(value);
    const entries: [string, unknown][] = [];
    for (const [rawKey, child] of Object.entries(list ? value.slice(0, MAX_VISITS) : value)) {
      if (left <= 0 || ++visits > MAX_VISITS) break;
      const key = list ? '' : cleanLine(cleaner.text(rawKey), MAX_KEY);
      if (key === '__proto__' || isPrivateKey(key)) continue;
      const before = left;
      left -= list ? 1 : sizeOf(key) + 2;
      const shown = copy(key, child, depth - 1);
      if (shown !== undefined) entries.push([key, shown]);
      else left = before;
    }
    if (entries.length === 0) return undefined;
    return list ? entries.map(([, shown]) => shown) : Object.fromEntries(entries);
  }

  const body: JsonObject = isObject(response) ? response : { data: response };
  const content = body.data ?? Object.fromEntries(Object.entries(body).filter(([key]) => !ENVELOPE.has(key)));
  return copy('data', content, MAX_OUTPUT_DEPTH);
}
