import type { McpUiSizeChangedNotification } from '@modelcontextprotocol/ext-apps';
import { textOf } from '../text/json.js';
import { isOver } from './connection.js';
import { el } from './dom.js';
import { context } from './host.js';
import { numberOf, objectOf } from './json.js';

/** Adapts the page to its host: theme, colours, fonts and safe areas. */
export function dress(): void {
  const { documentElement: root, head } = document;
  const { theme, styles, displayMode, safeAreaInsets } = context;
  const { variables, css } = objectOf(styles);
  for (const [name, value] of Object.entries(objectOf(variables))) {
    if (name.startsWith('--') && typeof value === 'string') root.style.setProperty(name, value);
  }
  // Without a theme, the style sheet follows the system.
  if (theme === 'light' || theme === 'dark') root.style.colorScheme = theme;
  root.classList.toggle('fullscreen', displayMode === 'fullscreen');
  for (const [side, inset] of Object.entries(objectOf(safeAreaInsets))) {
    if (numberOf(inset) !== undefined) root.style.setProperty(`--inset-${side}`, `${inset}px`);
  }
  const fonts = textOf(objectOf(css).fonts);
  const sheet = head.querySelector('style.fonts') ?? el('style.fonts');
  if (!fonts || sheet.textContent === fonts) return;
  sheet.textContent = fonts;
  head.append(sheet);
}

/** The width that the page asks for where the host lets it choose, in pixels. */
const PREFERRED_WIDTH = 720;

/** Tells whenever the content has another size, since most hosts give the frame the height of its content. */
export function watchSize(tell: (size: McpUiSizeChangedNotification['params']) => void): void {
  const observer = new ResizeObserver(() => {
    if (isOver || context.displayMode === 'fullscreen') return;
    const rect = document.documentElement.getBoundingClientRect();
    const maxWidth = numberOf(objectOf(context.containerDimensions).maxWidth);
    tell({
      width: Math.ceil(maxWidth ? Math.min(maxWidth, PREFERRED_WIDTH) : rect.width),
      height: Math.ceil(rect.height),
    });
  });
  observer.observe(document.documentElement);
}
