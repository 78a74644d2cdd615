import { isObject, isStructure, type JsonObject, mapParts, textOf } from '../../text/json.js';
import { type Leaf, leavesOf } from '../../text/leaves.js';
import { hrefOf } from '../../text/url.js';

/** A key in lower case with its words apart: `coverUrl` and `cover-url` are `cover_url`. */
const plainKey = (key: string) => key.replace(/([a-z\d])(?=[A-Z])|[^A-Za-z\d]+/g, '$1_').toLowerCase();

/** Keys of what is no result: what was submitted, what comes before the result, and addresses of the service itself. */
const NO_RESULT_KEY =
  /^(?:task_info|request)$|(?:^|_)(?:callback|webhook|status|source|origin|preview|cover|poster|thumb|frame|docs|parent|refer|input)/;
/** Keys of result URLs. */
const URL_KEY = /^url$|_urls?$/i;
/** Keys that belong to the envelope of a result rather than to its content. */
const ENVELOPE_KEY =
  /^(?:success|code|message|error|(?:(?:request|task|trace|video)_)?id|model|duration|elapsed|state|status|task_status(?:_msg)?|request|input|task_info|usage)$|_at$/;

export const isEnvelopeKey = (key: string) => ENVELOPE_KEY.test(plainKey(key));

/** The http(s) URLs of results in a leaf, as they are shown. */
export function urlsOf({ key, value }: Leaf): string[] {
  return URL_KEY.test(key) ? [value].flat().flatMap((part) => hrefOf(part) ?? []) : [];
}

/** Whether one of the leaves is the URL of a result. */
export const haveUrl = (leaves: readonly Leaf[]) => leaves.some((leaf) => urlsOf(leaf).length > 0);

/** Whether one of the leaves is content, as the status rules mean it: neither blank nor of the envelope. */
export function haveContent(leaves: readonly Leaf[]): boolean {
  return leaves.some(({ path, value }) => {
    const isBlank = ![value].flat().some((part) => part === true || textOf(part) !== undefined);
    return !isBlank && !path.some((step) => isEnvelopeKey(String(step)));
  });
}

/**
 * What a response, or one element of it, returned: all but inputs, previews, nulls and URLs that are not http(s); undefined
 * if nothing is left. Where a `task_result` holds something, only what is below it, since what is beside it was submitted.
 */
export function resultOf(response: JsonObject): unknown {
  const result = withoutOthers(response, '');
  const below = belowTaskResult(result);
  return haveContent(leavesOf(below)) ? below : result;
}

function withoutOthers(value: unknown, key: string): unknown {
  if (NO_RESULT_KEY.test(plainKey(key))) return undefined;
  if (isStructure(value)) return mapParts(value, (part, name = key) => withoutOthers(part, name));
  return value === null || (URL_KEY.test(key) && hrefOf(value) === undefined) ? undefined : value;
}

function belowTaskResult(value: unknown): unknown {
  if (isObject(value) && value.task_result !== undefined) return { task_result: value.task_result };
  return isStructure(value) ? mapParts(value, belowTaskResult) : undefined;
}
