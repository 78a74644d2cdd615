import { announce, button, el } from './dom.js';
import { can, download, openLink, otherDisplayMode, setDisplayMode } from './host.js';
import { begin } from './session.js';
import type { Media } from './task.js';

/** What a person can do here; each action is offered only if the host supports it. */

const REFUSED = 'The host refused.';

/** Says so beside the pressed button or link if the host does not do what was asked for. */
async function attempt(request: Promise<unknown>, { parentElement: place }: Element): Promise<void> {
  const forget = () => place?.querySelector('.refused')?.remove();
  forget();
  try {
    await request;
  } catch {
    forget();
    place?.append(el('p.note.refused', REFUSED));
    announce(REFUSED);
  }
}

/** Buttons for one file. Its URL can change, so it is read only when it is needed. */
export function buttonsFor(media: Media, further?: HTMLElement): HTMLElement {
  return el(
    'div.actions',
    can('openLinks') && button('Open', (self) => attempt(openLink(media.url), self)),
    can('downloadFile') && button('Save', (self) => attempt(download(media.url), self)),
    copyButton('Copy link', () => media.url),
    further,
  );
}

/** The place of the fullscreen button. The display mode can change while a video plays, which must not be interrupted. */
export function displayModePlace(): HTMLElement {
  const place = el('span.display-mode');
  updateDisplayMode(place);
  return place;
}

export function updateDisplayMode(place: Element): void {
  const mode = otherDisplayMode();
  const label = mode === 'inline' ? 'Leave full screen' : 'Full screen';
  place.replaceChildren(mode ? button(label, (self) => attempt(setDisplayMode(mode), self)) : '');
}

/** A link that the host opens where it can; where it cannot, the browser may be allowed to. */
export function linkTo(url: string): HTMLElement {
  const link = el('a', { href: url, target: '_blank', rel: 'noopener noreferrer', dir: 'ltr' }, url);
  link.onclick = () => {
    if (!can('openLinks')) return true;
    attempt(openLink(url), link);
    return false;
  };
  return link;
}

export const lookAgainButton = () => can('serverTools') && button('Look again', () => begin(true));

/**
 * Copies within the click, which is the only way in a sandboxed frame without access to the clipboard. If copying fails, the
 * text stays visible, to be copied by hand.
 */
export function copyButton(label: string, textOf: () => string): HTMLElement {
  const field = el('textarea', { readonly: '', 'aria-label': 'Copy by hand', dir: 'ltr' });
  return button(label, (self) => {
    field.value = textOf();
    self.after(field);
    field.select();
    const end = () => {
      field.remove();
      self.focus();
      announce('Copied');
      self.classList.add('copied');
      setTimeout(() => self.classList.remove('copied'), 2000);
    };
    if (document.execCommand('copy')) end();
    // Missing in frames without a secure context, and refused in most others.
    else navigator.clipboard?.writeText(field.value).then(end, () => {});
  });
}
