import { type JsonObject, textOf } from '../../text/json.js';
import { type Leaf, leavesOf } from '../../text/leaves.js';
import { isHttpUrl } from '../../text/url.js';

/** A key in lower case with its words apart: `coverUrl` and `cover-url` are `cover_url`. */
const plainKey = (key: string) => key.replace(/([a-z\d])(?=[A-Z])|[^A-Za-z\d]+/g, '$1_').toLowerCase();

/** Keys of what is no result: what was submitted, what comes before the result, and addresses of the service itself. */
const NO_RESULT_KEY =
  /^(?:task_info|request)$|(?:^|_)(?:callback|webhook|status|source|origin|preview|cover|poster|thumb|frame|docs|parent|refer|input)/;
/** Keys of result URLs. */
const URL_KEY = /^url$|_urls?$/i;
const ENVELOPE_KEY =
  /^(?:success|code|message|error|(?:(?:request|task|trace|video)_)?id|model|duration|elapsed|state|status|task_status(?:_msg)?|request|input|task_info|usage)$|_at$/;
/** Keys of a version with a watermark. */
const WATERMARK_KEY = /(?<!(?:^|_)(?:no|non|without))(?:^|_)watermark/;

/** Whether a key belongs to the envelope of a result rather than to its content. */
export const isEnvelopeKey = (key: string) => ENVELOPE_KEY.test(plainKey(key));

const keysOf = ({ path }: Leaf) => path.filter((step) => typeof step === 'string').map(plainKey);

/** The http(s) URLs of a result in a leaf. */
export function urlsOf({ key, value }: Leaf): string[] {
  return URL_KEY.test(key) ? [value].flat().filter(isHttpUrl) : [];
}

export const isWatermarked = (leaf: Leaf) => keysOf(leaf).some((key) => WATERMARK_KEY.test(key));

/** Whether a leaf is something to show: a URL of a file, or anything that is neither blank nor of the envelope. */
export function isContent(leaf: Leaf): boolean {
  if (keysOf(leaf).some((key) => ENVELOPE_KEY.test(key))) return false;
  return [leaf.value].flat().some((part) => part === true || textOf(part) !== undefined);
}

/**
 * The leaves of a response that may be results. Below a `task_result` that holds something, if there is one: what is beside
 * it was submitted.
 */
export function resultLeavesOf(response: JsonObject): Leaf[] {
  const leaves = [...leavesOf(response)].filter(
    (leaf) =>
      !keysOf(leaf).some((key) => NO_RESULT_KEY.test(key)) && (!URL_KEY.test(leaf.key) || urlsOf(leaf).length > 0),
  );
  const below = leaves.filter(({ path }) => path.includes('task_result'));
  return below.some(isContent) ? below : leaves;
}

/** Whether a response, or one element of it, has the URL of a result. */
export function hasResultUrl(response: JsonObject): boolean {
  return resultLeavesOf(response).some((leaf) => urlsOf(leaf).length > 0);
}

/** Whether a response has content, as the status rules mean it. */
export function hasContent(response: JsonObject): boolean {
  return resultLeavesOf(response).some(isContent);
}
