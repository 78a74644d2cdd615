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
/** Keys of what was submitted, in lower case; but `resource` and `transparent` name results. */
const INPUT_KEY = /^(?:task_info|request|input)$|(?<!re)source|origin|(?<!trans)parent|refer/;
/** Keys of what else is no result, in lower case: pictures on the way, and addresses of the service itself. */
const NO_RESULT_KEY = /callback|webhook|status|preview|cover|poster|thumb|frame|docs/;
/** Keys of the version with a watermark, in lower case. */
const WATERMARK_KEY = /(?<!no_?|non_?|un|without_?)watermark/;

/** Whether a key names what was submitted rather than what came of it. */
export function isInputKey(key: string): boolean {
  return INPUT_KEY.test(key.toLowerCase());
}

/** Whether neither a result nor a result's id stands below a key. */
export function isNoResultKey(key: string): boolean {
  const lower = key.toLowerCase();
  return INPUT_KEY.test(lower) || NO_RESULT_KEY.test(lower) || isPrivateKey(lower);
}

/** Where something of a response stands. */
interface Place {
  /** The nearest key above, in lower case. */
  key: string;
  /** The object whose id and duration are those of the file. */
  holder: JsonObject;
  /** The kind that the nearest telling key above names. */
  kind: MediaKind | undefined;
  isWatermarked: boolean;
  /** Whether a `task_result` stands above. */
  isInTaskResult: boolean;
}

/** A result URL where it stands; undefined for one that is too long to be shown. */
interface Found extends Place {
  url: string | undefined;
}

/** More files than any task makes, and few enough that a hostile body costs nothing. */
const MAX_FOUND = 1000;

/**
 * The result URLs of a response in the order of the document, repetitions included, those with a watermark last. Where
 * the response has a `task_result`, only those below it: what stands beside it is what the user submitted.
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
    const isTaskResult = key === 'task_result' && isObject(value) && Object.values(value).some(isStructure);
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

/** Duration in seconds from a number or a numeric string; undefined for what is none. */
function durationOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

/** What a task's files are read with. */
export interface MediaContext {
  /** The task's own id, which is never a file's id. */
  taskId: string;
  /** The task's type, which tells the kind of a file that neither its name nor a key tells. */
  type: string | undefined;
  cleaner: Cleaner;
}

/** The files that a response names. */
export interface Results {
  media: Media[];
  /** The ids that stand beside their URLs, in lower case, and the task's own. */
  ids: Set<string>;
  /** How many more have a URL that is too long to be shown. */
  leftOut: number;
}

/** Reads the files of a response, each once. What a second mention of a URL knows (its id, its duration) is added. */
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
