export const MEDIA_KINDS = ['video', 'image', 'audio', 'file'] as const;
export type MediaKind = (typeof MEDIA_KINDS)[number];

const KIND_OF_EXTENSION = new Map<string, MediaKind>([
  ...'mp4 m4v mov webm mkv'.split(' ').map((extension) => [extension, 'video'] as const),
  ...'png jpg jpeg webp gif avif'.split(' ').map((extension) => [extension, 'image'] as const),
  ...'mp3 wav m4a aac ogg flac'.split(' ').map((extension) => [extension, 'audio'] as const),
  ...'zip json srt vtt'.split(' ').map((extension) => [extension, 'file'] as const),
]);

/** The kind that the extension in a URL's path stands for, if it is a known one. */
export function kindOfUrl(url: string): MediaKind | undefined {
  const extension = /^https?:\/\/[^/?#]+\/[^?#]*\.([a-z0-9]+)(?:[?#]|$)/i.exec(url)?.[1];
  return KIND_OF_EXTENSION.get(extension?.toLowerCase() ?? '');
}

/** The kind that a key in lower case stands for: `video_url`, `images` … */
export function kindOfKey(key: string): MediaKind | undefined {
  if (key.includes('video')) return 'video';
  if (/image|photo|picture/.test(key)) return 'image';
  return /audio|voice|sound|music/.test(key) ? 'audio' : undefined;
}

const KIND_OF_TYPE = new Map<string, MediaKind>([
  ['elements', 'image'],
  ['virtual-try-on', 'image'],
  ['voices', 'audio'],
]);

/** The kind of what a task of this type makes: a video, unless it is known to be something else. */
export function kindOfType(type: string | undefined): MediaKind {
  return KIND_OF_TYPE.get(type ?? '') ?? 'video';
}
