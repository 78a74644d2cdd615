import { forEachChild, holdsSomething, isEmpty, isStructure, type JsonObject } from '../text/json.js';
import type { Cleaner } from '../text/privacy.js';
import { isHttpUrl, safeUrl } from '../text/url.js';
import { excerptKey, excerptScalar, freeKey, sizeOf } from './excerpt.js';
import { isInputKey, type Media, taskResultsOf } from './media.js';

const MAX_BYTES = 4096;
const MAX_DEPTH = 8;

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
  let left = MAX_BYTES;
  const take = (bytes: number) => {
    if (bytes > left) return false;
    left -= bytes;
    return true;
  };

  /** What is shown of a value, if anything is. The key is '' in a list. */
  const excerpt = (value: unknown, key: string, depth: number): unknown => {
    const keySize = key === '' ? 1 : sizeOf(key) + 2;
    if (isHttpUrl(value) && listed.has(safeUrl(value) ?? '')) return undefined;
    if (isInputKey(key) && (isStructure(value) || isHttpUrl(value))) return undefined;
    if (!isStructure(value)) {
      const scalar = excerptScalar(key, value, cleaner);
      return scalar !== undefined && take(keySize + sizeOf(scalar)) ? scalar : undefined;
    }
    if (depth === 0 || !take(keySize + 2)) return undefined;
    const shown: JsonObject | unknown[] = Array.isArray(value) ? [] : {};
    forEachChild(value, (child, name) => {
      const line = typeof name === 'string' ? excerptKey(name, cleaner) : '';
      if (line === undefined) return;
      const childKey = line && freeKey(line, shown);
      const part = excerpt(child, childKey, depth - 1);
      if (part === undefined) return;
      if (Array.isArray(shown)) shown.push(part);
      else shown[childKey] = part;
    });
    if (!isEmpty(shown)) return shown;
    left += keySize + 2;
    return undefined;
  };
  return excerpt(contentOf(response), '', MAX_DEPTH);
}
