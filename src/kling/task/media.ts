import * as z from 'zod';
import { cleanLine } from '../../text/clean.js';
import { type JsonObject, type Leaf, textOf } from '../../text/json.js';
import { isUrl } from './record.js';

type MediaKind = Media['kind'];

/** One file that a task made. */
export type Media = z.infer<typeof mediaSchema>;
export const mediaSchema = z.object({
  kind: z.enum(['video', 'image', 'audio', 'file']),
  url: z.string(),
  id: z.string().optional(),
  duration_seconds: z.number().optional(),
});

/** What tells a kind: the extension in the path of a URL, a key such as `video_url` or `images`, the type of the task. */
const SIGNS: { kind: MediaKind; extension: RegExp; key?: RegExp; types?: string[] }[] = [
  { kind: 'video', extension: /\.(?:mp4|m4v|mov|webm|mkv)$/i, key: /video/i },
  {
    kind: 'image',
    extension: /\.(?:png|jpe?g|webp|gif|avif)$/i,
    key: /image|photo|picture/i,
    types: ['elements', 'virtual-try-on'],
  },
  { kind: 'audio', extension: /\.(?:mp3|wav|m4a|aac|ogg|flac)$/i, key: /audio|voice|sound|music/i, types: ['voices'] },
  { kind: 'file', extension: /\.(?:zip|json|srt|vtt)$/i },
];

/** The kind of a file: told by its URL, else by the nearest key above it that tells, else by the type of the task. */
function kindOf(url: string, path: Leaf['path'], type = ''): MediaKind {
  const [address = ''] = url.split(/[?#]/);
  const sign =
    SIGNS.find(({ extension }) => extension.test(address)) ??
    path.map((step) => SIGNS.find(({ key }) => key?.test(String(step)))).findLast((each) => each !== undefined) ??
    SIGNS.find(({ types }) => types?.includes(type));
  return sign?.kind ?? 'video';
}

/** Seconds from a number or a numeric string; undefined for anything else. */
function durationOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

/** Keys of ids that name a result. Other ids in a response belong to requests, models or input voices. */
const RESULT_ID_KEY = /^id$|(?:^|_)(?:element|subject|character|avatar|audio|image|video)_id$/i;

/** Keys of a version with a watermark. */
const WATERMARK_KEY = /(?<!no_?|non_?|un|without_?)watermark/i;
const isWatermarked = ({ path }: Leaf) => path.some((step) => WATERMARK_KEY.test(String(step)));

/**
 * The files that a result names, in document order, watermarked versions last; each once, with what is said about it
 * wherever its URL occurs.
 * @param type the type of the task, which decides the kind of a file if neither its name nor a key does
 * @param ownId the id of the task, which is no file's id
 * @returns also whether the result has the id of something, such as an element, that is none of the files
 */
export function readFiles(
  leaves: readonly Leaf[],
  type: string | undefined,
  ownId: string,
): { media: Media[]; hasOthers: boolean } {
  const mentions = new Map<string, Leaf[]>();
  const urls = leaves.filter(isUrl);
  for (const leaf of urls.toSorted((a, b) => Number(isWatermarked(a)) - Number(isWatermarked(b)))) {
    for (const url of new Set([leaf.value].flat().map(String))) {
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
    // A sample of a voice has the id of that voice.
    const idKeys = [`${kind}_id`, ...(kind === 'audio' ? ['voice_id'] : []), 'id'];
    const ids = holders.flatMap((holder) => idKeys.flatMap((key) => idOf(holder[key]) ?? []));
    for (const each of ids) fileIds.add(each);
    const durations = kind === 'image' ? [] : holders.map(({ duration }) => durationOf(duration));
    return {
      kind,
      url,
      id: ids[0] && cleanLine(ids[0], 128),
      duration_seconds: durations.find((seconds) => seconds !== undefined),
    };
  });
  const resultIds = leaves.flatMap(({ key, value }) => (RESULT_ID_KEY.test(key) && idOf(value)) || []);
  return { media, hasOthers: resultIds.some((id) => !fileIds.has(id)) };
}
