import { cutText } from '../../text/clean.js';
import { isObject, isStructure, type JsonObject, leavesOf, mapParts } from '../../text/json.js';
import { hrefOf, httpUrlOf } from '../../text/url.js';
import { haveContent, isEnvelopeKey, isUrl } from './record.js';

/** Bounds of what is shown, in characters of its JSON. */
const MAX_REQUEST = 8192;
const MAX_OUTPUT = 4096;

const MAX_SETTINGS = 30;
const MAX_SETTING = 2500;
/** Short enough that any one text fits into an output. */
const MAX_OUTPUT_TEXT = 1000;

/** A URL, which stays however long it is, or encoded data such as base64. */
const URL_OR_DATA = /https?:\/\/\S+|[\w+/=-]{257,}/gi;

/**
 * A value as it is shown: its texts are cut and have no encoded data, under the keys of URLs stand http(s) URLs or nothing,
 * and nulls are left out. Undefined if nothing is left.
 * @param hidden URLs that are left out
 */
function shorten(value: unknown, key: string, maxText: number, hidden?: ReadonlySet<string>): unknown {
  if (isStructure(value)) return mapParts(value, (part, name = key) => shorten(part, name, maxText, hidden));
  if (typeof value !== 'string') return value ?? undefined;
  const href = hrefOf(value);
  if (href !== undefined && hidden?.has(href)) return undefined;
  if (/(?:^|_)ur[il]s?$/i.test(key)) return href;
  return cutText(
    value.replace(URL_OR_DATA, (found) => (httpUrlOf(found) ? found : '…')),
    maxText,
  );
}

/**
 * What was submitted: scalars and lists of scalars, nested settings by dotted keys (`camera_control.type`), at most 30
 * fields and 8 KB. What does not fit is left out, and so is `async`. Undefined if nothing is left.
 */
export function excerptRequest(request: JsonObject): JsonObject | undefined {
  const shown: [string, unknown][] = [];
  let charactersLeft = MAX_REQUEST;
  for (const { path, key, value } of leavesOf(request)) {
    const setting = shorten(value, key, MAX_SETTING);
    if (setting === undefined || key === 'async' || shown.length === MAX_SETTINGS) continue;
    const field: [string, unknown] = [path.join('.'), setting];
    const characters = JSON.stringify(field).length;
    if (characters > charactersLeft) continue;
    charactersLeft -= characters;
    shown.push(field);
  }
  return shown.length > 0 ? Object.fromEntries(shown) : undefined;
}

/** What was metered: scalars, as the API names them. */
export function excerptUsage(usage: JsonObject = {}): JsonObject | undefined {
  return excerptRequest(Object.fromEntries(Object.entries(usage).filter(([, value]) => !isStructure(value))));
}

/**
 * What a task returned other than files, at most 4 KB: a list stands under `items`, a scalar under `value`. Once a field or
 * an entry of a list does not fit, it and what comes behind it are left out.
 * @param listed the URLs that are shown elsewhere
 * @returns also how many entries are left out, not counting those with files
 */
export function excerptOutput(result: unknown, listed: ReadonlySet<string>): { output?: JsonObject; leftOut: number } {
  let charactersLeft = MAX_OUTPUT - '{"items":[]}'.length;
  let leftOut = 0;
  const fits = (value: unknown) => {
    charactersLeft -= JSON.stringify(value).length + 1;
    return charactersLeft >= 0;
  };
  const fill = (value: unknown, key: string): unknown => {
    if (!isStructure(value)) {
      const shown = shorten(value, key, MAX_OUTPUT_TEXT, listed);
      return shown !== undefined && fits([key, shown]) ? shown : undefined;
    }
    if (!fits({ [key]: [] })) return undefined;
    if (!Array.isArray(value) || value.length === 1) return mapParts(value, (part, name = key) => fill(part, name));
    return mapParts(value, (item) => {
      const shown = shorten(item, key, MAX_OUTPUT_TEXT, listed);
      if (shown === undefined || fits(shown)) return shown;
      if (!leavesOf(item, [], key).some(isUrl)) leftOut++;
      return undefined;
    });
  };
  const output = fill(contentOf(result), '');
  if (!haveContent(leavesOf(output))) return { leftOut };
  if (isObject(output)) return { output, leftOut };
  return { output: Array.isArray(output) ? { items: output } : { value: output }, leftOut };
}

/** The result without the envelope around it. */
function contentOf(result: unknown): unknown {
  if (!isObject(result)) return result;
  const content = Object.entries(result).filter(([key]) => !isEnvelopeKey(key));
  const [[key, held] = ['', undefined], ...others] = content;
  return others.length === 0 && /^(?:data|task_result)$/.test(key) ? contentOf(held) : Object.fromEntries(content);
}
