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

const CIRCLE = 'M18 10a8 8 0 1 1-16 0 8 8 0 0 1 16 0Z';

/** Outlines in a square of 20. */
const ICONS = {
  alert: `${CIRCLE}M10 6v4.5m0 3v.1`,
  done: `${CIRCLE}m-11.5.2 2.4 2.4 4.6-5`,
  stopped: `${CIRCLE}M8.2 7.5v5m3.6-5v5`,
  open: 'M11.5 3.5h5v5m0-5-7 7M8 4.5H4.5a1 1 0 0 0-1 1v10a1 1 0 0 0 1 1h10a1 1 0 0 0 1-1V12',
  save: 'M10 3v9.5m-4-4 4 4 4-4M3.5 16.5h13',
  copy: 'M7.5 7.5h9v9h-9zm-3 5h-1v-9h9v1',
  fullscreen: 'M3.5 7.5v-4h4m5 0h4v4m0 5v4h-4m-5 0h-4v-4',
  inline: 'M7.5 3.5v4h-4m13 0h-4v-4m0 13v-4h4m-13 0h4v4',
  again: 'M16 10a6 6 0 1 1-2-4.5l2 2m0-4v4h-4',
};

export type IconName = keyof typeof ICONS;

const SVG = 'http://www.w3.org/2000/svg';

/** A sign for those who see it. */
export function icon(name: IconName): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('aria-hidden', 'true');
  svg.classList.add('icon', name);
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

export const markOf = (name: 'spinner' | IconName) => (name === 'spinner' ? el('span.spinner') : icon(name));

/** A button whose label is left to screen readers and a tooltip where there is no room for it. */
export function button(name: IconName, label: string, onClick: (self: HTMLButtonElement) => void): HTMLButtonElement {
  const element = el('button', { title: label }, icon(name), el('span', label));
  element.onclick = () => onClick(element);
  return element;
}

const keys = new WeakMap<Element, string>();

/**
 * Puts an element in its place, unless the one there was made from the same: what plays goes on, and what has the focus
 * or was unfolded stays.
 * @param source what the element is made from
 * @returns the one that is there now
 */
export function place(parent: Element, index: number, source: unknown, make: () => HTMLElement): Element {
  const key = JSON.stringify(source);
  const old = parent.children[index];
  if (old && keys.get(old) === key) return old;
  const hadFocus = old?.contains(document.activeElement);
  const element = make();
  keys.set(element, key);
  if (old) old.replaceWith(element);
  else parent.append(element);
  if (hadFocus) element.querySelector<HTMLElement>('button, h1')?.focus();
  return element;
}

/** Announces a text to screen readers. */
export function announce(text: string): void {
  const region = document.querySelector('[role=status]');
  if (region) region.textContent = text;
}
