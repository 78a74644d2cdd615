import { cleanText, cutText } from '../text/clean.js';
import type { Cleaner } from '../text/privacy.js';
import { isPrivateKey } from '../text/private-values.js';
import { isHttpUrl, safeUrl } from '../text/url.js';

/** A value as an excerpt shows it. */
export type Scalar = string | number | boolean;

const MAX_STRING = 2500;
const MAX_KEY = 64;

/** A key as it may be shown: on one line, at most 64 characters. Undefined for a private one and an object's own names. */
export function excerptKey(key: string, cleaner: Cleaner): string | undefined {
  const line = cleaner.line(key, Number.POSITIVE_INFINITY);
  const isHidden = line === undefined || line === 'prototype' || line in Object.prototype || isPrivateKey(line);
  return isHidden ? undefined : cutText(line, MAX_KEY);
}

/** The key in at most 64 characters, numbered if the object has it, because two long keys can be alike once they are cut. */
export function freeKey(key: string, object: object): string {
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
export function excerptScalar(key: string, value: unknown, cleaner: Cleaner): Scalar | undefined {
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
export function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
