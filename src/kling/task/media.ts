import { defined, isObject, isStructure, type JsonObject, textOf, walk } from '../../text/json.js';
import type { Cleaner } from '../../text/privacy.js';
import { isPrivateKey } from '../../text/private-values.js';
import { isHttpUrl, safeUrl } from '../../text/url.js';

export const MEDIA_KINDS = ['video', 'image', 'audio', 'file'] as const;
type MediaKind = (typeof MEDIA_KINDS)[number];

/** What tells a kind: the extension in the path of a URL in lower case, or a key such as `video_url` or `images`. */
const SIGNS: { kind: MediaKind; extension: RegExp; key?: RegExp }[] = [
  { kind: 'video', extension: /\.(?:mp4|m4v|mov|webm|mkv)$/, key: /video/i },
  { kind: 'image', extension: /\.(?:png|jpe?g|webp|gif|avif)$/, key: /image|photo|picture/i },
  { kind: 'audio', extension: /\.(?:mp3|wav|m4a|aac|ogg|flac)$/, key: /audio|voice|sound|music/i },
  { kind: 'file', extension: /\.(?:zip|json|srt|vtt)$/ },
];

/** The kind that a URL's extension stands for, if it is a known one. */
export function kindOfUrl(url: string): MediaKind | undefined {
  const { pathname } = new URL(url.toLowerCase());
  return SIGNS.find(({ extension }) => extension.test(pathname))?.kind;
}

/** The kind of what a task of this type makes: a video, unless it is known to be something else. */
function kindOfType(type: string | undefined): MediaKind {
  if (type === 'voices') return 'audio';
  return type === 'elements' || type === 'virtual-try-on' ? 'image' : 'video';
}

/** One file that a task made. */
export type Media = ReturnType<typeof readResults>['media'][number];

/** Keys of result URLs. */
const URL_KEY = /^url$|_urls?$/i;
/** Keys of ids that name a result. Other ids in a response belong to requests, models or input voices. */
const ID_KEY = /^id$|(?:^|_)(?:element|subject|character|avatar|audio|image|video)_id$/i;
/** Keys of what was submitted. `resource` and `transparent` look similar, but name results. */
export const INPUT_KEY = /^(?:task_info|request)$|(?:^|_)input|(?<!re)source|origin|(?<!trans)parent|refer/i;
/** Other keys that never name a result: intermediate pictures, and addresses of the service itself. */
const NO_RESULT_KEY = /callback|webhook|status|preview|(?<!re)cover|poster|thumb|frame|docs/i;
/** Keys of the version with a watermark. */
const WATERMARK_KEY = /(?<!no_?|non_?|un|without_?)watermark/i;

/** Whether a key can contain neither a result nor the id of one. */
function isNoResultKey(key: string): boolean {
  return INPUT_KEY.test(key) || NO_RESULT_KEY.test(key) || isPrivateKey(key);
}

/** The lists and objects called `task_result` that hold something. If there are any, what is beside them was submitted. */
export function taskResultsOf(response: JsonObject): object[] {
  const results: object[] = [];
  walk(response, true, (value, name) => {
    if (!isStructure(value) || isNoResultKey(String(name))) return undefined;
    const isResult =
      name === 'task_result' && Object.values(value).some((part) => isStructure(part) || isHttpUrl(part));
    if (isResult) results.push(value);
    return isResult ? undefined : true;
  });
  return results;
}

/** The position of a value in a response. */
interface Place {
  /** The nearest key above. */
  key: string;
  /** The object whose id and duration are those of the file. */
  holder: JsonObject;
  /** The kind of media according to the nearest key above that indicates one. */
  kind: MediaKind | undefined;
  isWatermarked: boolean;
}

/** More files than any task produces, but few enough to bound the cost of a hostile body. */
const MAX_FILES = 1000;

/** Finds the result URLs of a response, including repetitions, and the ids of results. */
function findResults(response: JsonObject) {
  /** In document order, with watermarked ones last. The URL is undefined if it is too long to be shown. */
  const files: (Place & { url: string | undefined })[] = [];
  /** In lower case. */
  const ids: string[] = [];
  const taskResults = taskResultsOf(response);
  const root: Place = { key: '', holder: response, kind: undefined, isWatermarked: false };
  walk<Place>(taskResults.length > 0 ? taskResults : [response], root, (value, name, place) => {
    const key = typeof name === 'number' ? place.key : name;
    const isUrl = typeof value === 'string' && URL_KEY.test(key);
    const id = typeof name === 'string' && ID_KEY.test(key) ? textOf(value) : undefined;
    if (!isUrl && !isStructure(value) && id === undefined) return undefined;
    if (files.length >= MAX_FILES || (key !== place.key && isNoResultKey(key))) return undefined;
    if (id !== undefined) ids.push(id.toLowerCase());
    let { holder } = place;
    if (isObject(value)) holder = value;
    // An id or a duration beside a list of several files belongs to none of them.
    else if (Array.isArray(value) && value.length > 1) holder = {};
    const isWatermarked = place.isWatermarked || WATERMARK_KEY.test(key);
    const kind = SIGNS.find((sign) => sign.key?.test(key))?.kind ?? place.kind;
    const here: Place = { key, holder, kind, isWatermarked };
    if (isUrl && isHttpUrl(value)) files.push({ ...here, url: safeUrl(value) });
    return here;
  });
  files.sort((a, b) => Number(a.isWatermarked) - Number(b.isWatermarked));
  return { files, ids };
}

/** Whether a response, or one element of it, names a result's URL. */
export function hasResultUrl(response: JsonObject): boolean {
  return findResults(response).files.length > 0;
}

/** Duration in seconds from a number or a numeric string; undefined for anything else. */
function durationOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

/**
 * Reads the results of a response, each file once, with what is said about it wherever its URL occurs.
 * @param type the task's type, which decides the kind of a file if neither its name nor a key does
 */
export function readResults(response: JsonObject, taskId: string, type: string | undefined, cleaner: Cleaner) {
  const { files, ids } = findResults(response);
  const mentionsByUrl = new Map<string, Place[]>();
  for (const file of files) {
    const { url } = file;
    if (url !== undefined && cleaner.allows(url)) mentionsByUrl.set(url, [...(mentionsByUrl.get(url) ?? []), file]);
  }
  const ownId = taskId.toLowerCase();
  const known = new Set([ownId]);
  const media = [...mentionsByUrl].map(([url, mentions]) => {
    const kind = kindOfUrl(url) ?? mentions[0]?.kind ?? kindOfType(type);
    const fileIds = mentions.flatMap(({ holder }) => [textOf(holder[`${kind}_id`]) ?? '', textOf(holder.id) ?? '']);
    for (const id of fileIds) known.add(id.toLowerCase());
    // The task's own id is no file's id.
    const fileId = fileIds.find((id) => id !== '' && id.toLowerCase() !== ownId);
    const durations = kind === 'image' ? [] : mentions.map(({ holder }) => durationOf(holder.duration));
    const duration_seconds = durations.find((seconds) => seconds !== undefined);
    return { kind, url, ...defined({ id: cleaner.line(fileId, 128), duration_seconds }) };
  });
  return {
    media,
    /** Whether the response names a result, such as an element, that is none of these files. */
    hasOthers: ids.some((id) => !known.has(id)),
    /** The number of further files whose URL is too long to be shown. */
    leftOut: files.filter(({ url }) => url === undefined).length,
  };
}
