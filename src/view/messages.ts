import { GIVE_UP_AFTER_S } from '../limits.js';
import { countOf, idsOfAll, type Tasks } from './answer.js';
import type { IconName } from './dom.js';
import { adviceOn, firstSentenceOf } from './faults.js';
import type { Follow } from './follow.js';
import { formatNumber } from './formats.js';
import { isOverdue, pendingOf, type Shown } from './shown.js';
import { isOld, type Task } from './task.js';
import { capitalize, type Facts, nounOf, promptOf, remedyOf, settingsOf } from './words.js';

/** What the page says where there is no video to play, as plain data: all of its sentences. */

export interface Message {
  state:
    | 'nothing'
    | 'waiting'
    | 'pending'
    | 'stopped'
    | 'overdue'
    | 'cancelled'
    | 'closed'
    | 'error'
    | 'failed'
    | 'batch';
  mark?: 'spinner' | IconName | undefined;
  /** Small, above the heading. */
  above?: string;
  heading: string;
  /** Since when the clock runs, in milliseconds since 1970. */
  clockMs?: number | undefined;
  facts?: Facts;
  /** What to do. */
  text?: string | undefined;
  prompt?: string | undefined;
  /** Small. */
  note?: string | undefined;
  /** Whether to offer another lookup, where the host lets views call tools. */
  looksAgain?: boolean;
  /** The task whose details support may ask for. */
  detailsOf?: Task;
}

export interface Situation {
  follow: Follow;
  /** Whether the host lets views call tools. */
  canCall: boolean;
  nowMs: number;
}

const USUAL_MS = 5 * 60_000;
/** In a conversation that is opened again, an old result may never come: a clock would mislead. */
const LONGEST_CALL_MS = 2 * 60_000;
const MOMENT_MS = 10_000;

const ASK = 'Ask again for news.';
const USUAL = 'Usually 1 to 5 minutes.';
export const NOT_NOW = 'Could not check just now.';
const RETRYING = `${NOT_NOW} Trying again soon.`;

const say = (state: Message['state'], heading: string, note?: string, rest?: Partial<Message>): Message => ({
  state,
  mark: 'stopped',
  heading,
  note,
  ...rest,
});

const CLOSED = say('closed', 'View closed', ASK);

/** What is said of pending tasks together, in a card of their own or above a batch. */
export function newsOf(tasks: Task[], { follow, nowMs }: Situation): Message {
  const [first] = tasks;
  const isOne = tasks.length === 1;
  const noun = isOne && first ? nounOf(first) : 'videos';
  const making = `Making your ${noun}`;
  const wasMade = `${capitalize(noun)} was still being made`;
  const running = tasks.filter((task) => !isOverdue(task));
  const ageOf = ({ startMs = nowMs }: Task) => nowMs - startMs;
  const clock = { clockMs: first?.startMs };
  const isFollowing = follow.state === 'following';

  if (follow.state === 'closed') return CLOSED;
  if (follow.state === 'cancelled') {
    const note = `The wait was cancelled. Your ${noun} ${isOne ? 'is' : 'are'} still being made.`;
    return say('cancelled', 'Stopped waiting', note, { looksAgain: true });
  }
  if (running.length === 0) {
    const note = `${isOne ? 'It' : 'They'} may never finish.`;
    const rest = isFollowing ? ({ mark: 'spinner' } as const) : { looksAgain: true };
    return say('overdue', 'Still not finished', note, { ...clock, ...rest });
  }
  if (follow.state === 'stopped') {
    const { heading = '', text = '' } = follow.fault ? adviceOn(follow.fault) : {};
    const note = ['Could not check any more.', heading && `${heading}.`, text].join(' ').trim();
    return say('stopped', wasMade, note, { looksAgain: true });
  }
  if (follow.state === 'idle' && running.some(isOld)) {
    // It may have ended long ago.
    if (running.some((task) => ageOf(task) > GIVE_UP_AFTER_S * 1000)) return say('stopped', wasMade, ASK);
    return say('pending', making, ASK, clock);
  }
  const usual = running.every((task) => ageOf(task) > USUAL_MS) ? 'Taking longer than usual.' : USUAL;
  const next = follow.state === 'idle' ? ASK : 'Updates by itself.';
  const note = isFollowing && follow.fault ? RETRYING : `${usual} ${next}`;
  return say('pending', making, note, { ...clock, mark: 'spinner' });
}

