import { type Cleaner, cleanLine } from '../text/clean.js';
import { isEmpty, isObject, type JsonObject, textOf } from '../text/json.js';
import { isPrivateKey } from '../text/private-keys.js';
import { safeUrl } from '../text/url.js';

export const MEDIA_KINDS = ['video', 'image', 'audio', 'file'] as const;
export type MediaKind = (typeof MEDIA_KINDS)[number];

/** One file that a task made. */
export interface Media {
  kind: MediaKind;
  url: string;
  id?: string;
  duration_seconds?: number;
}

/** File extensions that tell a kind, with their media types where one is registered. */
const EXTENSIONS = new Map<string, { kind: MediaKind; mimeType: string }>(
  Object.entries({
    mp4: 'video/mp4',
    m4v: 'video/mp4',
    mov: 'video/quicktime',
    webm: 'video/webm',
    mkv: 'video/x-matroska',
    png: 'image/png',
    jpg: 'image/jpeg',
    jpeg: 'image/jpeg',
    webp: 'image/webp',
    gif: 'image/gif',
    avif: 'image/avif',
    mp3: 'audio/mpeg',
    wav: 'audio/wav',
    m4a: 'audio/mp4',
    aac: 'audio/aac',
    ogg: 'audio/ogg',
    flac: 'audio/flac',
    zip: 'application/zip',
    json: 'application/json',
    srt: 'application/x-subrip',
    vtt: 'text/vtt',
  }).map(([extension, mimeType]) => [extension, { kind: kindOfMimeType(mimeType), mimeType }]),
);

function kindOfMimeType(mimeType: string): MediaKind {
  return MEDIA_KINDS.find((kind) => mimeType.startsWith(`${kind}/`)) ?? 'file';
}

/** The kind and media type that the file name in a URL tells, if it tells one. */
export function fileTypeOf(url: string): { kind: MediaKind; mimeType: string } | undefined {
  const extension = /\.([a-z0-9]+)$/i.exec(new URL(url).pathname)?.[1];
  return extension ? EXTENSIONS.get(extension.toLowerCase()) : undefined;
}

/**
 * Keys whose URLs are no results, with all that stands below them: what was submitted, pictures on the way, and
 * addresses of the service itself. From the vendor's own client.
 */
const NO_RESULT = /^(request|input|(callback|webhook|status|source|preview|cover|thumbnail|docs)_.*)$/;

function kindOfKey(key: string): MediaKind | undefined {
  if (key.includes('video')) return 'video';
  if (/image|photo/.test(key)) return 'image';
  return /audio|voice|sound|music/.test(key) ? 'audio' : undefined;
}

/** A result URL, where it stands, and the kind that the nearest telling key above it names. */
interface Found {
  url: string;
  holder: JsonObject;
  kind: MediaKind | undefined;
}

/** Keys of result URLs, in lower case. */
const URL_KEY = /^url$|_urls?$/;

/** Whether a value is, or may hold, a result URL: a body can have millions of others, which need no place on the stack. */
function isWorthALook(value: unknown, key: string): boolean {
  if (typeof value === 'object' && value !== null) return !isEmpty(value);
  return typeof value === 'string' && URL_KEY.test(key);
}

/**
 * The result URLs of a response in the order of the document, repetitions included. It keeps its own stack: a body
 * may be nested a million levels deep.
 */
export function* resultUrls(response: unknown): Generator<Found> {
  const stack: { value: unknown; key: string; holder: JsonObject; kind: MediaKind | undefined }[] = [
    { value: response, key: '', holder: {}, kind: undefined },
  ];
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { value, key, holder, kind } = top;
    if (Array.isArray(value)) {
      // An id or a duration beside a list of several files belongs to none of them.
      const listHolder = value.length > 1 ? {} : holder;
      const items = value.filter((item) => isWorthALook(item, key)).reverse();
      for (const item of items) stack.push({ value: item, key, holder: listHolder, kind });
    } else if (isObject(value)) {
      for (const [name, child] of Object.entries(value).reverse()) {
        const lower = name.toLowerCase();
        if (!isWorthALook(child, lower) || NO_RESULT.test(lower) || isPrivateKey(lower)) continue;
        stack.push({ value: child, key: lower, holder: value, kind: kindOfKey(lower) ?? kind });
      }
    } else {
      const url = safeUrl(value);
      if (url) yield { url, holder, kind };
    }
  }
}

const KIND_OF_TYPE = new Map<string, MediaKind>([
  ...['videos', 'motion', 'lip-sync', 'talking-photo', 'video-commerce'].map((type) => [type, 'video'] as const),
  ...['elements', 'goods-studio', 'virtual-try-on'].map((type) => [type, 'image'] as const),
  ['voices', 'audio'],
]);

/** Duration in seconds from a number or a numeric string; undefined for what is none. */
function durationOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

/** What a task's files are read with. */
export interface MediaContext {
  /** The task's own id, which is never a file's id. */
  taskId: string;
  /** The task's type, which tells the kind of a file that neither its key nor its name tells. */
  type: string | undefined;
  cleaner: Cleaner;
}

/** More than any task makes, and few enough that a hostile body costs nothing. */
const MAX_MEDIA = 1000;

/**
 * The files that a response names, each once, in the order of the document. What a second mention of a URL knows
 * (its id, its duration) is added to the first.
 */
export function readMedia(response: unknown, { taskId, type, cleaner }: MediaContext): Media[] {
  const media = new Map<string, Media>();
  for (const { url, holder, kind: kindByKey } of resultUrls(response)) {
    if (media.size >= MAX_MEDIA) break;
    if (!cleaner.allows(url)) continue;
    const known = media.get(url);
    const kind = known?.kind ?? kindByKey ?? fileTypeOf(url)?.kind ?? KIND_OF_TYPE.get(type ?? '') ?? 'file';
    const id = known?.id ?? cleanLine(cleaner.text(textOf(holder[`${kind}_id`]) ?? textOf(holder.id) ?? ''), 128);
    const duration = known?.duration_seconds ?? (kind === 'image' ? undefined : durationOf(holder.duration));
    media.set(url, {
      kind,
      url,
      ...(id !== '' && id.toLowerCase() !== taskId.toLowerCase() && { id }),
      ...(duration !== undefined && { duration_seconds: duration }),
    });
  }
  return [...media.values()];
}
