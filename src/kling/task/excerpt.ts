import { cleanText, cutText } from '../../text/clean.js';
import { holdsSomething, isEmpty, isStructure, type JsonObject, walk } from '../../text/json.js';
import type { Cleaner } from '../../text/privacy.js';
import { isPrivateKey } from '../../text/private-values.js';
import { isHttpUrl, safeUrl } from '../../text/url.js';
import { INPUT_KEY, type Media, taskResultsOf } from './media.js';

const MAX_STRING = 2500;
const MAX_KEY = 64;

/** A key as it may be shown: on one line, at most 64 characters. Undefined for a private one and an object's own names. */
function excerptKey(key: string, cleaner: Cleaner): string | undefined {
  const line = cleaner.line(key, Number.POSITIVE_INFINITY);
  const isHidden = line === undefined || line === 'prototype' || line in Object.prototype || isPrivateKey(line);
  return isHidden ? undefined : cutText(line, MAX_KEY);
}

/** The key in at most 64 characters, numbered if the object has it, because two long keys can be alike once they are cut. */
function freeKey(key: string, object: object): string {
  let free = cutText(key, MAX_KEY);
  for (let number = 2; Object.hasOwn(object, free); number++) {
    const suffix = ` (${number})`;
    free = cutText(key, MAX_KEY - suffix.length) + suffix;
  }
  return free;
}

const DATA_URL = /(?<!\w)data:(?:[\w.+-]+\/[\w.+-]+)?(?:;[\w.+=-]+)*,[^\s"'<>()]*/gi;
/** Base64 and the like. Only ASCII counts, because Chinese and Japanese prompts have no white space either. */
const LONG_RUN = /(?<![!-~])[!-~]{257,}/g;

/** The text without encoded data. URLs are kept, however long they are. */
function cutEncoded(text: string): string {
  if (text.length <= 256 && !/data:/i.test(text)) return text;
  return text.replace(DATA_URL, '…').replace(LONG_RUN, (run) => {
    const url = run.search(/https?:\/\//i);
    if (url === -1) return '…';
    return url > 256 ? `…${run.slice(url)}` : run;
  });
}

/**
 * A scalar as it may be shown; strings are cut to 2,500 characters. Undefined for a value that JSON cannot represent, a
 * private number, a callback, and what is no http(s) URL under the key of a URL.
 */
function excerptScalar(key: string, value: unknown, cleaner: Cleaner): string | number | boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    return Number.isFinite(value) && cleaner.redact(String(value)) === String(value) ? value : undefined;
  }
  if (typeof value !== 'string') return undefined;
  if (/(?:^|_)ur[il]s?$/i.test(key)) {
    const url = safeUrl(value);
    return url !== undefined && cleaner.allows(url) ? cleaner.redact(url) : undefined;
  }
  if (isHttpUrl(value) && !/\s/.test(value) && !cleaner.allows(value)) return undefined;
  return cutText(cleaner.redact(cutEncoded(cleanText(value))), MAX_STRING);
}

/** The size of a value as JSON, in bytes. */
function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/**
 * What was asked for, or metered, as far as it may be shown: scalars and lists of scalars, at most 30 fields and 8 KB.
 * What does not fit is left out, as are `async`, internal ids, and keys with callback, webhook or notify in their name.
 * @param depth how far down nested settings are shown, flattened to dotted keys (`camera_control.type`)
 */
export function excerptSettings(settings: JsonObject, cleaner: Cleaner, depth?: number): JsonObject | undefined {
  const excerpt: JsonObject = {};
  let left = 8192 - 2;

  const visit = (value: unknown, name: string | number, above: string): string | undefined => {
    const key = excerptKey(String(name), cleaner);
    if (Object.keys(excerpt).length >= 30 || key === undefined || /^async$/i.test(key)) return undefined;
    const path = `${above}${key}`;
    const items = Array.isArray(value) ? value : [value];
    if (items.some((item) => typeof item === 'object')) return `${path}.`;
    const scalars = items.map((item) => excerptScalar(key, item, cleaner)).filter((item) => item !== undefined);
    if (scalars.length === 0) return undefined;
    const shown = Array.isArray(value) ? scalars : scalars[0];
    const shownKey = freeKey(path, excerpt);
    const size = sizeOf(shownKey) + sizeOf(shown) + 2;
    if (size > left) return undefined;
    left -= size;
    excerpt[shownKey] = shown;
    return undefined;
  };
  walk(settings, '', visit, depth);
  return isEmpty(excerpt) ? undefined : excerpt;
}

/** Keys of a response that belong to the envelope around what the task returned. */
const ENVELOPE = new Set(
  'success code message task_id trace_id request_id state status task_status request input usage data'.split(' '),
);

/** What the task returned: its `task_result`, else the response's `data` and the fields that are not of the envelope. */
function contentOf(response: JsonObject): unknown {
  const results = taskResultsOf(response);
  if (results.length > 0) return results.length === 1 ? results[0] : results;
  const { data } = response;
  const beside = Object.fromEntries(Object.entries(response).filter(([key]) => !ENVELOPE.has(key)));
  if (!holdsSomething(data)) return beside;
  return isEmpty(beside) ? data : { ...beside, data };
}

/**
 * What a task returned other than videos and pictures, such as a voice with its id or an element: at most 4 KB and eight
 * levels deep. Internal fields, submitted input and URLs that are already listed are removed; what does not fit is left out.
 */
export function excerptOutput(response: JsonObject, cleaner: Cleaner, media: readonly Media[]): unknown {
  const listed = new Set(media.map(({ url }) => url));

  /** What is shown of a value in at most so many bytes of JSON. The key is '' in a list. */
  const excerpt = (value: unknown, key: string, maxBytes: number, depth: number): unknown => {
    if (isHttpUrl(value) && listed.has(safeUrl(value) ?? '')) return undefined;
    if (INPUT_KEY.test(key) && (isStructure(value) || isHttpUrl(value))) return undefined;
    if (!isStructure(value)) {
      const scalar = excerptScalar(key, value, cleaner);
      return scalar !== undefined && sizeOf(scalar) <= maxBytes ? scalar : undefined;
    }
    if (depth === 0) return undefined;
    const shown: JsonObject | unknown[] = Array.isArray(value) ? [] : {};
    let left = maxBytes - 2;
    const showChild = (child: unknown, name: string | number) => {
      const line = typeof name === 'string' ? excerptKey(name, cleaner) : '';
      if (line === undefined) return;
      const childKey = line && freeKey(line, shown);
      const keySize = childKey === '' ? 1 : sizeOf(childKey) + 2;
      const part = excerpt(child, line, left - keySize, depth - 1);
      if (part === undefined) return;
      left -= keySize + sizeOf(part);
      if (Array.isArray(shown)) shown.push(part);
      else shown[childKey] = part;
    };
    walk<unknown>(value, undefined, showChild, 1);
    return isEmpty(shown) ? undefined : shown;
  };
  return excerpt(contentOf(response), '', 4096, 8);
}
