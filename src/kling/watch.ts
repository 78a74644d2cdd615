import { KlingError, meaningOf } from './api/error.js';
import type { Scheduler, Want, Watcher } from './scheduler.js';
import type { Task } from './task/task.js';
import { SLOWEST_INTERVAL_MS, WatchedTask } from './watched-task.js';

/** What is known about some tasks at the end of a call, by the ids as they were asked for. */
export interface Outcome {
  tasks: Map<string, Task>;
  notFound: string[];
  /** Faults of ids that were never seen, and faults that a retry cannot fix. */
  faults: Map<string, KlingError>;
  /** In how many whole seconds asking again makes sense, if the wait decides that: 1 if its time ran out. */
  pollAfterSeconds?: number | undefined;
}

/** How a watch is doing. */
export type WatchState = Watch['state'];

/** What a watch is after at the moment. Times are in milliseconds of `performance.now()`. */
interface Goal {
  startMs: number;
  /** The end of a wait. A poll has none: it wants only what is due at its start. */
  deadlineMs?: number;
}

/** How long before the deadline the last lookup starts. */
const LAST_LEAD_MS = 1000;
/** There is no last lookup this soon after another one. */
const MIN_LAST_GAP_MS = 1000;
/** No regular lookup comes this soon before the last one: even the fastest pace is not faster. */
const LAST_STRETCH_MS = 5000;
/** How far the last lookup may overrun the deadline. */
const OVERTIME_MS = 500;
const NEVER = Number.POSITIVE_INFINITY;

/** One caller's interest in some tasks. It has at most one goal at a time; without any it costs nothing. */
export class Watch implements Watcher {
  readonly #tasks: readonly WatchedTask[];
  readonly #startMs = performance.now();
  #goal: Goal | undefined;
  /** Whether the caller has waited for the outcome. */
  #hasWaited = false;
  readonly #onFinish = new Set<() => void>();

  /**
   * @param ids distinct ids
   * @param options `recheckNotFound`: whether the first "not found" is followed by another lookup; `isResumed`: whether the
   *   watch began in an earlier process, so that its first lookup is a repeated one
   */
  constructor(
    readonly scheduler: Scheduler,
    readonly ids: readonly string[],
    readonly options: { recheckNotFound: boolean; isResumed?: boolean },
  ) {
    this.#tasks = ids.map((id) => new WatchedTask(id, options.recheckNotFound));
  }

  /**
   * Waits until nothing is pending any more, the time is up or stdin closes; ends at once when it is cancelled. Never rejects:
   * faults are part of the outcome. First lookups have the full time of a lookup, however short the wait.
   */
  async wait(waitMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    signal.addEventListener('abort', () => this.end(), { once: true });
    this.#hasWaited = waitMs > 0;
    const startMs = performance.now();
    await this.#pursue({ startMs, deadlineMs: startMs + waitMs });
  }

  /**
   * Looks up what is due now, at the pace of the tasks, however frequent the polls are. Ends when that has been answered, when
   * the time is up, soon after stdin has closed, or when the signal aborts; the lookup itself goes on then.
   */
  async poll(maxMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    let timer: NodeJS.Timeout | undefined;
    const interrupted = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, maxMs);
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([this.#pursue({ startMs: performance.now() }), interrupted]);
    clearTimeout(timer);
  }

  #pursue(goal: Goal): Promise<void> {
    this.#goal = goal;
    this.scheduler.add(this);
    return new Promise((resolve) => this.#onFinish.add(resolve));
  }

  /** Ends the interest in the tasks; what is known stays. */
  end(): void {
    this.finish();
    this.scheduler.update();
  }

  /** Called by the scheduler when nothing is left to be done for the goal. */
  finish(): void {
    this.#goal = undefined;
    for (const resolve of this.#onFinish) resolve();
    this.#onFinish.clear();
  }

  /** The lookups that the goal demands, now or later. */
  wants(): Want[] {
    const goal = this.#goal;
    if (!goal) return [];
    return this.#open.map((task) => this.#want(task, goal)).filter(({ dueMs }) => dueMs < NEVER);
  }

  #want(task: WatchedTask, goal: Goal): Want {
    const { startMs, deadlineMs = startMs } = goal;
    if (task.lookedUpMs === undefined && !this.options.isResumed) {
      const patientUntilMs = Math.max(deadlineMs, startMs + this.scheduler.lookups.requestTimeoutMs);
      return { task, isFirst: true, dueMs: startMs, patientUntilMs, giveUpMs: NEVER };
    }
    const giveUpMs = goal.deadlineMs === undefined ? NEVER : deadlineMs + OVERTIME_MS;
    return { task, isFirst: false, dueMs: dueAgainMs(task, goal), patientUntilMs: deadlineMs, giveUpMs };
  }

  /** The tasks whose outcome is not known yet: pending, or not seen for a reason that may pass. */
  get #open(): WatchedTask[] {
    return this.#tasks.filter(({ isClosed }) => !isClosed);
  }

