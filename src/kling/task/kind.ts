export const MEDIA_KINDS = ['video', 'image', 'audio', 'file'] as const;
export type MediaKind = (typeof MEDIA_KINDS)[number];

const EXTENSIONS: [MediaKind, RegExp][] = [
  ['video', /\.(?:mp4|m4v|mov|webm|mkv)$/],
  ['image', /\.(?:png|jpe?g|webp|gif|avif)$/],
  ['audio', /\.(?:mp3|wav|m4a|aac|ogg|flac)$/],
  ['file', /\.(?:zip|json|srt|vtt)$/],
];

/** The kind that the extension in a URL's path stands for, if it is a known one. */
export function kindOfUrl(url: string): MediaKind | undefined {
  const path = /^https?:\/\/[^/?#]+(\/[^?#]*)/i.exec(url)?.[1]?.toLowerCase() ?? '';
  return EXTENSIONS.find(([, extension]) => extension.test(path))?.[0];
}

/** The kind that a key stands for: `video_url`, `images` … */
export function kindOfKey(key: string): MediaKind | undefined {
  if (/video/i.test(key)) return 'video';
  if (/image|photo|picture/i.test(key)) return 'image';
  return /audio|voice|sound|music/i.test(key) ? 'audio' : undefined;
}

/** The kind of what a task of this type makes: a video, unless it is known to be something else. */
export function kindOfType(type: string | undefined): MediaKind {
  if (type === 'voices') return 'audio';
  return type === 'elements' || type === 'virtual-try-on' ? 'image' : 'video';
}
