import { type Follow, follow as followTasks } from './follow.js';
import { can, tellModel } from './host.js';
import type { JsonObject } from './json.js';
import { isAbout, isOpen, merge, type Shown, tasksOf, textForModel } from './shown.js';
import { callTool } from './tool-calls.js';

/** What the page knows, and how it follows a task to its outcome. */

export let shown: Shown = { kind: 'nothing' };
export let follow: Follow = { state: 'cannot' };
/** The arguments of the host's own call. */
export let input: JsonObject = {};
/** Aborts when the host tears the page down. */
export const end = new AbortController();

let following = new AbortController();
let draw = () => {};

/** @param onChange is called whenever the page has to be redrawn */
export function watch(onChange: () => void): void {
  draw = onChange;
}

export function receiveInput(args: JsonObject): void {
  input = args;
  draw();
}

/** Takes in what the host passes on, and follows what is pending. */
export function receive(news: Shown): void {
  if (end.signal.aborted) return;
  // Some hosts pass on the results of this page's own calls too, at once or later.
  const isSameCard = shown.kind === 'tasks' && (news.kind !== 'tasks' || news.isBatch === shown.isBatch);
  const isNews = isSameCard && isAbout(shown, news);
  show(isNews ? merge(shown, news) : news);
  if (!isNews || (follow.state !== 'following' && isOpen(shown))) begin(false);
}

function show(news: Shown): void {
  shown = news;
  draw();
}

/**
 * Starts to follow what is pending.
 * @param asked whether a person asked for a look, whatever is shown
 */
export async function begin(asked: boolean): Promise<void> {
  if (end.signal.aborted) return;
  following.abort();
  following = new AbortController();
  const { signal } = following;
  const follows = can('serverTools') && (asked || isOpen(shown));
  setFollow({ state: follows ? 'following' : 'cannot' });
  if (!follows) return;

  const stop = await followTasks({
    shown: () => shown,
    input,
    asked,
    signal,
    call: (tool, args) => callTool(tool, args, signal),
    onAnswer: (answer) => show(merge(shown, answer)),
  });
  if (signal.aborted) return;
  setFollow(stop ?? { state: 'cannot' });
  if (stop?.state === 'stopped' && tasksOf(shown).length === 0) {
    show({ kind: 'error', code: stop.code, message: stop.message });
  }
  // If the host refuses it, nothing changes for the person.
  else if (!stop && shown.kind === 'tasks') await tellModel(textForModel(shown)).catch(() => {});
}

function setFollow(next: Follow): void {
  follow = next;
  draw();
}

/** Stops everything. */
export function close(): void {
  end.abort();
  following.abort();
  if (shown.kind !== 'tasks' || isOpen(shown)) setFollow({ state: 'closed' });
}
