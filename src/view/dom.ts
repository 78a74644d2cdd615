export type Child = Node | string | undefined | false;

/** Names of attributes come from this page alone; what was received may be a value, never a name. */
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

const SVG = 'http://www.w3.org/2000/svg';

/** Outlines on a grid of 24 by 24. */
const ICONS = {
  alert: 'M12 8v5m0 3v.1M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z',
  done: 'm5 12 5 5 9-9',
  stopped: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM8 12h8',
};

export type IconName = keyof typeof ICONS;

/** A decorative icon. */
export function icon(name: IconName): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  const path = document.createElementNS(SVG, 'path');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', `icon ${name}`);
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

export const spinner = () => el('span.spinner');

export function button(label: string, onClick: () => void): HTMLButtonElement {
  const element = el('button', { type: 'button' }, label);
  element.onclick = onClick;
  return element;
}

/** Says it to people who cannot see it. */
export function announce(text: string): void {
  const region = document.querySelector('#announcements');
  if (region) region.textContent = text;
}
