import { announce, button, el, icon } from './dom.js';
import { can, download, openLink, otherDisplayMode, setDisplayMode } from './host.js';
import { NOT_NOW } from './messages.js';
import { renew } from './renew.js';
import { begin } from './session.js';
import type { Media, Task } from './task.js';

/** What a person can do here; each action is offered only if the host supports it. */

const REFUSED = 'This app did not allow it.';

/** Says so beside the pressed button or link if what was asked for does not happen. */
export async function attempt(request: Promise<unknown>, self: Element, refusal = REFUSED): Promise<void> {
  const { parentElement: place } = self;
  const forget = () => place?.querySelector('.refused')?.remove();
  forget();
  try {
    await request;
  } catch {
    forget();
    place?.append(el('p.note.refused', refusal));
    announce(refusal);
  }
}

function buttonsFor({ url, problem }: Media, further?: HTMLElement): HTMLElement {
  return el(
    // Where the host plays nothing, the labels matter more than the room that they take.
    further && problem ? 'div.actions' : 'div.actions.files',
    can('openLinks') && button('open', 'Open', (self) => attempt(openLink(url), self)),
    can('downloadFile') && button('save', 'Save', (self) => attempt(download(url), self)),
    copyButton('Copy link', url),
    further,
  );
}

/** The buttons for a file of a task, also for one that does not load. */
export function actionsOf(task: Task, media: Media, further?: HTMLElement): HTMLElement {
  if (media.problem !== 'broken') return buttonsFor(media, further);
  const lookAgain = (self: Element) => attempt(renew(task), self, NOT_NOW);
  return el('div.actions', can('serverTools') && button('again', 'Look again', lookAgain));
}

/** The place of the fullscreen button. The display mode can change while a video plays, which must not be interrupted. */
export function displayModePlace(): HTMLElement {
  const place = el('span.display-mode.files');
  updateDisplayMode(place);
  return place;
}

export function updateDisplayMode(place: Element): void {
  const mode = otherDisplayMode();
  const label = mode === 'inline' ? 'Leave full screen' : 'Full screen';
  place.replaceChildren(mode ? button(mode, label, (self) => attempt(setDisplayMode(mode), self)) : '');
}

/** A link that the host opens where it can; where it cannot, the browser may be allowed to. */
export function linkTo(url: string, text = url): HTMLElement {
  const link = el('a', { href: url, target: '_blank', rel: 'noreferrer' }, text);
  link.onclick = () => {
    if (!can('openLinks')) return true;
    attempt(openLink(url), link);
    return false;
  };
  return link;
}

export const lookAgainButton = () => can('serverTools') && button('again', 'Look again', () => begin(true));

/**
 * Copies within the click and without the clipboard's own interface, which sandboxed frames may not use. If that fails, the
 * text stays visible, selected, to be copied by hand.
 */
export function copyButton(label: string, text: string): HTMLElement {
  const field = el('textarea', { readonly: '', 'aria-label': 'Copy by hand' });
  const copied = icon('done');
  const element = button('copy', label, () => {
    field.value = text;
    element.after(field);
    field.select();
    if (!document.execCommand('copy')) return;
    field.remove();
    element.focus();
    announce('Copied');
    plain?.replaceWith(copied);
    setTimeout(() => plain && copied.replaceWith(plain), 2000);
  });
  const [plain] = element.children;
  return element;
}
