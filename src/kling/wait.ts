import { Follow, type Outcome } from './follow.js';
import type { Look, Looker } from './looker.js';
import type { Finding } from './lookup.js';
import { CancelledError, CLOSING_GRACE_MS, onStop, type Stop } from './stop.js';

export interface Progress {
  finished: number;
  total: number;
  elapsedMs: number;
}

export interface WaitOptions {
  /** How long to wait for the outcome; 0 looks once. */
  waitMs: number;
  stop: Stop;
  /** Called at the start of a wait and then every 4 s or so. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** A wait of at least this length looks once more for an id that was not found. */
const MIN_RECHECK_WAIT_MS = 5000;
/** The last look starts this long before the deadline, or a quarter of a short wait. */
const LAST_LOOK_LEAD_MS = 1000;
/** A regular look that would be due so little before the last one is skipped. */
const LAST_LOOK_MERGE_MS = 2000;
/** How far the last look may overrun the deadline; the call must answer within a second of it. */
const OVERTIME_MS = 500;
const TIMER_SLACK_MS = 50;
/** A little over 4 s: looks happen at whole seconds, and progress must not coincide with the result. */
export const PROGRESS_INTERVAL_MS = 4100;

/** Looks until nothing is pending or the time is up. */
class Wait {
  readonly #startMs = performance.now();
  readonly #endMs: number;
  readonly #lastLookLeadMs: number;
  readonly #follow: Follow;
  /** The looks that are in flight or scheduled, by id. */
  readonly #looks = new Map<string, Look>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #resolve: (outcome: Outcome) => void = () => {};
  #reject: (error: Error) => void = () => {};
  #endListening = () => {};

  constructor(
    readonly looker: Looker,
    readonly ids: string[],
    readonly options: WaitOptions,
  ) {
    const { waitMs } = options;
    this.#endMs = this.#startMs + waitMs;
    this.#lastLookLeadMs = Math.min(LAST_LOOK_LEAD_MS, waitMs / 4);
    this.#follow = new Follow(ids, waitMs >= MIN_RECHECK_WAIT_MS);
  }

  run(): Promise<Outcome> {
    const { waitMs, stop, onProgress } = this.options;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      if (stop.cancelled.aborted) return reject(new CancelledError());
      for (const id of this.ids) this.#start(id);
      this.#endListening = onStop(stop, this.#cancel, this.#close);
      if (waitMs > 0) this.#timers.add(setTimeout(this.#expire, waitMs + OVERTIME_MS));
      if (waitMs > 0 && onProgress) {
        this.#report();
        this.#timers.add(setInterval(() => this.#report(), PROGRESS_INTERVAL_MS));
      }
    });
  }

  #start(id: string): void {
    const { waitMs } = this.options;
    const recent = waitMs > 0 ? this.looker.recall(id) : undefined;
    if (!recent) {
      const patienceMs = Math.max(this.looker.client.requestTimeoutMs, waitMs);
      this.#looks.set(
        id,
        this.looker.look(id, patienceMs, (finding) => this.#take(id, finding)),
      );
      return;
    }
    const intervalMs = this.#follow.take(id, { kind: 'found', task: recent.task, isLarge: false }) ?? 0;
    this.#lookAgain(id, Math.min(recent.atMs + intervalMs, this.#lastLookMs(this.#startMs)));
  }

  #take(id: string, finding: Finding): void {
    this.#looks.delete(id);
    const intervalMs = this.#follow.take(id, finding);
    if (intervalMs !== undefined && !this.options.stop.closing.aborted) {
      const dueMs = this.#nextDueMs(id, intervalMs);
      if (dueMs !== undefined) this.#lookAgain(id, dueMs);
      else if (finding.kind === 'found') this.looker.remember(finding.task);
    }
    const noLookCanCome = performance.now() + this.looker.client.quietMs >= this.#endMs;
    if (noLookCanCome) this.#giveUp((other, look) => this.#follow.looksAt(other) > 0 && !look.sent);
    else if (this.#looks.size === 0) this.#finish();
  }

  #lookAgain(id: string, dueMs: number): void {
    const listener = (finding: Finding) => this.#take(id, finding);
    this.#looks.set(id, this.looker.lookAgain(id, dueMs, listener));
  }

  /** When to look at the task again; undefined if the last look is over or another one would come too late. */
  #nextDueMs(id: string, intervalMs: number): number | undefined {
    const nowMs = performance.now();
    const wasLast = this.#follow.looksAt(id) > 1 && nowMs >= this.#endMs - this.#lastLookLeadMs - TIMER_SLACK_MS;
    const earliestMs = nowMs + this.looker.client.quietMs;
    if (wasLast || earliestMs >= this.#endMs) return undefined;
    const lastMs = Math.max(this.#lastLookMs(nowMs), earliestMs);
    const regularMs = Math.max(nowMs + intervalMs, earliestMs);
    return regularMs + LAST_LOOK_MERGE_MS > lastMs ? lastMs : regularMs;
  }

  /** When the last look is due: shortly before the deadline, also in a very short wait. */
  #lastLookMs(nowMs: number): number {
    return Math.max(this.#endMs - this.#lastLookLeadMs, Math.min(nowMs + LAST_LOOK_LEAD_MS, this.#endMs));
  }

  /** At the deadline repeated looks are given up. First looks keep the full time of a lookup, however short the wait. */
  readonly #expire = () => this.#giveUp((id) => this.#follow.looksAt(id) > 0);

  /** Stdin has closed: looks that were not sent are given up, and those in flight get a little more time. */
  readonly #close = () => {
    this.#giveUp((id, look) => this.#follow.looksAt(id) > 0 && !look.sent);
    if (this.#looks.size > 0) this.#timers.add(setTimeout(() => this.#giveUp(() => true), CLOSING_GRACE_MS));
  };

  #giveUp(isMeant: (id: string, look: Look) => boolean): void {
    for (const [id, look] of this.#looks) {
      if (!isMeant(id, look)) continue;
      look.leave();
      this.#looks.delete(id);
      this.#follow.giveUp(id, performance.now() - this.#startMs);
    }
    if (this.#looks.size === 0) this.#finish();
  }

  readonly #cancel = () => {
    for (const look of this.#looks.values()) look.leave();
    this.#dispose();
    this.#reject(new CancelledError());
  };

  #report(): void {
    const { finished, total } = this.#follow;
    const elapsedMs = performance.now() - this.#startMs;
    // After the last look has started, the result itself is about to come.
    if (elapsedMs < Math.max(1, this.options.waitMs - LAST_LOOK_LEAD_MS))
      this.options.onProgress?.({ finished, total, elapsedMs });
  }

  #finish(): void {
    this.#dispose();
    const ranOut = this.options.waitMs > 0 && this.#follow.isWorthPolling;
    const pollAfterSeconds = ranOut ? Math.max(1, Math.ceil(this.looker.client.retryAfterMs / 1000)) : undefined;
    this.#resolve(this.#follow.outcome(pollAfterSeconds));
  }

  #dispose(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#endListening();
  }
}

/**
 * Looks at the tasks (distinct ids), repeatedly while one is pending and time is left; see {@link Follow} for the pace. A
 * task that was seen keeps its last state.
 * @throws CancelledError
 */
export function waitForTasks(looker: Looker, ids: string[], options: WaitOptions): Promise<Outcome> {
  return new Wait(looker, ids, options).run();
}
