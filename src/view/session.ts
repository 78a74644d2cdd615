import { readAnswer } from './answer.js';
import { hangUp, isOver } from './connection.js';
import { type Follow, follow as followTasks } from './follow.js';
import { can, tellModel } from './host.js';
import { idsIn, type JsonObject } from './json.js';
import { isAbout, merge, pendingOf, questionAbout, type Shown, tasksOf, textForModel } from './shown.js';
import { isPending } from './task.js';
import { callTool, isOwnAnswer, isOwnQuestion } from './tool-calls.js';

/** What the page knows, and how it follows a task to its outcome. */

/** Most results come sooner, and need no lookup of this page's own. */
const LOOKUP_AFTER_MS = 2000;
/** Most hosts give up on a call after this time, and some tell this page nothing then. */
const GIVE_UP_ON_HOST_MS = 60_000;

export let shown: Shown = { kind: 'nothing' };
export let follow: Follow = { state: 'waiting' };
/** The arguments of the host's own call, and when they came. */
export let input: JsonObject = {};
export let inputMs = Date.now();

/** The tasks whose outcome the model knows from the host's own result; undefined before that has come. */
let toldByHost: Set<string> | undefined;
let lastTold = '';
/** Whether the host has refused a call, which is not made again unless a person asks for it. */
let isRefused = false;
let following = new AbortController();
/** Draws everything that has changed. */
export let draw = () => {};

/** @param onChange is called whenever the page has to be redrawn */
export function watch(onChange: () => void): void {
  draw = onChange;
}

function show(news: Shown, next = follow): void {
  shown = news;
  follow = next;
  draw();
}

function restart(next: Follow): AbortSignal {
  following.abort();
  following = new AbortController();
  show(shown, next);
  return following.signal;
}

/** Takes the arguments of the host's own call, whose result comes later, perhaps never. */
export function receiveInput(args: JsonObject): void {
  const question = `${idsIn(args)}`;
  const before = `${idsIn(input)}`;
  if (isOver || !question || question === before || (before && isOwnQuestion(args))) return;
  input = args;
  inputMs = Date.now();
  // Some hosts send them after the result.
  if (!before && toldByHost) draw();
  else awaitHost();
}

/** While the host's own call runs: makes one lookup, and follows if no result comes. */
async function awaitHost(): Promise<void> {
  toldByHost = undefined;
  isRefused = false;
  shown = { kind: 'nothing' };
  const signal = restart({ state: 'waiting' });
  await new Promise((resolve) => setTimeout(resolve, LOOKUP_AFTER_MS));
  if (!can('serverTools')) return;
  const answer = await callTool(() => (signal.aborted ? undefined : questionAbout(shown, [], input)));
  isRefused ||= answer?.kind === 'refused';
  if (signal.aborted) {
    if (isRefused && follow.state === 'following') restart({ state: 'stopped' });
    return;
  }
  if (answer?.kind === 'tasks') show(answer);
  await new Promise((resolve) => setTimeout(resolve, inputMs + GIVE_UP_ON_HOST_MS - Date.now()));
  if (!signal.aborted) begin(false);
}

/** Takes in what the host passes on as a result: of its own call, or in some hosts of one of this page's. */
export function receive(result: JsonObject): void {
  const news = readAnswer(result, false);
  // With a handle, the host's own call goes on.
  if (isOver || news.kind === 'handle' || news.kind === 'refused') return;
  // An error may well be that of the host's own call, too.
  if (news.kind === 'tasks' && isOwnAnswer(result)) return;
  const isFirst = !toldByHost;
  // What else such a call can end in is for the following to judge.
  if (!isFirst && news.kind !== 'tasks' && (shown.kind === 'tasks' || follow.state === 'following')) return;
  const isOfHost = isFirst || shown.kind !== 'tasks' || news.kind !== 'tasks' || !isAbout(shown, news);
  if (isOfHost) toldByHost = new Set(tasksOf(news).flatMap((task) => (isPending(task) ? [] : task.id)));
  shown = merge(shown, news);
  if (isOfHost || follow.state !== 'following') begin(false);
  else draw();
}

/**
 * Starts to follow what is pending.
 * @param asked whether a person asked for a lookup, whatever is shown
 */
export async function begin(asked: boolean): Promise<void> {
  if (isOver) return;
  isRefused &&= !asked;
  const isOpen = asked || shown.kind === 'nothing' || pendingOf(shown).length > 0;
  if (!isOpen || !can('serverTools')) restart({ state: 'idle' });
  else if (isRefused) restart({ state: 'stopped' });
  else {
    const signal = restart({ state: 'following' });
    const end = await followTasks({
      shown: () => shown,
      input,
      asked,
      signal,
      onNews: (answer, fault) => show(answer ? merge(shown, answer) : shown, { state: 'following', fault }),
    });
    if (signal.aborted) return;
    show(shown, end);
  }
  await tell();
}

/**
 * Looks these ids up now, because a person asked for them or the addresses of their files may have expired.
 * @throws Error where there is no answer
 */
export async function lookUp(ids: string[]): Promise<void> {
  const answer = await callTool(() => questionAbout(shown, ids, input));
  if (answer?.kind !== 'tasks') throw new Error('no answer');
  show(merge(shown, answer, true));
  // Some may be pending.
  if (follow.state === 'idle') begin(false);
}

/** Gives the model the outcomes that the host's own result lacked, once that has come. */
async function tell(): Promise<void> {
  if (shown.kind !== 'tasks' || !toldByHost) return;
  const news = shown.tasks.filter((task) => !isPending(task) && !toldByHost?.has(task.id));
  const text = textForModel(shown, news);
  if (news.length === 0 || text === lastTold) return;
  lastTold = text;
  // If the host refuses it, nothing changes for the person.
  await tellModel(text).catch(() => {});
}

/** The host has cancelled its own call: nothing is asked for any more, unless by hand. */
export function cancel(): void {
  if (!isOver) restart({ state: 'cancelled' });
}

/** Stops everything. What is finished stays as it is. */
export function close(): void {
  hangUp();
  restart({ state: 'closed' });
}
