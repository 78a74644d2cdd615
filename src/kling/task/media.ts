import * as z from 'zod';
import { cleanLine } from '../../text/clean.js';
import { defined, type JsonObject, textOf } from '../../text/json.js';
import type { Leaf } from '../../text/leaves.js';
import { urlsOf } from './results.js';

type MediaKind = Media['kind'];

/** One file that a task made. */
export type Media = z.infer<typeof mediaSchema>;
export const mediaSchema = z.object({
  kind: z.enum(['video', 'image', 'audio', 'file']),
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

/** The types of task that make something other than videos. */
const KIND_OF_TYPE = new Map<string | undefined, MediaKind>([
  ['voices', 'audio'],
  ['elements', 'image'],
  ['virtual-try-on', 'image'],
]);

/** The kind of a file: told by its URL, else by the nearest key above it that tells, else by the type of the task. */
function kindOf(url: string, path: Leaf['path'], type: string | undefined): MediaKind {
  const { pathname } = new URL(url.toLowerCase());
  const byUrl = SIGNS.find(({ extension }) => extension.test(pathname));
  const byKeys = path.map((step) => SIGNS.find(({ key }) => key?.test(String(step))));
  const sign = byUrl ?? byKeys.findLast((each) => each !== undefined);
  return sign?.kind ?? KIND_OF_TYPE.get(type) ?? 'video';
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

/**
 * The files that a response names, in document order, watermarked versions last; each once, with what is said about it
 * wherever its URL occurs.
 * @param type the type of the task, which decides the kind of a file if neither its name nor a key does
 * @param ownId the id of the task, which is no file's id
 * @returns also whether the response has the id of a result, such as an element, that is none of the files
 */
export function readFiles(
  leaves: readonly Leaf[],
  type: string | undefined,
  ownId: string,
): { media: Media[]; hasOthers: boolean } {
  const mentions = new Map<string, Leaf[]>();
  const isPlain = (leaf: Leaf) => !isWatermarked(leaf);
  for (const leaf of [...leaves.filter(isPlain), ...leaves.filter(isWatermarked)]) {
    for (const url of urlsOf(leaf)) {
      const named = mentions.get(url) ?? [];
      mentions.set(url, named);
      named.push(leaf);
    }
  }
  const idOf = (value: unknown) => {
    const id = textOf(value);
    return id?.toLowerCase() === ownId.toLowerCase() ? undefined : id;
  };
  const fileIds = new Set<string>();
  const media = [...mentions].map(([url, named]): Media => {
    const kind = kindOf(url, named[0]?.path ?? [], type);
    // An id or a duration beside a list of several files belongs to none of them.
    const holders = named.map(
      ({ value, holder }): JsonObject => (Array.isArray(value) && value.length > 1 ? {} : holder),
    );
    const ids = holders.flatMap((holder) => ID_KEYS[kind].flatMap((key) => idOf(holder[key]) ?? []));
    for (const each of ids) fileIds.add(each);
    const durations = kind === 'image' ? [] : holders.map(({ duration }) => durationOf(duration));
    const duration_seconds = durations.find((seconds) => seconds !== undefined);
    return { kind, url, ...defined({ id: ids[0] && cleanLine(ids[0], 128), duration_seconds }) };
  });
  const resultIds = leaves.flatMap(({ key, value }) => (RESULT_ID_KEY.test(key) && idOf(value)) || []);
  return { media, hasOthers: resultIds.some((id) => !fileIds.has(id)) };
}
