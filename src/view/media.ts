import { textOf } from '../text/json.js';
import { linkTo } from './actions.js';
import { el } from './dom.js';
import { formatNumber } from './formats.js';
import { can } from './host.js';
import { fileNameIn } from './json.js';
import { renewOnce } from './renew.js';
import { draw, shown } from './session.js';
import { tasksOf } from './shown.js';
import type { Media, Task } from './task.js';
import { capitalize, nounOf, nounOfKind, promptOf } from './words.js';

/** URLs that the host's policy has blocked. Browsers report them without a fragment. */
const blocked = new Set<string>();
document.addEventListener('securitypolicyviolation', ({ blockedURI }) => blocked.add(blockedURI));

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

/** Such as "Video 2". */
export const labelOf = ({ kind }: Media, index: number) => `${capitalize(nounOfKind(kind))} ${formatNumber(index + 1)}`;

function player(media: Media, task: Task, index: number, lazy: boolean): HTMLElement {
  const { kind, url } = media;
  const label = `${labelOf(media, index)}: ${promptOf(task)?.slice(0, 120) ?? task.id}`;
  if (kind === 'image') return el('img', { src: url, alt: label, loading: 'lazy' });
  const preload = lazy ? 'none' : 'metadata';
  const element = el(kind === 'audio' ? kind : 'video', {
    src: url,
    controls: '',
    playsinline: '',
    preload,
    'aria-label': label,
  });
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
 * Shows one of a task's files, or what to do where it cannot be shown.
 * @param isSmall whether it stands among others: it then loads only once it comes into view, and has no heading
 */
export function figureOf(task: Task, index: number, isSmall: boolean): HTMLElement {
  const media = task.media[index];
  const figure = el('figure.media');
  if (!media) return figure;
  const { kind, url, problem } = media;
  if (kind === 'file') figure.append(linkTo(url, fileNameIn(url)));
  else if (problem === 'blocked') {
    figure.append(el('p', `This app cannot ${kind === 'image' ? 'show' : 'play'} it here. Open it instead.`));
    if (!can('openLinks')) figure.append(linkTo(url));
  } else if (problem) {
    const what = isSmall ? `Could not load the ${nounOf(task)}. ` : '';
    figure.append(el('p', `${what}The link may have expired.`), linkTo(url));
  } else {
    const element = player(media, task, index, isSmall);
    element.onerror = () => fail(task, media);
    figure.append(element);
  }
  return figure;
}

async function fail(task: Task, { url }: Media): Promise<void> {
  const isBlocked = blocked.has(url.replace(/#.*/, ''));
  if (!isBlocked && can('serverTools')) await renewOnce(task).catch(() => {});
  // The lookup may have brought another address, or the same again.
  for (const media of tasksOf(shown).flatMap((each) => each.media)) {
    if (media.url === url) media.problem = isBlocked ? 'blocked' : 'broken';
  }
  draw();
}
