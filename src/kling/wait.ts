import type { KlingError } from './api/error.js';
import { pause, type Stop } from './deadline.js';
import type { Task } from './task/task.js';

/** What one look at some tasks found, by the ids that it was given. */
export interface Sighting {
  tasks: Map<string, Task>;
  notFound: string[];
  /** The ids about which nothing could be learnt, each with the reason. */
  faults: Map<string, KlingError>;
}

/** One look at the given ids within the budget; rejects with nothing but CancelledError. */
export type Look = (ids: string[], budgetMs: number) => Promise<Sighting>;

export interface Progress {
  finished: number;
  total: number;
  elapsedMs: number;
}

export interface WaitOptions {
  /** How long to wait for the outcome; 0 looks once. */
  waitMs: number;
  stop: Stop;
  /** Told after each look that leaves something pending, and every 5 s in between. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** What is known at the end: faults only of ids never seen, or faults that repeating cannot mend. */
export interface Outcome extends Sighting {
  /** Whole seconds after which asking again makes sense, where the wait tells; 1 where its time ran out. */
  pollAfterSeconds: number | undefined;
}

/** The pace: the vendor asks for a second look after 5 to 10 s and later ones every 10 to 30 s. */
const FIRST_INTERVAL_MS = 5000;
const INTERVAL_MS = 10_000;
const SLOWEST_INTERVAL_MS = 30_000;
/** Under one request a second, by the vendor's wish. */
const MIN_GAP_MS = 1000;
/** The last look starts this long before the deadline … */
const LAST_LOOK_LEAD_MS = 1000;
/** … and may end this long after it: the answer is due within a second after the deadline. */
const OVERTIME_MS = 500;
const PROGRESS_INTERVAL_MS = 5000;

/** Looks until nothing is pending, the wait is over, or a fault comes that repeating cannot mend. */
class Wait {
  readonly #startMs = performance.now();
  readonly #tasks = new Map<string, Task>();
  readonly #notFound = new Set<string>();
  readonly #faults = new Map<string, KlingError>();
  #looks = 0;
  #intervalMs = FIRST_INTERVAL_MS;
  #earliestMs = 0;

  constructor(
    readonly look: Look,
    readonly ids: string[],
    readonly options: WaitOptions,
  ) {}

  async run(): Promise<Outcome> {
    const { waitMs, stop } = this.options;
    const endMs = this.#startMs + waitMs;
    const ticker = waitMs > 0 ? setInterval(() => this.#report(), PROGRESS_INTERVAL_MS) : undefined;
    let pollAfterSeconds: number | undefined;
    try {
      // The first look has the full time of a lookup, however short the wait.
      let lookMs = await this.#lookAt(this.ids, Number.POSITIVE_INFINITY);
      for (let last = false; this.#open().length > 0 && !this.#isHopeless() && !stop.closing.aborted; ) {
        const afterGapMs = Math.min(lookMs + MIN_GAP_MS, endMs);
        const lastMs = Math.max(endMs - LAST_LOOK_LEAD_MS, afterGapMs, this.#earliestMs);
        if (last || lastMs > endMs || performance.now() >= endMs) {
          if (waitMs > 0) pollAfterSeconds = Math.max(1, Math.ceil((this.#earliestMs - performance.now()) / 1000));
          break;
        }
        this.#report();
        const regularMs = Math.max(lookMs + this.#intervalMs, this.#earliestMs);
        last = regularMs + 2 * MIN_GAP_MS > lastMs;
        await pause((last ? lastMs : regularMs) - performance.now(), stop);
        if (stop.closing.aborted) break;
        lookMs = await this.#lookAt(this.#open(), endMs + OVERTIME_MS - performance.now());
      }
    } finally {
      clearInterval(ticker);
    }
    return this.#outcome(pollAfterSeconds);
  }

  /** The ids whose outcome is not known: pending, or not seen for a fault that may pass. */
  #open(): string[] {
    return this.ids.filter((id) => {
      const task = this.#tasks.get(id);
      return task ? task.status === 'pending' : !this.#notFound.has(id);
    });
  }

  /**
   * Whether a fault makes further looks pointless: repeating does not mend a 401. An answer that is none of the API's is
   * taken for a passing fault of what stands before it, once the API was seen.
   */
  #isHopeless(): boolean {
    const passing = (fault: KlingError) => fault.retryable || (fault.code === 'bad_response' && this.#tasks.size > 0);
    return ![...this.#faults.values()].every(passing);
  }

  async #lookAt(ids: string[], budgetMs: number): Promise<number> {
    const startMs = performance.now();
    this.#looks++;
    const { tasks, notFound, faults } = await this.look(ids, budgetMs);
    for (const [id, task] of tasks) this.#tasks.set(id, task);
    // A task that was seen and now is not: a replica that lags. Its last state stands.
    for (const id of notFound) if (!this.#tasks.has(id)) this.#notFound.add(id);
    const earlier = new Map(this.#faults);
    this.#faults.clear();
    // The last look may have had no more than a second: what an earlier one met tells more than that it timed out.
    for (const [id, fault] of faults) this.#faults.set(id, (fault.code === 'timeout' && earlier.get(id)) || fault);
    this.#adaptPace();
    return startMs;
  }

  /** A fault slows the pace, and what the API asks for is kept. */
  #adaptPace(): void {
    const faults = [...this.#faults.values()];
    if (faults.length > 0) this.#intervalMs = Math.min(SLOWEST_INTERVAL_MS, this.#intervalMs * 2);
    else this.#intervalMs = this.#looks === 1 ? FIRST_INTERVAL_MS : INTERVAL_MS;
    this.#earliestMs = performance.now() + Math.max(0, ...faults.map(({ retryAfterMs }) => retryAfterMs ?? 0));
  }

  #report(): void {
    const total = this.ids.length;
    const elapsedMs = performance.now() - this.#startMs;
    this.options.onProgress?.({ finished: total - this.#open().length, total, elapsedMs });
  }

  #outcome(pollAfterSeconds: number | undefined): Outcome {
    const told = [...this.#faults].filter(([id, fault]) => !this.#tasks.has(id) || !fault.retryable);
    return { tasks: this.#tasks, notFound: [...this.#notFound], faults: new Map(told), pollAfterSeconds };
  }
}

/**
 * Looks at the tasks, and again and again while one is pending and time is left. The first look at once, the next after
 * 5 s, then one every 10 s, and a last one a second before the deadline. A task once seen keeps its last state.
 * @throws CancelledError
 */
export function waitForTasks(look: Look, ids: string[], options: WaitOptions): Promise<Outcome> {
  return new Wait(look, ids, options).run();
}
