import { buttonsFor, copyButton, displayModePlace, lookAgainButton } from './actions.js';
import { type Child, el, type IconName, icon, spinner } from './dom.js';
import type { Follow } from './follow.js';
import { formatClock, formatNumber } from './formats.js';
import { textOf } from './json.js';
import { figureOf } from './media.js';
import type { Shown } from './shown.js';
import { isOld, type Task } from './task.js';
import { capitalize, factsOf, nounOf, promptOf, remedyOf, settingsOf } from './words.js';

export const card = (state: string, ...children: Child[]) => el('section.card', { 'data-state': state }, ...children);

/** Gets the focus when the focused button is removed. */
export const title = (text: string) => el('h1', { tabindex: '-1' }, text);

export const texts = (...children: Child[]) => el('div.texts', ...children);

const head = (mark: Child, ...children: Child[]) => el('header', mark, texts(...children));

const facts = (parts: Child[]) => parts.length > 0 && el('p.facts', ...parts);
const note = (text: string | undefined) => text && el('p.note', text);
const twoLines = (text: string | undefined) => text && el('p.prompt.two-lines', { dir: 'auto' }, text);

/** The time since then, which the page keeps up to date. */
export const clockSince = (startMs: number | undefined) =>
  startMs !== undefined &&
  el('span.clock', { role: 'timer', 'aria-label': 'Running for', 'data-since': `${startMs}` }, clockText(startMs));

export const clockText = (startMs: number) => formatClock((Date.now() - startMs) / 1000);

const USUAL_MS = 300_000;

const ASK_AGAIN = 'Ask again to see how it is doing.';
const NOT_FOLLOWED = 'This view no longer follows it.';

/** Whether it runs, as far as this page knows: it may have ended where nobody has looked for a while. */
export const isMoving = (follow: Follow, task?: Task): boolean =>
  follow.state === 'following' || (follow.state === 'cannot' && !isOld({ asOfMs: task?.asOfMs ?? follow.asOfMs }));

/** How long it usually takes, and what this page does in the meantime. */
export function noteOfPending(follow: Follow, task?: Task): string {
  const isSlow = task?.startMs !== undefined && Date.now() - task.startMs > USUAL_MS;
  const usual = `Most take 1 to 5 minutes${isSlow ? '; this one takes longer' : ''}.`;
  switch (follow.state) {
    case 'following':
      return follow.message
        ? `This view looks again soon. ${follow.message}`
        : `${usual} This view keeps itself up to date.`;
    case 'cannot':
      return `${isMoving(follow, task) ? usual : 'It was running when last looked up.'} ${ASK_AGAIN}`;
    case 'overdue':
      return 'It has been running for over 30 minutes and may never end. AceDataCloud’s support may know.';
    case 'closed':
      return `${NOT_FOLLOWED} ${ASK_AGAIN}`;
    case 'stopped':
      return `${NOT_FOLLOWED} ${follow.message}`;
  }
}

/** A button to look again, if the following ended before the task did. */
export const lookAgainIfStopped = ({ state }: Follow) =>
  (state === 'stopped' || state === 'overdue') && lookAgainButton();

/** @param task undefined while nothing is known except that it is running */
export function pendingCard(task: Task | undefined, follow: Follow): HTMLElement {
  const moves = isMoving(follow, task);
  return card(
    follow.state === 'closed' ? 'closed' : 'pending',
    el(
      'header',
      moves ? spinner() : icon('stopped'),
      texts(
        title(task ? `Making your ${nounOf(task)}` : 'Still running'),
        task && facts(settingsOf(task)),
        task && twoLines(promptOf(task)),
        note(noteOfPending(follow, task)),
        lookAgainIfStopped(follow),
      ),
      moves && clockSince(task?.startMs),
    ),
  );
}

export function completedCard(task: Task): HTMLElement {
  const { media, error } = task;
  const [main, ...further] = media;
  const prompt = promptOf(task);
  const negative = textOf(task.request?.negative_prompt);
  return card(
    'completed',
    main && figureOf(task, 0, false),
    el(
      'div.caption',
      head(!main && icon('done'), title(`${capitalize(nounOf(task))} ready`)),
      main ? buttonsFor(main, displayModePlace()) : displayModePlace(),
    ),
    facts(factsOf(task)),
    error && note(`A part of it failed: ${error.message}`),
    further.length > 0 &&
      el('div.further', ...further.map((each, index) => el('div', figureOf(task, index + 1, true), buttonsFor(each)))),
    outputOf(task),
    prompt &&
      el(
        'details',
        el('summary', 'Prompt'),
        el('p.prompt', prompt),
        negative && el('p.prompt', `Without: ${negative}`),
      ),
  );
}

/** What a task returned other than files, such as the id of a voice. */
export const outputOf = ({ output }: Task) =>
  output !== undefined && el('pre', { dir: 'ltr', tabindex: '0' }, JSON.stringify(output, null, 2));

/** What support asks for, to be copied. */
export function detailsOf({ error, traceId, id }: Task): HTMLElement[] {
  const details = Object.entries({ Code: error?.code, 'Trace ID': traceId, 'Task ID': id }).filter(([, text]) => text);
  const copied = [error?.message, ...details.map((pair) => pair.join(': '))].join('\n');
  return [
    el('dl', ...details.flatMap(([name, text]) => [el('dt', name), el('dd', { dir: 'ltr' }, text)])),
    copyButton('Copy details', () => copied),
  ];
}

export function failedCard(task: Task): HTMLElement {
  const remedy = remedyOf(task);
  return card(
    'failed',
    head(
      icon('alert'),
      note(`${capitalize(nounOf(task))} failed`),
      title(task.error?.message ?? ''),
      remedy && el('p', remedy),
      twoLines(promptOf(task)),
      ...detailsOf(task),
    ),
  );
}

/** The states in which nothing is known of any task. */
export function emptyCard(shown: Shown, follow: Follow, ids: string[]): HTMLElement {
  const kind = follow.state === 'closed' || follow.state === 'following' ? follow.state : shown.kind;
  const again = ids.length > 0 && lookAgainButton();
  const plain = (mark: IconName, heading: string, ...rest: Child[]) =>
    card(kind, head(icon(mark), title(heading), ...rest));
  const message = 'message' in shown && note(shown.message);

  switch (kind) {
    case 'closed':
      return plain('stopped', 'This view is closed', note(ASK_AGAIN));
    case 'error':
      return plain('alert', 'It could not be looked up', message, shown.kind === 'error' && shown.passes && again);
    case 'cancelled':
      return plain('stopped', 'The lookup was cancelled', message, note('The task goes on.'), again);
    case 'unreadable':
      return plain('alert', 'Nothing to show', note('The host passed on nothing readable.'), again);
  }
  const what = ids.length > 1 ? `${formatNumber(ids.length)} tasks` : 'the task';
  const id = ids.length === 1 && el('p.facts.code', { dir: 'ltr' }, ids[0]);
  return card('nothing', head(spinner(), title(`Looking up ${what}`), id));
}
