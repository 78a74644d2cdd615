import { actionsOf, attempt, displayModePlace, linkTo } from './actions.js';
import type { Tasks } from './answer.js';
import { clockSince, copyDetailsButton, factsLine, header, leftOutNote, listOfDetails, outputOf } from './cards.js';
import { button, type Child, el, markOf, place } from './dom.js';
import { adviceOn, type Fault } from './faults.js';
import { formatNumber } from './formats.js';
import { figureOf, labelOf } from './media.js';
import { batchMessage, type Message, NOT_NOW, newsOf, reasonOf, type Situation } from './messages.js';
import { lookUp } from './session.js';
import { isPending, type Task } from './task.js';
import { capitalize, lengthOf, nounOf, promptOf } from './words.js';

/** Updates the card of many tasks: what is known of all, a grid in the order of the input, and what is not in it. */
export function updateBatch(card: Element, batch: Tasks, situation: Situation): void {
  const { tasks, notFound, faults, hidden } = batch;
  const message = batchMessage(batch, situation);
  const head = place(card, 0, 0, () => el('div.caption', el('div'), displayModePlace()));
  place(head, 0, message, () => header(message));
  const grid = place(card, 1, 0, () => el('ul.grid'));
  tasks.forEach((task, index) => {
    const stage = stageOf(task, situation);
    place(grid, index, [stage, isPending(task) ? task.id : task], () => tile(task, index, stage));
  });
  while (grid.children.length > tasks.length) grid.lastElementChild?.remove();
  place(card, 2, [notFound, faults, hidden, situation.canCall], () =>
    el(
      'div.rest',
      notFound.length > 0 && section('Not found', listOfIds(notFound)),
      ...faults.map((fault) => section('Could not check', el('p.note', briefly(fault)), listOfIds(fault.ids))),
      hidden.length > 0 && section(`${formatNumber(hidden.length)} more did not fit`, ...waysTo(hidden, situation)),
    ),
  );
}

/** What stands in place of a video. */
type Stage = [mark: NonNullable<Message['mark']>, text?: string | undefined, clockMs?: number | undefined];

function stageOf(task: Task, situation: Situation): Stage {
  if (task.status === 'completed') return ['done'];
  if (task.status === 'failed') return ['alert', reasonOf(task)];
  const { mark = 'stopped', state, heading, clockMs } = newsOf([task], situation);
  return state === 'overdue' ? ['stopped', heading, clockMs] : [mark, undefined, clockMs];
}

function tile(task: Task, index: number, [mark, text, clockMs]: Stage): HTMLElement {
  const [main, ...further] = task.media;
  const isReady = task.status === 'completed';
  const note = task.status === 'failed' ? 'Failed' : lengthOf(task);
  return el(
    'li.tile',
    main ? figureOf(task, 0, true) : el('div.stage', markOf(mark), text && el('p.reason', text), clockSince(clockMs)),
    el('p.prompt', { dir: 'auto' }, promptOf(task) ?? capitalize(nounOf(task))),
    factsLine([`#${formatNumber(index + 1)}`, note]),
    ...(isReady ? outputOf(task) : []),
    ...further.map((media, at) => linkTo(media.url, labelOf(media, at + 1))),
    isReady && task.error && el('p.note', 'Part of it failed.'),
    leftOutNote(task),
    main && actionsOf(task, main),
    text &&
      el(
        'details',
        el('summary', 'Details'),
        task.status === 'failed' && el('p', text),
        listOfDetails(task),
        el('div.actions', copyDetailsButton(task)),
      ),
  );
}

const section = (heading: string, ...children: Child[]) => el('section', el('h2', heading), ...children);

const listOfIds = (ids: string[]) => el('ul.ids', ...ids.map((id) => el('li.code', id)));

function briefly(fault: Fault): string {
  const { heading, text } = adviceOn(fault);
  return `${heading}. ${text}`;
}

function waysTo(hidden: string[], { canCall }: Situation): Child[] {
  if (!canCall) return [el('p.note', 'Ask for these ids.'), listOfIds(hidden)];
  const showThem = (self: Element) => attempt(lookUp(hidden), self, NOT_NOW);
  return [el('div.actions', button('again', 'Show them', showThem))];
}
