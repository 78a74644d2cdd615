import { type JsonObject, objectOf } from './json.js';
import { finalFaultOf, isOpen, pendingOf, questionAbout, type Shown } from './shown.js';
import { type Answer, type Fault, isOld, type Task } from './task.js';
import { callTool, idle } from './tool-calls.js';

/** How the following of a pending task goes, or why it stopped before there was an outcome. */
export type Follow =
  /** The fault is that of the last lookup, which is repeated. */
  | ({ state: 'following' } & Partial<Fault>)
  | { state: 'closed' }
  /** The host does not let views call tools; it passed on what is shown at the time `asOfMs`. */
  | { state: 'cannot'; asOfMs?: number }
  /** It has been running for so long that it is unlikely to end well. */
  | { state: 'overdue' }
  | ({ state: 'stopped' } & Fault);

export interface Following {
  /** What is known now. */
  shown(): Shown;
  /** The arguments of the host's own call. */
  input: JsonObject;
  /** Makes the first lookup whatever is known of the task, because a person asked for it. */
  asked: boolean;
  signal: AbortSignal;
  /** Takes an answer, or the fault of a lookup that will be repeated. */
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

/** JSON-RPC errors that mean that the call can never succeed: invalid request, unknown method, invalid params. */
const FINAL_RPC_CODES: unknown[] = [-32600, -32601, -32602];

/**
 * Keeps asking through the host, until nothing is pending, the tasks are overdue, faults do not pass, or the signal
 * aborts.
 * @returns why it stopped; undefined where there is an outcome, or it was called off
 */
export async function follow(following: Following): Promise<Follow | undefined> {
  const { shown, signal, input, onAnswer } = following;
  let { asked } = following;
  const beginMs = Date.now();
  const isDue = ({ startMs = beginMs }: Task) => Date.now() - startMs < OVERDUE_MS;
  /** Whether nobody has looked since it became overdue, or since this began. */
  const isUnsure = ({ startMs = beginMs, asOfMs = 0 }: Task) =>
    asked || asOfMs < Math.max(beginMs, startMs + OVERDUE_MS);
  /** The tasks whose lookup may succeed. */
  const promising = () => pendingOf(shown()).filter((task) => asked || !finalFaultOf(shown(), task));
  let looksFirst = asked || lacksRequest(shown());
  // A host that got a handle for a wait keeps it, and this page cannot poll it: it asks without waiting from then on.
  let polls = shown().kind === 'handle';
  let longestWaitSeconds = WAIT_SECONDS;
  let faults = 0;

  while (looksFirst || isOpen(shown())) {
    // Time passes while nobody can see the page, or another call is open.
    await idle();
    if (signal.aborted) break;
    const pending = promising();
    const [open] = pendingOf(shown());
    const fault = open && pending.length === 0 && finalFaultOf(shown(), open);
    if (fault) return { ...fault, state: 'stopped' };
    looksFirst ||= pending.some((task) => isOld(task) && isUnsure(task));
    const due = pending.filter(looksFirst ? isUnsure : isDue);
    if (pending.length > 0 ? due.length === 0 : Date.now() - beginMs > OVERDUE_MS) return { state: 'overdue' };
    const question = questionAbout(shown(), due, input);
    if (!question) return { state: 'stopped', message: 'It is not known which task this is about.', passes: false };

    const waitSeconds = looksFirst || polls ? 0 : Math.min(longestWaitSeconds, waitFor(due, beginMs));
    const callMs = Date.now();
    const answer = await ask(question[0], { ...question[1], wait_seconds: waitSeconds }, signal);
    if (signal.aborted) break;
    let pauseMs: number;
    if (answer.kind === 'error') {
      const retryMs = RETRY_PAUSES_MS[faults++];
      // A person who asked by hand can ask again.
      if (!answer.passes || asked || retryMs === undefined) return { ...answer, state: 'stopped' };
      pauseMs = retryMs;
      // The host's own limit may be shorter than the wait was.
      if (waitSeconds > 0) longestWaitSeconds = Math.max(SHORTEST_WAIT_SECONDS, Math.floor(waitSeconds / 2));
      onAnswer(answer);
    } else {
      faults = 0;
      looksFirst = asked = false;
      polls ||= answer.kind === 'handle';
      onAnswer(answer);
      // Why it ends is said at once, not after the pause.
      if (shown().kind === 'tasks' && promising().length === 0) continue;
      const pollSeconds = (answer.kind === 'tasks' && answer.pollAfterSeconds) || DEFAULT_POLL_SECONDS;
      pauseMs = Math.max(Math.min(pollSeconds, MAX_POLL_SECONDS) * 1000, callMs + LEAST_INTERVAL_MS - Date.now());
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return undefined;
}

/** An answer that can be read, or the fault that there was instead. */
async function ask(tool: string, args: JsonObject, signal: AbortSignal): Promise<Answer> {
  try {
    const answer = await callTool(tool, args, signal);
    if (answer.kind !== 'unreadable') return answer;
    return { kind: 'error', message: 'The answer could not be read.', passes: true };
  } catch (error) {
    const { message, cause } = objectOf(error);
    return {
      kind: 'error',
      message: `The host did not look it up: ${message}`,
      passes: !FINAL_RPC_CODES.includes(cause),
    };
  }
}

/** A lookup without waiting brings what was asked for. */
const lacksRequest = (shown: Shown): boolean => shown.kind === 'tasks' && !shown.isBatch && !shown.tasks[0]?.request;

/** How long to wait for these tasks, in seconds: not beyond the time at which they are overdue. */
function waitFor(tasks: Task[], beginMs: number): number {
  const youngestMs = Math.max(...tasks.map(({ startMs = beginMs }) => startMs));
  const leftSeconds = Math.ceil((youngestMs + OVERDUE_MS - Date.now()) / 1000);
  return Math.min(tasks.length > 1 ? BATCH_WAIT_SECONDS : WAIT_SECONDS, Math.max(SHORTEST_WAIT_SECONDS, leftSeconds));
}
