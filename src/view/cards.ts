import { textOf } from '../text/json.js';
import { actionsOf, copyButton, displayModePlace, lookAgainButton } from './actions.js';
import { type Child, el, markOf } from './dom.js';
import { formatClock, formatNumber } from './formats.js';
import { figureOf } from './media.js';
import type { Message } from './messages.js';
import type { Task } from './task.js';
import { capitalize, type Facts, factsOf, nounOf, promptOf, thingsOf } from './words.js';

export const card = (state: string, ...children: Child[]) => el('section.card', { 'data-state': state }, ...children);

/** Gets the focus when the focused button is removed. */
const title = (text: string) => el('h1', { tabindex: '-1' }, text);

/** Each fact is isolated, so that it does not change places with its neighbours where it reads from right to left. */
export const factsLine = (facts: Facts) =>
  el('p.facts', ...facts.filter(Boolean).flatMap((fact, index) => [index > 0 && ' · ', el('bdi', `${fact}`)]));

/** The time since then, which the page keeps up to date. */
export const clockSince = (startMs: number | undefined) =>
  startMs !== undefined &&
  el('span.clock', { role: 'timer', 'aria-label': 'Running for', 'data-since': `${startMs}` }, clockText(startMs));

export const clockText = (startMs: number) => formatClock((Date.now() - startMs) / 1000);

/** A card, or the head of one, that says something. */
export function header(message: Message): HTMLElement {
  const { mark, above, heading, clockMs, facts = [], text, prompt, note, looksAgain, detailsOf } = message;
  const lookAgain = looksAgain && lookAgainButton();
  return el(
    'header',
    mark && markOf(mark),
    el(
      'div.texts',
      above && el('p.note', above),
      title(heading),
      factsLine(facts),
      text && el('p.text', text),
      prompt && el('p.prompt', { dir: 'auto' }, prompt),
      note && el('p.note', note),
      detailsOf && listOfDetails(detailsOf),
      (lookAgain || detailsOf) && el('div.actions', lookAgain, detailsOf && copyDetailsButton(detailsOf)),
    ),
    clockSince(clockMs),
  );
}

export const messageCard = (message: Message) => card(message.state, header(message));

const detailsOf = ({ error, traceId, id }: Task) =>
  Object.entries({ Code: error?.code, 'Trace ID': traceId, 'Task ID': id }).filter(([, text]) => text);

/** What support asks for. */
export const listOfDetails = (task: Task) =>
  el('dl', ...detailsOf(task).flatMap(([name, text]) => [el('dt', name), el('dd', text)]));

export const copyDetailsButton = (task: Task) =>
  copyButton(
    'Copy details',
    [task.error?.message, ...detailsOf(task).map((pair) => pair.join(': '))].filter(Boolean).join('\n'),
  );

export function completedCard(task: Task): HTMLElement {
  const { media, error } = task;
  const [main, ...further] = media;
  const noun = nounOf(task);
  const heading = main?.problem === 'broken' ? `Could not load the ${noun}` : `${capitalize(noun)} ready`;
  const prompt = promptOf(task);
  return card(
    'completed',
    main && figureOf(task, 0, false),
    el(
      'div.caption',
      el('header', !main && markOf('done'), el('div.texts', title(heading))),
      main && actionsOf(task, main, displayModePlace()),
    ),
    factsLine(factsOf(task)),
    error && el('p.note', `Part of it failed: ${error.message}`),
    further.length > 0 &&
      el(
        'div.further',
        ...further.map((each, index) => el('div', figureOf(task, index + 1, true), actionsOf(task, each))),
      ),
    ...outputOf(task),
    leftOutNote(task),
    prompt && el('details', el('summary', 'Prompt'), el('p.whole', { dir: 'auto' }, prompt)),
  );
}

export const leftOutNote = ({ leftOut }: Task) =>
  leftOut > 0 && el('p.note', `${formatNumber(leftOut)} more did not fit.`);

/** What a task returned other than files: a voice, for example, by its name and id. */
export function outputOf(task: Task): Child[] {
  const { output, media } = task;
  const samples = media.flatMap(({ kind, id }) => (kind === 'audio' && id ? [{ name: undefined, id }] : []));
  const things = output ? thingsOf(task) : samples;
  if (!things) return [el('pre', { tabindex: '0' }, textOf(output?.value) ?? JSON.stringify(output, null, 2))];
  return things.map(({ name, id }) =>
    el('div.actions', el('p', name, name && id && ' · ', id && el('bdi.code', id)), id && copyButton('Copy ID', id)),
  );
}
