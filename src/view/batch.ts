import { buttonsFor, displayModePlace, linkTo } from './actions.js';
import { clockSince, lookAgainIfStopped, noteOfPending, outputOf, title } from './cards.js';
import { type Child, el, icon, spinner } from './dom.js';
import type { Follow } from './follow.js';
import { formatNumber } from './formats.js';
import { figureOf } from './media.js';
import { countsOf, type ShownTasks } from './shown.js';
import type { Task } from './task.js';
import { factsOf } from './words.js';

const LABELS: [keyof ReturnType<typeof countsOf>, string][] = [
  ['completed', 'ready'],
  ['pending', 'running'],
  ['failed', 'failed'],
  ['not_found', 'not found'],
  ['lookup_failed', 'not looked up'],
];

/**
 * Updates the card of many tasks: counts, then a grid in the order of the input. A tile is replaced only when its task
 * has changed, so that what plays goes on.
 */
export function updateBatch(card: HTMLElement, batch: ShownTasks, follow: Follow): void {
  const { tasks, notFound, lookupErrors } = batch;
  const counts = countsOf(batch);
  const heading = `${formatNumber(counts.completed)} of ${formatNumber(tasks.length)} ready`;
  const labels = LABELS.filter(([key]) => counts[key] > 0);
  const isOpen = counts.pending > 0;
  const again = isOpen && lookAgainIfStopped(follow);
  const grid = card.querySelector('.grid') ?? el('ul.grid');
  for (const [index, task] of tasks.entries()) updateTile(grid, index, task);
  while (grid.children.length > tasks.length) grid.lastElementChild?.remove();

  const top = el(
    'header',
    {},
    el(
      'div.texts',
      {},
      title(heading),
      el(
        'ul.counts',
        {},
        ...labels.map(([key, label]) => el(`li.${key}`, {}, `${formatNumber(counts[key])} ${label}`)),
      ),
      isOpen && el('p.note', {}, noteOfPending(undefined, follow)),
      again,
    ),
    displayModePlace(),
  );
  const rest = el(
    'div.rest',
    {},
    notFound.length > 0 && listOfIds('Not found', notFound),
    ...lookupErrors.map(({ message, ids }) => listOfIds(`Not looked up. ${message}`, ids)),
  );
  if (!grid.isConnected) {
    card.replaceChildren(top, grid, rest);
    return;
  }
  // The grid stays in the page, because a video that is removed even for a moment stops playing.
  const focused = card.querySelector('header :focus')?.textContent;
  grid.previousElementSibling?.replaceWith(top);
  grid.nextElementSibling?.replaceWith(rest);
  if (focused) [...top.querySelectorAll('button')].find(({ textContent }) => textContent === focused)?.focus();
}

/** What each tile was made from. */
const signatures = new WeakMap<Element, string>();

function updateTile(grid: Element, index: number, task: Task): void {
  const signature = task.status === 'pending' ? task.id : JSON.stringify(task.raw);
  const old = grid.children[index];
  if (old && signatures.get(old) === signature) return;
  const tile = el('li.tile', { 'data-status': task.status }, ...contentOf(task, index));
  signatures.set(tile, signature);
  if (old) old.replaceWith(tile);
  else grid.append(tile);
}

function contentOf(task: Task, index: number): Child[] {
  const [main, ...further] = task.media;
  const line = (text: string) =>
    el('p.line', {}, el('span.number', {}, `${formatNumber(index + 1)}. `), text || 'Ready');
  const id = el('span.facts.code', { dir: 'ltr', title: task.id }, task.id);
  if (task.status === 'pending') {
    return [el('div.stage', {}, spinner(), clockSince(task.startMs)), line('Running'), id];
  }
  if (task.status === 'failed') {
    const reason = el('p.reason', { dir: 'auto' }, task.error?.message);
    return [el('div.stage', {}, icon('alert'), reason), line('Failed'), id];
  }
  return [
    main ? figureOf(task, 0, true) : el('div.stage', {}, icon('done')),
    line(factsOf(task)),
    id,
    task.output !== undefined && outputOf(task.output),
    main && buttonsFor(main),
    ...further.map(({ url }) => linkTo(url)),
  ];
}

const listOfIds = (heading: string, ids: string[]) =>
  el(
    'section',
    {},
    el('h2', { dir: 'auto' }, heading),
    el('ul.ids', {}, ...ids.map((id) => el('li.code', { dir: 'ltr' }, id))),
  );
