import { cutText } from '../../text/clean.js';
import { isObject, isStructure, type JsonObject, mapParts } from '../../text/json.js';
import { isScalar, leavesOf, type Scalar } from '../../text/leaves.js';
import { isHttpUrl, safeUrl } from '../../text/url.js';
import { isContent, isEnvelopeKey, urlsOf } from './results.js';

const MAX_SETTINGS = 30;
const MAX_SETTINGS_BYTES = 8192;
const MAX_SETTING = 2500;
const MAX_OUTPUT_BYTES = 4096;
/** Short enough that any one text fits into an output. */
const MAX_OUTPUT_TEXT = 1000;

/** The size of a value as JSON, in bytes. */
function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

/** A URL, which stays however long it is, or encoded data such as base64. */
const URL_OR_DATA = /https?:\/\/\S+|[\w+/=-]{257,}/gi;

/** A scalar as it is shown: a text is cut, and has no encoded data; under the key of a URL stands an http(s) URL or nothing. */
function excerptScalar(key: string, value: Scalar, maxLength: number): Scalar | undefined {
  if (typeof value !== 'string') return value;
  if (/(?:^|_)ur[il]s?$/i.test(key)) return safeUrl(value);
  const text = value.replace(URL_OR_DATA, (found) => (isHttpUrl(found) ? found : '…'));
  return cutText(text, maxLength);
}

/**
 * What was submitted: scalars and lists of scalars, nested settings by dotted keys (`camera_control.type`), at most 30
 * fields and 8 KB. What does not fit is left out, and so is `async`. Undefined if nothing is left.
 */
export function excerptRequest(request: JsonObject): JsonObject | undefined {
  const shown: [string, unknown][] = [];
  let bytesLeft = MAX_SETTINGS_BYTES - 2;
  for (const leaf of leavesOf(request)) {
    if (shown.length === MAX_SETTINGS) break;
    if (leaf.path.some((step) => /^async$/i.test(String(step)))) continue;
    const items = [leaf.value].flat().map((item) => excerptScalar(leaf.key, item, MAX_SETTING));
    const [value] = Array.isArray(leaf.value) ? [items.filter((item) => item !== undefined)] : items;
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    const path = leaf.path.join('.');
    const bytes = sizeOf(path) + sizeOf(value) + 2;
    if (bytes > bytesLeft) continue;
    bytesLeft -= bytes;
    shown.push([path, value]);
  }
  return shown.length > 0 ? Object.fromEntries(shown) : undefined;
}

/** What was metered: scalars, as the API names them. */
export function excerptUsage(usage: JsonObject): JsonObject | undefined {
  return excerptRequest(Object.fromEntries(Object.entries(usage).filter(([, value]) => typeof value !== 'object')));
}

/** What a task returned other than files, as far as it fits. */
export interface Output {
  output?: JsonObject;
  /** The URLs that stand in it. */
  urls: ReadonlySet<string | undefined>;
  /** How many entries of lists are missing, not counting those with files. */
  leftOut: number;
}

/**
 * What a task returned other than files, at most 4 KB: a list stands under `items`, a scalar under `value`. Fields and
 * entries of lists that do not fit are left out.
 * @param listed the URLs that are shown elsewhere
 */
export function excerptOutput(result: object | undefined, listed: ReadonlySet<string>): Output {
  let bytesLeft = MAX_OUTPUT_BYTES - sizeOf({ items: [] });
  let leftOut = 0;
  const fits = (value: unknown) => {
    const bytes = sizeOf(value) + 1;
    if (bytes > bytesLeft) return false;
    bytesLeft -= bytes;
    return true;
  };
  const shorten = (value: unknown, key: string): unknown => {
    if (isStructure(value)) return mapParts(value, (part, name = key) => shorten(part, name));
    return isScalar(value) && !listed.has(safeUrl(value) ?? '')
      ? excerptScalar(key, value, MAX_OUTPUT_TEXT)
      : undefined;
  };
  const fill = (value: unknown, key: string): unknown => {
    if (!isStructure(value)) {
      const shown = shorten(value, key);
      return shown !== undefined && fits([key, shown]) ? shown : undefined;
    }
    if (!fits({ [key]: [] })) return undefined;
    if (!Array.isArray(value) || value.length === 1) return mapParts(value, (part, name = key) => fill(part, name));
    return mapParts(value, (item) => {
      const shown = shorten(item, key);
      if (shown === undefined || fits(shown)) return shown;
      if (![...leavesOf(item, [], key)].some((leaf) => urlsOf(leaf).length > 0)) leftOut++;
      return undefined;
    });
  };
  const output = fill(contentOf(result), '');
  const leaves = [...leavesOf(output)];
  return {
    ...(leaves.some(isContent) && { output: asObject(output) }),
    urls: new Set(leaves.flatMap(({ value }) => value).map(safeUrl)),
    leftOut,
  };
}

/** The result without the envelope around it. */
function contentOf(result: unknown): unknown {
  if (!isObject(result)) return result;
  const content = Object.entries(result).filter(([key]) => !isEnvelopeKey(key));
  const [[key, held] = ['', undefined], ...others] = content;
  return others.length === 0 && /^(?:data|task_result)$/.test(key) ? contentOf(held) : Object.fromEntries(content);
}

function asObject(output: unknown): JsonObject {
  if (isObject(output)) return output;
  return Array.isArray(output) ? { items: output } : { value: output };
}

/** The number of entries in an output's lists of which no value is known otherwise. */
export function countEntries(output: unknown, known: ReadonlySet<unknown>): number {
  if (Array.isArray(output)) {
    return output.filter((item) => ![...leavesOf(item)].some(({ value }) => known.has(value))).length;
  }
  return isObject(output) ? Object.values(output).reduce<number>((sum, part) => sum + countEntries(part, known), 0) : 0;
}
