export type Child = Node | string | undefined | false;

/** Attribute names come only from this page. Received data may be a value, but never a name. */
type Attributes = Readonly<Record<string, string>>;

/**
 * Makes an element. Strings become text, so that nothing received is ever read as markup.
 * @param selector its tag and, after a point, its class, such as `p.note`
 */
export function el<K extends keyof HTMLElementTagNameMap>(
  selector: K | `${K}.${string}`,
  ...parts: (Child | Attributes)[]
): HTMLElementTagNameMap[K];
export function el(selector: string, ...parts: (Child | Attributes)[]): HTMLElement {
  const [tag = '', ...classes] = selector.split('.');
  const element = document.createElement(tag);
  element.classList.add(...classes);
  for (const part of parts) {
    if (part instanceof Node || typeof part === 'string') element.append(part);
    else for (const [name, value] of Object.entries(part || {})) element.setAttribute(name, value);
  }
  return element;
}

const ICONS = { alert: '!', done: '✓', stopped: '–' };

export type IconName = keyof typeof ICONS;

/** A sign in a circle, for those who see it. */
export const icon = (name: IconName) => el(`span.icon.${name}`, { 'aria-hidden': 'true' }, ICONS[name]);

export const spinner = () => el('span.spinner');

export function button(label: string, onClick: (self: HTMLButtonElement) => void): HTMLButtonElement {
  const element = el('button', { type: 'button' }, label);
  element.onclick = () => onClick(element);
  return element;
}

/** Announces a text to screen readers. */
export function announce(text: string): void {
  const region = document.querySelector('#announcements');
  if (region) region.textContent = text;
}
