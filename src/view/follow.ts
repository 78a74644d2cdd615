import { DEFAULT_MAX_WAIT_S, GIVE_UP_AFTER_S, POLL_INTERVAL_S } from '../limits.js';
import type { Tasks } from './answer.js';
import { adviceOn, type Fault } from './faults.js';
import type { JsonObject } from './json.js';
import { pendingOf, questionAbout, type Shown } from './shown.js';
import type { Task } from './task.js';
import { callTool } from './tool-calls.js';

/** How this page follows what is pending, or why it does not. */
export type Follow =
  /** The host's own call runs. */
  | { state: 'waiting' }
  /** The fault is that of the last lookup, which is repeated. */
  | { state: 'following'; fault?: Fault | undefined }
  /** There is nothing to follow any more, or the host does not let views call tools. */
  | { state: 'idle' }
  /** Before there was an outcome. Without a fault, the host has refused. */
  | { state: 'stopped'; fault?: Fault }
  /** The host has cancelled its own call. */
  | { state: 'cancelled' }
  | { state: 'closed' };

export interface Following {
  /** What is known now. */
  shown(): Shown;
  /** The arguments of the host's own call. */
  input: JsonObject;
  /** Makes the first lookup whatever is known of the tasks, because a person asked for it. */
  asked: boolean;
  signal: AbortSignal;
  /** Takes an answer, or the fault of a lookup that will be repeated. */
  onNews(answer: Tasks | undefined, fault?: Fault): void;
}

/** A wait for several tasks returns when the last one ends, and the others should be shown sooner. */
const BATCH_WAIT_S = 20;
/** The minimum time between the starts of two calls, in case a host or server answers a wait at once; also of a wait. */
const LEAST_S = 5;
/** The faults in a row after which it ends, each with twice the pause of the one before. */
const MAX_FAULTS = 6;

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Keeps asking through the host until nothing is pending, the tasks are overdue, faults do not pass, or the signal aborts. */
export async function follow({ shown, input, signal, onNews, ...given }: Following): Promise<Follow> {
  let { asked } = given;
  const startMs = Date.now();
  const followedSeconds = () => (Date.now() - startMs) / 1000;
  const isDue = ({ elapsedSeconds = followedSeconds() }: Task) => asked || elapsedSeconds < GIVE_UP_AFTER_S;
  // A lookup without waiting also brings the request, and those of a batch that have ended meanwhile.
  let waits = !asked && !lacksRequest(shown());
  let mayWait = true;
  let faults = 0;

  for (;;) {
    let callMs = 0;
    let waitSeconds = 0;
    const answer = await callTool(() => {
      // Time has passed if nobody could see the page, or another call was open.
      callMs = Date.now();
      const due = pendingOf(shown()).filter(isDue);
      const isAnyDue = shown().kind === 'tasks' ? due.length > 0 : followedSeconds() < GIVE_UP_AFTER_S;
      if (signal.aborted || !isAnyDue) return undefined;
      waitSeconds = waits && mayWait ? waitFor(due) : 0;
      const ids = due.map(({ id }) => id);
      return questionAbout(shown(), ids, input, waitSeconds);
    });
    if (signal.aborted || !answer) return { state: 'idle' };
    switch (answer.kind) {
      case 'refused':
      case 'handle':
        // A person who declines is not asked again and again.
        if (waitSeconds === 0) return { state: 'stopped' };
        // A handle belongs to the host: this page cannot poll it.
        mayWait = false;
        if (answer.kind === 'refused') await pause(POLL_INTERVAL_S);
        break;
      case 'error':
      case 'unreadable': {
        const fault = answer.kind === 'error' ? answer.fault : { code: '', message: '' };
        // A person who asked by hand can ask again.
        if (asked || !adviceOn(fault).looksAgain || ++faults === MAX_FAULTS) return { state: 'stopped', fault };
        onNews(undefined, fault);
        await pause(LEAST_S * 2 ** (faults - 1));
        break;
      }
      case 'tasks': {
        waits = true;
        asked = false;
        faults = 0;
        onNews(answer);
        // Why it ends is told at once, not after the pause.
        if (!pendingOf(shown()).some(isDue)) break;
        const { pollAfterSeconds = POLL_INTERVAL_S } = answer;
        await pause(Math.max(pollAfterSeconds, LEAST_S - (Date.now() - callMs) / 1000));
      }
    }
  }
}

const lacksRequest = (shown: Shown) => shown.kind === 'tasks' && (shown.isBatch || !shown.tasks[0]?.request);

/** How long to wait for these tasks, in seconds: not beyond the time at which all of them are overdue. */
function waitFor(tasks: Task[]): number {
  const nowMs = Date.now();
  const youngestMs = Math.max(...tasks.map(({ startMs = nowMs }) => startMs));
  const leftSeconds = Math.ceil(GIVE_UP_AFTER_S - (nowMs - youngestMs) / 1000);
  if (leftSeconds <= 0) return 0;
  return Math.min(tasks.length > 1 ? BATCH_WAIT_S : DEFAULT_MAX_WAIT_S, Math.max(LEAST_S, leftSeconds));
}
