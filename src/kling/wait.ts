import { Follow, type Outcome, type ProgressListener } from './follow.js';
import type { FollowedTask } from './followed-task.js';
import type { Looker } from './looker.js';
import { CancelledError, CLOSING_GRACE_MS, type Stop } from './stop.js';

export interface WaitOptions {
  /** How long to wait for the outcome; 0 looks once. */
  waitMs: number;
  stop: Stop;
  /** Called at the start of a wait and then every 4 s or so. */
  onProgress?: ProgressListener | undefined;
}

/** A wait of at least this length looks once more for an id that was not found. */
const MIN_RECHECK_WAIT_MS = 5000;
/** The last look starts this long before the deadline, or a quarter of a short wait. */
const LAST_LOOK_LEAD_MS = 1000;
/** A regular look due this soon before the final one is skipped. */
const LAST_LOOK_MERGE_MS = 2000;
/** How far the last look may overrun the deadline; the call must answer within a second of it. */
const OVERTIME_MS = 500;
const TIMER_SLACK_MS = 50;

/**
 * Looks at the tasks, repeatedly while one is pending and time is left; see {@link FollowedTask} for the pace. A task that
 * was seen keeps its last state.
 */
export class Wait {
  readonly #endMs: number;
  /** When a last look that has overrun the deadline is given up. */
  readonly #overMs: number;
  readonly #follow: Follow;
  /** How long the looks in flight may still go on; set when stdin closes. */
  #graceEndMs = Number.POSITIVE_INFINITY;

  /** @param ids distinct ids */
  constructor(
    readonly looker: Looker,
    ids: string[],
    readonly options: WaitOptions,
  ) {
    const { waitMs } = options;
    this.#endMs = performance.now() + waitMs;
    this.#overMs = this.#endMs + OVERTIME_MS;
    this.#follow = new Follow(ids, waitMs >= MIN_RECHECK_WAIT_MS);
  }

  /** @throws CancelledError */
  async run(): Promise<Outcome> {
    const { waitMs, stop, onProgress } = this.options;
    if (waitMs > 0) this.#takeOverRecent();
    // After the last look has started, the result itself is about to come.
    const endReport = this.#follow.report(waitMs > 0 ? onProgress : undefined, Math.max(1, waitMs - LAST_LOOK_LEAD_MS));
    try {
      for (;;) {
        if (stop.cancelled.aborted) throw new CancelledError();
        const nowMs = performance.now();
        this.#giveUpLate(nowMs);
        this.#look(nowMs);
        if (!this.#follow.isLooking) return this.#outcome();
        await this.#follow.change(this.#limitMs(nowMs) - nowMs, stop);
      }
    } finally {
      endReport();
      this.#follow.giveUp();
    }
  }

  /** When to give up something even if nothing changes. After the overtime only first looks are left. */
  #limitMs(nowMs: number): number {
    return nowMs < this.#overMs ? Math.min(this.#overMs, this.#graceEndMs) : this.#graceEndMs;
  }

  /** Takes over what another wait saw a moment ago. */
  #takeOverRecent(): void {
    for (const followed of this.#follow.tasks) {
      const recent = this.looker.recall(followed.id);
      if (recent) this.#follow.take(followed, { kind: 'found', task: recent.task, isLarge: false }, recent.atMs);
    }
  }

  #canLookAgain(nowMs: number): boolean {
    return !this.options.stop.closing.aborted && nowMs + this.looker.client.quietMs < this.#endMs;
  }

  /** Gives up what would come too late. First looks keep the full time of a lookup, however short the wait. */
  #giveUpLate(nowMs: number): void {
    if (this.options.stop.closing.aborted) this.#graceEndMs = Math.min(this.#graceEndMs, nowMs + CLOSING_GRACE_MS);
    const canLookAgain = this.#canLookAgain(nowMs);
    this.#follow.giveUp(({ looks, look }) => {
      if (nowMs >= this.#graceEndMs) return true;
      return looks > 0 && (nowMs >= this.#overMs || !(canLookAgain || look?.sent));
    });
  }

  /** Registers the next look at each open task, if there is time for one. */
  #look(nowMs: number): void {
    const { looker, options } = this;
    const patienceMs = Math.max(looker.client.requestTimeoutMs, options.waitMs);
    for (const followed of this.#follow.open) {
      const { id, task, looks, look, lookedMs, isFresh } = followed;
      if (look || nowMs >= this.#graceEndMs) continue;
      const dueMs = this.#nextDueMs(followed, nowMs);
      if (looks === 0) this.#follow.look(followed, (listener) => looker.look(id, patienceMs, listener));
      else if (dueMs) this.#follow.look(followed, (listener) => looker.lookAgain(id, dueMs, listener));
      else if (task && isFresh) {
        followed.isFresh = false;
        looker.remember(task, lookedMs);
      }
    }
  }

  /** When to look at the task again; undefined if the last look is over or another one would come too late. */
  #nextDueMs({ looks, lookedMs, dueMs }: FollowedTask, nowMs: number): number | undefined {
    const leadMs = Math.min(LAST_LOOK_LEAD_MS, this.options.waitMs / 4);
    const wasLast = looks > 1 && lookedMs >= this.#endMs - leadMs - TIMER_SLACK_MS;
    if (wasLast || !this.#canLookAgain(nowMs)) return undefined;
    const earliestMs = nowMs + this.looker.client.quietMs;
    const regularMs = Math.max(dueMs, earliestMs);
    // Shortly before the deadline, but not at once after the first look of a very short wait.
    const lastMs = Math.max(this.#endMs - leadMs, Math.min(lookedMs + LAST_LOOK_LEAD_MS, this.#endMs), earliestMs);
    return regularMs + LAST_LOOK_MERGE_MS > lastMs ? lastMs : regularMs;
  }

  #outcome(): Outcome {
    const isWorthPolling = this.#follow.open.some(({ task }) => !task || task.poll_after_seconds !== undefined);
    const ranOut = this.options.waitMs > 0 && isWorthPolling;
    return this.#follow.outcome(ranOut ? Math.max(1, Math.ceil(this.looker.client.retryAfterMs / 1000)) : undefined);
  }
}
