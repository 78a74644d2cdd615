import * as z from 'zod';
import { cleanLine } from '../../text/clean.js';
import { defined, type JsonObject, textOf } from '../../text/json.js';
import type { Leaf } from '../../text/leaves.js';
import { safeUrl } from '../../text/url.js';
import { urlsOf } from './results.js';

const MEDIA_KINDS = ['video', 'image', 'audio', 'file'] as const;
type MediaKind = (typeof MEDIA_KINDS)[number];

/** One file that a task made. */
export type Media = z.infer<typeof mediaSchema>;
export const mediaSchema = z.object({
  kind: z.enum(MEDIA_KINDS),
  url: z.string(),
  id: z.string().optional(),
  duration_seconds: z.number().optional(),
});

/** What tells a kind: the extension in the path of a URL in lower case, or a key such as `video_url` or `images`. */
const SIGNS: { kind: MediaKind; extension: RegExp; key?: RegExp }[] = [
  { kind: 'video', extension: /\.(?:mp4|m4v|mov|webm|mkv)$/, key: /video/i },
  { kind: 'image', extension: /\.(?:png|jpe?g|webp|gif|avif)$/, key: /image|photo|picture/i },
  { kind: 'audio', extension: /\.(?:mp3|wav|m4a|aac|ogg|flac)$/, key: /audio|voice|sound|music/i },
  { kind: 'file', extension: /\.(?:zip|json|srt|vtt)$/ },
];

function kindOfUrl(url: string): MediaKind | undefined {
  const { pathname } = new URL(url.toLowerCase());
  return SIGNS.find(({ extension }) => extension.test(pathname))?.kind;
}

/** The kind that the nearest key above a file tells. */
function kindOfKeys(path: Leaf['path']): MediaKind | undefined {
  const kinds = path.map((step) => SIGNS.find(({ key }) => key?.test(String(step)))?.kind);
  return kinds.findLast((kind) => kind !== undefined);
}

/** The kind of what a task of this type makes: a video, unless it is known to be something else. */
function kindOfType(type: string | undefined): MediaKind {
  if (type === 'voices') return 'audio';
  return type === 'elements' || type === 'virtual-try-on' ? 'image' : 'video';
}

/** Seconds from a number or a numeric string; undefined for anything else. */
function durationOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

/** The keys that hold the id of a file beside it. A sample of a voice has the id of that voice. */
const ID_KEYS: Record<MediaKind, string[]> = {
  video: ['video_id', 'id'],
  image: ['image_id', 'id'],
  audio: ['audio_id', 'voice_id', 'id'],
  file: ['file_id', 'id'],
};

/** Keys of ids that name a result. Other ids in a response belong to requests, models or input voices. */
const RESULT_ID_KEY = /^id$|(?:^|_)(?:element|subject|character|avatar|audio|image|video)_id$/i;

/** Keys of a version with a watermark. */
const WATERMARK_KEY = /(?<!no_?|non_?|un|without_?)watermark/i;
const isWatermarked = ({ path }: Leaf) => path.some((step) => WATERMARK_KEY.test(String(step)));

/** The files that a response names. */
export interface Files {
  /** In document order, watermarked versions last; each once, with what is said about it wherever its URL occurs. */
  media: Media[];
  /** How many others there are, whose URLs are too long to be shown. */
  tooLong: number;
  /** Whether the response has the id of a result, such as an element, that is none of the files. */
  hasOthers: boolean;
}

/**
 * Finds the files of a response.
 * @param type the type of the task, which decides the kind of a file if neither its name nor a key does
 * @param ownId the id of the task, which is no file's id
 */
export function readFiles(leaves: readonly Leaf[], type: string | undefined, ownId: string): Files {
  const mentions = new Map<string, Leaf[]>();
  const tooLong = new Set<string>();
  const isPlain = (leaf: Leaf) => !isWatermarked(leaf);
  for (const leaf of [...leaves.filter(isPlain), ...leaves.filter(isWatermarked)]) {
    for (const given of urlsOf(leaf)) {
      const url = safeUrl(given);
      if (url === undefined) tooLong.add(given);
      else mentions.set(url, [...(mentions.get(url) ?? []), leaf]);
    }
  }
  const known = new Set([ownId.toLowerCase()]);
  const media = [...mentions].map(([url, named]): Media => {
    const kind = kindOfUrl(url) ?? kindOfKeys(named[0]?.path ?? []) ?? kindOfType(type);
    // An id or a duration beside a list of several files belongs to none of them.
    const holders = named.map(
      ({ value, holder }): JsonObject => (Array.isArray(value) && value.length > 1 ? {} : holder),
    );
    const ids = holders.flatMap((holder) => ID_KEYS[kind].map((key) => textOf(holder[key]) ?? ''));
    const id = ids.find((each) => each !== '' && each.toLowerCase() !== ownId.toLowerCase());
    for (const each of ids) known.add(each.toLowerCase());
    const durations = kind === 'image' ? [] : holders.map(({ duration }) => durationOf(duration));
    const duration_seconds = durations.find((seconds) => seconds !== undefined);
    return { kind, url, ...defined({ id: id && cleanLine(id, 128), duration_seconds }) };
  });
  const resultIds = leaves.map(({ key, value }) => (RESULT_ID_KEY.test(key) ? textOf(value) : undefined));
  const hasOthers = resultIds.some((id) => id !== undefined && !known.has(id.toLowerCase()));
  return { media, tooLong: tooLong.size, hasOthers };
}
