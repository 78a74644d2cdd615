import { hangUp, isOver } from './connection.js';
import { type Follow, follow as followTasks } from './follow.js';
import { can, tellModel } from './host.js';
import { idsIn, type JsonObject } from './json.js';
import { isAbout, isOpen, merge, pendingOf, type Shown, tasksOf, textForModel } from './shown.js';
import { ownQuestions } from './tool-calls.js';

/** What the page knows, and how it follows a task to its outcome. */

export let shown: Shown = { kind: 'nothing' };
export let follow: Follow = { state: 'cannot' };
/** The arguments of the host's own call. */
export let input: JsonObject = {};

/** Whether the host has asked about other tasks than those that are shown. */
let asksAnew = false;
let following = new AbortController();
let draw = () => {};

/** @param onChange is called whenever the page has to be redrawn */
export function watch(onChange: () => void): void {
  draw = onChange;
}

export function receiveInput(args: JsonObject): void {
  const question = `${idsIn(args)}`;
  // Some hosts pass on the arguments of this page's own calls too.
  if (ownQuestions.has(question)) return;
  const before = `${idsIn(input)}`;
  // The first arguments may come after their result.
  if (before && before !== question) {
    asksAnew = tasksOf(shown).length > 0;
    ownQuestions.clear();
  }
  input = args;
  draw();
}

/** Takes in what the host passes on, and follows what is pending. */
export function receive(news: Shown): void {
  if (isOver) return;
  if (!isEcho(news)) {
    asksAnew = false;
    show(news);
    begin(false);
    return;
  }
  // What else such a call can end in is for the following to judge.
  if (news.kind !== 'tasks') return;
  show(merge(shown, news));
  if (isOpen(shown) && follow.state !== 'following') begin(false);
}

/** Whether it may be the result of one of this page's own calls, which some hosts pass on, even long after the answer. */
function isEcho(news: Shown): boolean {
  if (asksAnew) return false;
  if (news.kind === 'tasks' && shown.kind === 'tasks') return isAbout(shown, news);
  // While a handle is shown, the host's own call goes on and can be cancelled.
  return shown.kind === 'tasks' ? can('serverTools') : follow.state === 'following' && news.kind !== 'cancelled';
}

function show(news: Shown, next = follow): void {
  shown = news;
  follow = next;
  draw();
}

/**
 * Starts to follow what is pending.
 * @param asked whether a person asked for a look, whatever is shown
 */
export async function begin(asked: boolean): Promise<void> {
  if (isOver) return;
  following.abort();
  following = new AbortController();
  const { signal } = following;
  const follows = can('serverTools') && (asked || isOpen(shown));
  show(shown, follows ? { state: 'following' } : { state: 'cannot', asOfMs: Date.now() });
  if (!follows) return;

  const { length } = pendingOf(shown);
  const stop = await followTasks({
    shown: () => shown,
    input,
    asked,
    signal,
    onAnswer: (answer) => show(merge(shown, answer), { ...(answer.kind === 'error' && answer), state: 'following' }),
  });
  if (signal.aborted) return;
  const isUnknown = stop?.state === 'stopped' && tasksOf(shown).length === 0;
  show(isUnknown ? { ...stop, kind: 'error' } : shown, stop ?? { state: 'cannot' });
  const isNews = !stop || pendingOf(shown).length < length;
  // If the host refuses it, nothing changes for the person.
  if (isNews && shown.kind === 'tasks') await tellModel(textForModel(shown)).catch(() => {});
}

/** Stops everything. What is finished stays as it is. */
export function close(): void {
  hangUp();
  following.abort();
  if (shown.kind !== 'tasks' || isOpen(shown)) show(shown, { state: 'closed' });
}