  /** How the tasks are doing, as of now. */
  get state() {
    const open = this.#open;
    const { quietMs } = this.scheduler.lookups.rateLimit;
    const ages = open.flatMap(({ ageSeconds }) => ageSeconds ?? []);
    const intervalMs = Math.min(SLOWEST_INTERVAL_MS, ...open.map((task) => task.intervalMs));
    const rateLimit = quietMs > 0 ? meaningOf('too_many_requests').what : undefined;
    return {
      finished: this.#tasks.length - open.length,
      total: this.#tasks.length,
      /** Whether each id has been looked up; before that, nothing is known of it. */
      isLookedUp: this.#tasks.every(({ lookedUpMs }) => lookedUpMs !== undefined),
      /** The age of the oldest task that is pending; undefined if no age is known. */
      oldestAgeSeconds: ages.length > 0 ? Math.max(...ages) : undefined,
      /** How often polling makes sense, in whole milliseconds. */
      pollIntervalMs: Math.ceil(Math.max(intervalMs, quietMs)),
      /** What went wrong with a last lookup, if it may pass, or what keeps the next one from being made. */
      fault: open.find(({ fault }) => fault)?.fault?.message ?? rateLimit,
    };
  }

  /** What is known now. */
  outcome(): Outcome {
    const outcome: Outcome = { tasks: new Map(), notFound: [], faults: new Map(), pollAfterSeconds: this.#pollAfter() };
    // One for all, since a result groups the ids by their fault.
    let timeout: KlingError | undefined;
    for (const { id, task, fault: lastFault, isNotFound, isClosed, lookedUpMs } of this.#tasks) {
      if (lookedUpMs === undefined) timeout ??= this.#timeout();
      const fault = lookedUpMs === undefined ? timeout : lastFault;
      const isTold = fault && (isClosed || !(task || isNotFound));
      if (task) outcome.tasks.set(id, task);
      if (isTold) outcome.faults.set(id, fault);
      else if (isNotFound) outcome.notFound.push(id);
    }
    return outcome;
  }

  /** The fault of lookups that were given up. */
  #timeout(): KlingError {
    const seconds = ((performance.now() - this.#startMs) / 1000).toFixed(1);
    const what = `No answer in ${seconds} s, before the client closed the connection.`;
    return new KlingError('timeout', what, { hint: 'Ask again.' });
  }

  /** Only a wait that ran out decides when to ask again; otherwise the tasks' own advice holds. */
  #pollAfter(): number | undefined {
    const isWorthPolling = this.#open.some(({ task }) => !task || task.poll_after_seconds !== undefined);
    if (!this.#hasWaited || !isWorthPolling) return undefined;
    return Math.max(1, Math.ceil(this.scheduler.lookups.rateLimit.retryAfterMs / 1000));
  }
}

/** When a task is due again: at its pace, or for the last time before the deadline if there was no lookup shortly before. */
function dueAgainMs({ lookedUpMs, intervalMs }: WatchedTask, { startMs, deadlineMs }: Goal): number {
  if (lookedUpMs === undefined) return startMs;
  const regularMs = lookedUpMs + intervalMs;
  if (deadlineMs === undefined) return regularMs <= startMs ? regularMs : NEVER;
  const lastMs = deadlineMs - LAST_LEAD_MS;
  if (regularMs <= lastMs - LAST_STRETCH_MS) return regularMs;
  return lookedUpMs <= lastMs - MIN_LAST_GAP_MS ? lastMs : NEVER;
}
