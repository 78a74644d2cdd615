import { KlingError } from './api/error.js';
import type { Finding } from './lookup.js';
import type { Task } from './task/task.js';

/** What is known about some tasks at the end of a call, by the ids as they were asked for. */
export interface Outcome {
  tasks: Map<string, Task>;
  notFound: string[];
  /** Faults of ids that were never seen, and faults that a retry cannot fix. */
  faults: Map<string, KlingError>;
  /** In how many whole seconds asking again makes sense, if the wait decides that: 1 if its time ran out. */
  pollAfterSeconds?: number | undefined;
}

/**
 * The pace follows the age of the task (its upper bound, then the interval), not the start of the wait. The vendor asks
 * for a look every 10 to 30 s; most tasks end within 5 minutes.
 */
const PACE = [
  { maxAgeMs: 5 * 60_000, intervalMs: 10_000 },
  { maxAgeMs: 15 * 60_000, intervalMs: 20_000 },
] as const;
const SLOWEST_INTERVAL_MS = 30_000;
/** The first repeated look comes sooner if the task is younger than this. */
const YOUNG_MS = 30_000;
const YOUNG_INTERVAL_MS = 5000;
/** Each fault in a row doubles the interval, starting from this one if the task has not been seen yet. */
const FIRST_FAULT_INTERVAL_MS = 5000;
/** A task whose age is unknown is treated as one of this age. */
const DEFAULT_AGE_MS = 5 * 60_000;
/** Replicas of the API lag, so that a task that is not found is looked up once more after this time. */
const RECHECK_MS = 5000;

/** What is known about one id. */
interface State {
  task?: Task;
  fault?: KlingError | undefined;
  looks: number;
  isNotFound: boolean;
  /** Whether another look could not change the outcome. */
  isClosed: boolean;
  /** How long to wait before the next look. */
  intervalMs: number;
}

/** Collects what the looks at some tasks find, and says which tasks are still open and when to look again. */
export class Follow {
  readonly #states: Map<string, State>;
  /** Whether the API has answered properly before. A bad response after that is a passing fault, such as a CDN's page. */
  #wasAnswered = false;

  /** @param recheck whether a task that is not found is looked up once more */
  constructor(
    ids: string[],
    readonly recheck: boolean,
  ) {
    this.#states = new Map(ids.map((id) => [id, newState()]));
  }

  /** How many tasks have ended, or cannot be looked up. */
  get finished(): number {
    return this.total - this.open().length;
  }

  get total(): number {
    return this.#states.size;
  }

  /** The ids whose outcome is not known yet: pending, or not seen for a reason that may pass. */
  open(): string[] {
    return [...this.#states].filter(([, { isClosed }]) => !isClosed).map(([id]) => id);
  }

  /** How many looks at this task have ended, with a result or a fault. */
  looksAt(id: string): number {
    return this.#states.get(id)?.looks ?? 0;
  }

  /** The shortest interval between looks at what is still open, in milliseconds. */
  get intervalMs(): number {
    return Math.min(SLOWEST_INTERVAL_MS, ...this.#openStates().map(({ intervalMs }) => intervalMs));
  }

  /** Whether asking again soon makes sense for an id that is open: a task pending for very long has no poll interval. */
  get isWorthPolling(): boolean {
    return this.#openStates().some(({ task }) => task?.poll_after_seconds !== undefined || !task);
  }

  /** A fault of the last look that may pass, if there was one. */
  get passingFault(): KlingError | undefined {
    return this.#openStates().find(({ fault }) => fault)?.fault;
  }

  #openStates(): State[] {
    return [...this.#states.values()].filter(({ isClosed }) => !isClosed);
  }

  /**
   * Takes in what a look has found.
   * @returns milliseconds until the next look at this task is due; undefined if its outcome is final
   */
  take(id: string, finding: Finding): number | undefined {
    const state = this.#states.get(id) ?? newState();
    state.looks++;
    if (finding.kind === 'fault') this.#takeFault(state, finding.error);
    else {
      this.#wasAnswered = true;
      state.fault = undefined;
      if (finding.kind === 'found') takeTask(state, finding.task);
      else this.#takeNotFound(state);
    }
    return state.isClosed ? undefined : state.intervalMs;
  }

  /** Stops waiting for a look, because the client is leaving. If it would have been the first one, that is a timeout. */
  giveUp(id: string, elapsedMs: number): void {
    if (this.looksAt(id) > 0) return;
    const what = `No answer within ${(elapsedMs / 1000).toFixed(1)} s, when the client closed the connection.`;
    this.take(id, { kind: 'fault', error: new KlingError('timeout', what, { hint: 'Ask again.' }) });
  }

  #takeNotFound(state: State): void {
    // A replica lags behind if a task that was seen is not found now; its last state remains valid.
    if (state.task) return;
    state.isClosed = state.isNotFound || !this.recheck;
    state.isNotFound = true;
    state.intervalMs = RECHECK_MS;
  }

  #takeFault(state: State, error: KlingError): void {
    const mayPass = error.retryable || (error.code === 'bad_response' && this.#wasAnswered && !error.divisible);
    // The last look may have had only a second, so an earlier fault says more than its timeout.
    state.fault = (error.code === 'timeout' && state.fault) || error;
    state.isClosed = !mayPass;
    const slowerMs = Math.min(SLOWEST_INTERVAL_MS, state.intervalMs * 2);
    state.intervalMs = Math.max(slowerMs, error.retryAfterMs ?? 0);
  }

  /** What is known now. */
  outcome(pollAfterSeconds?: number): Outcome {
    const outcome: Outcome = { tasks: new Map(), notFound: [], faults: new Map(), pollAfterSeconds };
    for (const [id, { task, fault, isClosed, isNotFound }] of this.#states) {
      const isFatal = fault !== undefined && isClosed;
      if (task) outcome.tasks.set(id, task);
      else if (isNotFound && !isFatal) outcome.notFound.push(id);
      if (fault && (isFatal || !(task || isNotFound))) outcome.faults.set(id, fault);
    }
    return outcome;
  }
}

const newState = (): State => ({ looks: 0, isNotFound: false, isClosed: false, intervalMs: FIRST_FAULT_INTERVAL_MS });

function takeTask(state: State, task: Task): void {
  const ageMs = task.elapsed_seconds === undefined ? DEFAULT_AGE_MS : task.elapsed_seconds * 1000;
  const isYoung = state.looks === 1 && ageMs < YOUNG_MS;
  const pace = PACE.find(({ maxAgeMs }) => ageMs < maxAgeMs);
  state.task = task;
  state.isNotFound = false;
  state.isClosed = task.status !== 'pending';
  state.intervalMs = isYoung ? YOUNG_INTERVAL_MS : (pace?.intervalMs ?? SLOWEST_INTERVAL_MS);
}
