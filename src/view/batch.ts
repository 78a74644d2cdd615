import { buttonsFor, displayModePlace, linkTo } from './actions.js';
import { clockSince, detailsOf, isMoving, lookAgainIfStopped, noteOfPending, outputOf, texts, title } from './cards.js';
import { type Child, el, icon, spinner } from './dom.js';
import type { Follow } from './follow.js';
import { formatNumber } from './formats.js';
import { keyOf } from './json.js';
import { figureOf } from './media.js';
import { countsOf, finalFaultOf, idsOfAll, type ShownTasks } from './shown.js';
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
 * Updates the card of many tasks: counts, then a grid in the order of the input. A part is replaced only when it has
 * changed, so that what plays goes on and the focus stays where it is.
 */
export function updateBatch(card: HTMLElement, batch: ShownTasks, follow: Follow): void {
  const { tasks, notFound, lookupErrors } = batch;
  const counts = countsOf(batch);
  const isOpen = counts.pending > 0;
  if (!card.firstChild) card.append(el('header', el('div'), displayModePlace()), el('ul.grid'), el('div'));

  replace(
    card.querySelector('header > div'),
    texts(
      title(`${formatNumber(counts.completed)} of ${formatNumber(idsOfAll(batch).length)} ready`),
      el(
        'ul.counts',
        ...LABELS.map(([key, label]) => counts[key] > 0 && el(`li.${key}`, `${formatNumber(counts[key])} ${label}`)),
      ),
      isOpen && el('p.note', noteOfPending(follow)),
      isOpen && lookAgainIfStopped(follow),
    ),
  );
  const grid = card.children[1] ?? card;
  for (const [index, task] of tasks.entries()) {
    updateTile(grid, index, task, isMoving(follow, task) && !finalFaultOf(batch, task));
  }
  while (grid.children.length > tasks.length) grid.lastElementChild?.remove();
  replace(
    card.lastElementChild,
    el(
      'div.rest',
      notFound.length > 0 && listOfIds('Not found', notFound),
      ...lookupErrors.map(({ message, ids }) => listOfIds(`Not looked up. ${message}`, ids)),
    ),
  );
}

function replace(old: Element | null, element: HTMLElement): void {
  if (!old || old.isEqualNode(element)) return;
  const hadFocus = old.contains(document.activeElement);
  old.replaceWith(element);
  if (hadFocus) element.querySelector<HTMLElement>('button, h1')?.focus();
}

/** What each tile was made from. */
const signatures = new WeakMap<Element, string>();

function updateTile(grid: Element, index: number, task: Task, moves: boolean): void {
  const signature = task.status === 'pending' ? `${task.id} ${moves}` : keyOf(task.raw);
  const old = grid.children[index];
  if (old && signatures.get(old) === signature) return;
  const tile = el('li.tile', { 'data-status': task.status }, ...contentOf(task, index, moves));
  signatures.set(tile, signature);
  if (old) old.replaceWith(tile);
  else grid.append(tile);
}

function contentOf(task: Task, index: number, moves: boolean): Child[] {
  const [main, ...further] = task.media;
  const line = (...texts: Child[]) => el('p.line', el('span.number', `${formatNumber(index + 1)}. `), ...texts);
  const id = el('span.facts.code', { dir: 'ltr', title: task.id }, task.id);
  if (task.status === 'pending') {
    const stage = moves ? [spinner(), clockSince(task.startMs)] : [icon('stopped')];
    return [el('div.stage', ...stage), line(moves ? 'Running' : 'Was running'), id];
  }
  if (task.status === 'failed') {
    const reason = task.error?.message;
    return [
      el('div.stage', icon('alert'), el('p.reason', reason)),
      line('Failed'),
      id,
      el('details', el('summary', 'Details'), el('p', reason), ...detailsOf(task)),
    ];
  }
  const facts = factsOf(task);
  return [
    main ? figureOf(task, 0, true) : el('div.stage', icon('done')),
    line(...(facts.length > 0 ? facts : ['Ready'])),
    id,
    outputOf(task),
    main && buttonsFor(main),
    ...further.map(({ url }) => linkTo(url)),
  ];
}

const listOfIds = (heading: string, ids: string[]) =>
  el('section', el('h2', heading), el('ul.ids', ...ids.map((id) => el('li.code', { dir: 'ltr' }, id))));