export function pendingMessage(task: Task, situation: Situation): Message {
  const news = { ...newsOf([task], situation), facts: settingsOf(task), prompt: promptOf(task) };
  if (news.state !== 'overdue') return news;
  const note = `${news.note} Make it again, or send these details to AceDataCloud support.`;
  return { ...news, note, detailsOf: task };
}

/** A longer reason, or one that is not for people, would make a bad heading. */
const MAX_HEADING = 120;

const NO_REASON = 'No reason was given.';

/** Why a task failed; for some, the server says in its own words that nobody told. */
export function reasonOf({ error }: Task): string {
  return error?.message && !/without a reason/.test(error.message) ? error.message : NO_REASON;
}

export function failedMessage(task: Task): Message {
  const failed = `${capitalize(nounOf(task))} failed`;
  const reason = reasonOf(task);
  const rest = { mark: 'alert', text: remedyOf(task), prompt: promptOf(task), detailsOf: task } as const;
  if (reason === NO_REASON) return say('failed', failed, undefined, { ...rest, text: reason });
  const isHeading = reason.length <= MAX_HEADING && !/[{[]/.test(reason);
  return isHeading ? say('failed', reason, undefined, { ...rest, above: failed }) : say('failed', failed, reason, rest);
}

/**
 * What is said while nothing is known of any task.
 * @param ids those in the arguments of the host's call
 * @param sinceMs when they came, or else when the page was opened
 */
export function emptyMessage(shown: Shown, situation: Situation, ids: string[], sinceMs: number): Message {
  const { follow, canCall, nowMs } = situation;
  const waitedMs = nowMs - sinceMs;
  const yours = ids.length > 1 ? `your ${formatNumber(ids.length)} videos` : 'your video';
  const isFollowing = follow.state === 'following';
  const looksAgain = ids.length > 0 && !isFollowing;

  if (follow.state === 'closed') return CLOSED;
  if (follow.state === 'cancelled') {
    const note = `The lookup was cancelled. Ask again to see ${yours}.`;
    return say('cancelled', 'Stopped waiting', note, { looksAgain });
  }
  const fault = follow.state === 'stopped' ? follow.fault : shown.kind === 'error' && shown.fault;
  const mark = isFollowing ? 'spinner' : 'alert';
  if (fault) {
    const advice = adviceOn(fault);
    const note = firstSentenceOf(fault);
    return say('error', advice.heading, note, { ...advice, mark, looksAgain: looksAgain && advice.looksAgain });
  }
  if (shown.kind === 'unreadable') {
    return say('error', 'Nothing to show', 'This app passed on no result. Ask again.', { mark, looksAgain });
  }
  if (ids.length === 0) {
    if (waitedMs < MOMENT_MS) return say('nothing', 'One moment', undefined, { mark: 'spinner' });
    return say('nothing', 'Nothing here yet', 'Ask about your video again to see it here.');
  }
  const isOpen = isFollowing || follow.state === 'waiting';
  if (!isOpen || (!canCall && waitedMs >= LONGEST_CALL_MS)) {
    return say('waiting', 'No answer yet', `Ask again to see ${yours}.`, { looksAgain });
  }
  const note = isFollowing && follow.fault ? RETRYING : USUAL;
  return say('waiting', `Waiting for ${yours}`, note, { mark: 'spinner', clockMs: sinceMs });
}

/** What stands above the tasks of a batch. */
export function batchMessage(batch: Tasks, situation: Situation): Message {
  const { tasks, notFound, hidden, hiddenReady } = batch;
  const ready = countOf(tasks, 'completed') + hiddenReady;
  const seen = idsOfAll(batch).length;
  const fact = (count: number, what: string) => count > 0 && `${formatNumber(count)} ${what}`;
  const open = pendingOf(batch);
  const { state, heading, note, looksAgain = false } = newsOf(open, situation);
  return say(
    'batch',
    `${formatNumber(ready)} of ${formatNumber(seen + hidden.length)} ready`,
    open.length === 0 ? undefined : state === 'closed' ? `${heading}. ${note}` : note,
    {
      facts: [
        fact(open.length, 'being made'),
        fact(countOf(tasks, 'failed'), 'failed'),
        fact(notFound.length, 'not found'),
        fact(seen - tasks.length - notFound.length, 'not checked'),
      ],
      mark: undefined,
      looksAgain: looksAgain && open.length > 0,
    },
  );
}
