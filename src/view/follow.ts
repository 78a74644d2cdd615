import { HostError } from './connection.js';
import type { JsonObject } from './json.js';
import { isOpen, pendingOf, questionAbout, type Shown } from './shown.js';
import { type Answer, isOld, type Task } from './task.js';
import { seen } from './tool-calls.js';

/** How the following of a pending task can stop before there is an outcome. */
export type Follow =
  | { state: 'following' | 'closed' }
  /** The host does not let views call tools. */
  | { state: 'cannot' }
  /** It has been running for so long that it is unlikely to end well. */
  | { state: 'overdue' }
  | { state: 'stopped'; code?: string | undefined; message: string };

export interface Following {
  /** What is known now. */
  shown(): Shown;
  /** The arguments of the host's own call. */
  input: JsonObject;
  /** Makes the first lookup whatever the age of the task, because a person asked for it. */
  asked: boolean;
  signal: AbortSignal;
  call(tool: string, args: JsonObject): Promise<Answer>;
  onAnswer(answer: Answer): void;
}

/** The vendor's own tools give up on a task after this time. */
const OVERDUE_MS = 30 * 60_000;
/** Most hosts give up on a call after 60 s. For the server, more than its maximum counts as the maximum. */
const WAIT_SECONDS = 50;
/** A wait for several tasks returns when the last one ends, and the others should be shown sooner. */
const BATCH_WAIT_SECONDS = 20;
const SHORTEST_WAIT_SECONDS = 5;
const DEFAULT_POLL_SECONDS = 10;
const MAX_POLL_SECONDS = 60;
/** The minimum time between the starts of two calls, in case a host or server answers a wait at once. */
const LEAST_INTERVAL_MS = 5000;
/** The pauses after consecutive passing faults; one more fault ends the following. */
const RETRY_PAUSES_MS = [5000, 10_000, 20_000, 40_000, 60_000];

/** Faults of the lookup that may pass, by the server's codes. */
const PASSING = /^(too_many_requests|api_error|network_error|timeout|bad_response)$/;
/** JSON-RPC errors that mean that the call can never succeed: invalid request, unknown method, invalid params. */
const FINAL_RPC_CODES = [-32600, -32601, -32602];

export const isPassing = (code: string | undefined): boolean => PASSING.test(code ?? '');

/**
 * Keeps asking through the host, until nothing is pending, the tasks are overdue, faults do not pass, or the signal
 * aborts.
 * @returns how it ended; undefined where there is an outcome
 */
export async function follow(following: Following): Promise<Follow | undefined> {
  const { shown, signal, onAnswer } = following;
  const beginMs = Date.now();
  const isDue = ({ startMs = beginMs }: Task) => Date.now() - startMs < OVERDUE_MS;
  let looksFirst = following.asked || lacksRequest(shown());
  // A host that got a handle for a wait keeps it, and this page cannot poll it: it asks without waiting from then on.
  let polls = shown().kind === 'handle';
  let longestWaitSeconds = WAIT_SECONDS;
  let faults = 0;

  while (looksFirst || isOpen(shown())) {
    // Time passes while nobody can see the page.
    await seen(signal);
    if (signal.aborted) break;
    looksFirst ||= isStale(shown());
    const pending = pendingOf(shown());
    const due = looksFirst ? pending : pending.filter(isDue);
    if (pending.length > 0 ? due.length === 0 : Date.now() - beginMs > OVERDUE_MS) return { state: 'overdue' };
    const question = questionAbout(shown(), due, following.input);
    if (!question) return { state: 'stopped', message: 'It is not known which task this is about.' };

    const waitSeconds = looksFirst || polls ? 0 : Math.min(longestWaitSeconds, waitFor(due, beginMs));
    const callMs = Date.now();
    const answer = await ask(following, question[0], { ...question[1], wait_seconds: waitSeconds });
    if (signal.aborted) break;
    let pauseMs: number;
    if (answer.kind === 'fault') {
      const retryMs = RETRY_PAUSES_MS[faults++];
      // A person who asked by hand can ask again.
      const givesUp = !answer.passing || (following.asked && looksFirst);
      if (givesUp || retryMs === undefined) return { state: 'stopped', code: answer.code, message: answer.message };
      pauseMs = retryMs;
      // The host's own limit may be shorter than the wait was.
      if (waitSeconds > 0) longestWaitSeconds = Math.max(SHORTEST_WAIT_SECONDS, Math.floor(waitSeconds / 2));
    } else {
      faults = 0;
      looksFirst = false;
      polls ||= answer.kind === 'handle';
      onAnswer(answer);
      if (!isOpen(shown())) return undefined;
      const pollSeconds = (answer.kind === 'tasks' && answer.pollAfterSeconds) || DEFAULT_POLL_SECONDS;
      pauseMs = Math.max(Math.min(pollSeconds, MAX_POLL_SECONDS) * 1000, callMs + LEAST_INTERVAL_MS - Date.now());
    }
    await pause(pauseMs, signal);
    if (signal.aborted) break;
  }
  return signal.aborted ? { state: 'closed' } : undefined;
}

/** An answer, or the reason why there is none. */
type Outcome = Answer | { kind: 'fault'; code?: string | undefined; message: string; passing: boolean };

async function ask({ call }: Following, tool: string, args: JsonObject): Promise<Outcome> {
  try {
    const answer = await call(tool, args);
    if (answer.kind === 'unreadable') return { kind: 'fault', message: 'The answer could not be read.', passing: true };
    return answer.kind === 'error' ? { ...answer, kind: 'fault', passing: isPassing(answer.code) } : answer;
  } catch (error) {
    const { code = 0, message } = error instanceof HostError ? error : new HostError(String(error));
    return {
      kind: 'fault',
      message: `The host did not look it up: ${message}`,
      passing: !FINAL_RPC_CODES.includes(code),
    };
  }
}

/** Whether it has to be looked up before any wait, because it may be old. */
const isStale = (shown: Shown): boolean => pendingOf(shown).some(isOld);

/** A lookup without waiting brings what was asked for. */
const lacksRequest = (shown: Shown): boolean => shown.kind === 'tasks' && !shown.isBatch && !shown.tasks[0]?.request;

/** How long to wait for these tasks, in seconds: not beyond the time at which they are overdue. */
function waitFor(tasks: Task[], beginMs: number): number {
  const youngestMs = Math.max(...tasks.map(({ startMs = beginMs }) => startMs));
  const leftSeconds = Math.ceil((youngestMs + OVERDUE_MS - Date.now()) / 1000);
  return Math.min(tasks.length > 1 ? BATCH_WAIT_SECONDS : WAIT_SECONDS, Math.max(SHORTEST_WAIT_SECONDS, leftSeconds));
}

/** Resolves after the time, or as soon as the signal aborts. */
function pause(timeMs: number, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    setTimeout(resolve, timeMs);
    signal.addEventListener('abort', resolve);
  });
}
