import { cleanLine } from '../text/clean.js';
import { defined, isObject, isStructure, type JsonObject, textOf } from '../text/json.js';
import type { Cleaner } from '../text/privacy.js';
import { isPrivateKey } from '../text/private-values.js';
import { isHttpUrl, safeUrl } from '../text/url.js';
import { walk } from '../text/walk.js';
import { kindOfKey, kindOfType, kindOfUrl, type MediaKind } from './kind.js';

/** One file that a task made. */
export interface Media {
  kind: MediaKind;
  url: string;
  id?: string;
  duration_seconds?: number;
}

/** Keys of result URLs, in lower case. */
const URL_KEY = /^url$|_urls?$/;
/** Keys of what was submitted, in lower case. `resource` and `transparent` look similar, but name results. */
const INPUT_KEY = /^(?:task_info|request)$|(?:^|_)input|(?<!re)source|origin|(?<!trans)parent|refer/;
/** Other keys that never name a result, in lower case: intermediate pictures, and addresses of the service itself. */
const NO_RESULT_KEY = /callback|webhook|status|preview|(?<!re)cover|poster|thumb|frame|docs/;
/** Keys of the version with a watermark, in lower case. */
const WATERMARK_KEY = /(?<!no_?|non_?|un|without_?)watermark/;

/** Whether a key names what was submitted rather than what came of it. */
export function isInputKey(key: string): boolean {
  return INPUT_KEY.test(key.toLowerCase());
}

/** Whether a key can contain neither a result nor the id of one. */
export function isNoResultKey(key: string): boolean {
  const lower = key.toLowerCase();
  return INPUT_KEY.test(lower) || NO_RESULT_KEY.test(lower) || isPrivateKey(lower);
}

/** The position of a value in a response. */
interface Place {
  /** The nearest key above, in lower case. */
  key: string;
  /** The object whose id and duration are those of the file. */
  holder: JsonObject;
  /** The kind of media according to the nearest key above that indicates one. */
  kind: MediaKind | undefined;
  isWatermarked: boolean;
  /** Whether the value is inside a `task_result`. */
  isInTaskResult: boolean;
}

/** A result URL with its position; the URL is undefined if it is too long to be shown. */
interface Found extends Place {
  url: string | undefined;
}

/** Whether a value inside a `task_result` is a result or can contain one. */
function canHoldResult(value: unknown): boolean {
  return isStructure(value) || isHttpUrl(value);
}

/** More files than any task produces, but few enough to bound the cost of a hostile body. */
const MAX_FOUND = 1000;

/**
 * The result URLs of a response in document order, including repetitions, with watermarked ones last. If the response has
 * a `task_result`, only URLs inside it count: what is beside it was submitted by the user.
 */
function findResults(response: JsonObject): Found[] {
  const found: Found[] = [];
  let hasTaskResult = false;
  const root: Place = { key: '', holder: response, kind: undefined, isWatermarked: false, isInTaskResult: false };
  walk<Place>(response, root, (value, name, place) => {
    const key = typeof name === 'number' ? place.key : name.toLowerCase();
    const isUrl = typeof value === 'string' && URL_KEY.test(key);
    if (!isUrl && !isStructure(value)) return undefined;
    if (found.length >= MAX_FOUND || (key !== place.key && isNoResultKey(key))) return undefined;
    const isTaskResult = key === 'task_result' && isStructure(value) && Object.values(value).some(canHoldResult);
    hasTaskResult ||= isTaskResult;
    let { holder } = place;
    if (isObject(value)) holder = value;
    // An id or a duration beside a list of several files belongs to none of them.
    else if (Array.isArray(value) && value.length > 1) holder = {};
    const here: Place = {
      key,
      holder,
      kind: kindOfKey(key) ?? place.kind,
      isWatermarked: place.isWatermarked || WATERMARK_KEY.test(key),
      isInTaskResult: place.isInTaskResult || isTaskResult,
    };
    if (!isUrl) return here;
    if (isHttpUrl(value)) found.push({ ...here, url: safeUrl(value) });
    return undefined;
  });
  const results = hasTaskResult ? found.filter(({ isInTaskResult }) => isInTaskResult) : found;
  return [
    ...results.filter(({ isWatermarked }) => !isWatermarked),
    ...results.filter(({ isWatermarked }) => isWatermarked),
  ];
}

/** Whether a response, or one element of it, names a result's URL. */
export function hasResultUrl(response: JsonObject): boolean {
  return findResults(response).length > 0;
}

/** Duration in seconds from a number or a numeric string; undefined for anything else. */
function durationOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

/** What a task's files are read with. */
export interface MediaContext {
  /** The task's own id, which is never a file's id. */
  taskId: string;
  /** The task's type, which decides the kind of a file if neither its name nor a key does. */
  type: string | undefined;
  cleaner: Cleaner;
}

/** The files that a response names. */
export interface Results {
  media: Media[];
  /** The ids that belong to these files, in lower case, and the task's own. */
  ids: Set<string>;
  /** The number of further files whose URL is too long to be shown. */
  leftOut: number;
}

/** Reads the files of a response, each once. If a URL occurs again, its id and duration are added. */
export function readResults(response: JsonObject, { taskId, type, cleaner }: MediaContext): Results {
  const media = new Map<string, Media>();
  const ids = new Set([taskId.toLowerCase()]);
  let leftOut = 0;
  for (const { url, holder, kind: kindByKey } of findResults(response)) {
    if (url === undefined) leftOut++;
    if (url === undefined || !cleaner.allows(url)) continue;
    const known = media.get(url);
    const kind = known?.kind ?? kindOfUrl(url) ?? kindByKey ?? kindOfType(type);
    const candidates = [holder[`${kind}_id`], holder.id].map(textOf).filter((id) => id !== undefined);
    const isOwn = candidates[0]?.toLowerCase() === taskId.toLowerCase();
    const id = isOwn ? '' : cleanLine(cleaner.text(candidates[0] ?? ''), 128);
    for (const candidate of candidates) ids.add(candidate.toLowerCase());
    const duration = kind === 'image' ? undefined : durationOf(holder.duration);
    media.set(
      url,
      defined({ kind, url, id: known?.id ?? (id || undefined), duration_seconds: known?.duration_seconds ?? duration }),
    );
  }
  return { media: [...media.values()], ids, leftOut };
}
