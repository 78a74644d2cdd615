export type Child = Node | string | undefined | false;

/** Attribute names come only from this page. Received data may be a value, but never a name. */
type Attributes = Readonly<Record<string, string | undefined>>;

/**
 * Makes an element. Strings become text, so that nothing received is ever read as markup.
 * @param selector its tag and, after a point, its class, such as `p.note`
 */
export function el<K extends keyof HTMLElementTagNameMap>(
  selector: K | `${K}.${string}`,
  attributes?: Attributes,
  ...children: Child[]
): HTMLElementTagNameMap[K];
export function el(selector: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  const [tag = '', ...classes] = selector.split('.');
  const element = document.createElement(tag);
  element.classList.add(...classes);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== false));
  return element;
}

const ICONS = { alert: '!', done: '✓', stopped: '–' };

export type IconName = keyof typeof ICONS;

/** A sign in a circle, for those who see it. */
export const icon = (name: IconName) => el(`span.icon.${name}`, { 'aria-hidden': 'true' }, ICONS[name]);

export const spinner = () => el('span.spinner');

export function button(label: string, onClick: () => void): HTMLButtonElement {
  const element = el('button', { type: 'button' }, label);
  element.onclick = onClick;
  return element;
}

/** Announces a text to screen readers. */
export function announce(text: string): void {
  const region = document.querySelector('#announcements');
  if (region) region.textContent = text;
}
