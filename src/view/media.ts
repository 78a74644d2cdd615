import { linkTo } from './actions.js';
import { el } from './dom.js';
import { textOf } from './json.js';
import { refresh } from './refresh.js';
import type { Media, Task } from './task.js';
import { promptOf } from './words.js';

const BLOCKED = 'This host does not load files from there. This is its link:';
const BROKEN = 'It could not be loaded; its link may have expired:';

/** URLs that the host's policy has blocked. Browsers report them without a fragment. */
const blocked = new Set<string>();
document.addEventListener('securitypolicyviolation', ({ blockedURI }) => blocked.add(blockedURI));

const isBlocked = ({ url }: Media) => blocked.has(url.replace(/#.*/, ''));

// One plays at a time. These events do not bubble.
document.addEventListener('play', ({ target }) => pauseAllBut(target), true);

function pauseAllBut(target: EventTarget | null): void {
  for (const each of document.querySelectorAll<HTMLMediaElement>('video, audio')) {
    if (each !== target) each.pause();
  }
}

/** Loads the beginning of a file only when it scrolls into view, because a batch can have a hundred. */
const whenInView = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    whenInView.unobserve(target);
    if (target instanceof HTMLMediaElement) target.preload = 'metadata';
  }
});

/** Stops what plays and what loads. */
export function silence(): void {
  whenInView.disconnect();
  pauseAllBut(null);
}

/** The requested aspect ratio, such as "16/9", until that of the video is known. */
function ratioOf(task: Task): string {
  const ratio = textOf(task.request?.aspect_ratio) ?? '';
  return /^[1-9]\d*:[1-9]\d*$/.test(ratio) ? ratio.replace(':', '/') : '16/9';
}

function player({ kind, url }: Media, task: Task, label: string, lazy: boolean): HTMLElement {
  if (kind === 'image') return el('img', { src: url, alt: label, loading: 'lazy' });
  const tag = kind === 'audio' ? 'audio' : 'video';
  const preload = lazy ? 'none' : 'metadata';
  const element = el(tag, { src: url, controls: '', playsinline: '', preload, 'aria-label': label });
  if (lazy) whenInView.observe(element);
  if (!(element instanceof HTMLVideoElement)) return element;
  element.style.setProperty('--ratio', ratioOf(task));
  element.onloadedmetadata = () => {
    const ratio = element.videoWidth / element.videoHeight;
    if (ratio > 0) element.style.setProperty('--ratio', `${ratio}`);
  };
  return element;
}

/**
 * Shows one of a task's files. One that does not load is looked up once more, since its address may have expired, and
 * then becomes a link.
 * @param lazy whether it loads only once it comes into view
 */
export function figureOf(task: Task, index: number, lazy: boolean): HTMLElement {
  const figure = el('figure.media');
  const label = labelOf(task, index);
  let looked = false;

  const show = (media: Media) => {
    figure.dataset.kind = media.kind;
    if (media.kind === 'file') return figure.replaceChildren(linkTo(media.url));
    const element = player(media, task, label, lazy);
    element.onerror = () => fail(media);
    figure.replaceChildren(element);
  };
  const fail = async (media: Media) => {
    if (!looked && !isBlocked(media)) {
      looked = true;
      const fresh = (await refresh(task))?.media[index];
      // The buttons beside it read the address from there too.
      if (fresh) media.url = fresh.url;
      if (fresh && !isBlocked(media)) return show(media);
    }
    figure.dataset.kind = 'link';
    figure.replaceChildren(el('p', isBlocked(media) ? BLOCKED : BROKEN), linkTo(media.url));
  };

  const media = task.media[index];
  if (media) show(media);
  return figure;
}

const KINDS = { video: 'Video', image: 'Picture', audio: 'Sound', file: 'File' };

const labelOf = (task: Task, index: number) =>
  `${KINDS[task.media[index]?.kind ?? 'file']} ${index + 1}: ${promptOf(task)?.slice(0, 120) ?? task.id}`;
