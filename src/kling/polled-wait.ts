import { meaningOf } from './api/error.js';
import { Follow, type Outcome, type ProgressListener } from './follow.js';
import type { Looker } from './looker.js';
import { CLOSING_GRACE_MS, type Stop } from './stop.js';

/** How a wait is doing. */
export interface WaitState {
  finished: number;
  total: number;
  /** Whether every task has been looked at; before that, nothing is known of it. */
  isLooked: boolean;
  /** How often polling makes sense, in whole milliseconds. */
  pollIntervalMs: number;
  /** What went wrong with the last look, if it may pass, or what keeps the next one from being made. */
  fault: string | undefined;
}

/**
 * A wait that is driven by polls. Nothing happens between two polls, and however frequent they are, looks are made only at
 * the pace of the followed tasks.
 */
export class PolledWait {
  readonly #looker: Looker;
  readonly #follow: Follow;

  /**
   * @param ids distinct ids
   * @param isResumed whether the wait began earlier (in another process), so that its first look is a repeated one
   */
  constructor(
    looker: Looker,
    readonly ids: string[],
    readonly isResumed: boolean,
  ) {
    this.#looker = looker;
    this.#follow = new Follow(ids, true);
  }

  state(): WaitState {
    const { open, tasks, intervalMs, progress } = this.#follow;
    const { quietMs } = this.#looker.client;
    const rateLimit = quietMs > 0 ? meaningOf('too_many_requests').what : undefined;
    return {
      finished: progress.finished,
      total: progress.total,
      isLooked: tasks.every(({ looks }) => looks > 0),
      pollIntervalMs: Math.ceil(Math.max(intervalMs, quietMs)),
      fault: open.find(({ fault }) => fault)?.fault?.message ?? rateLimit,
    };
  }

  /**
   * Looks at what is due. Resolves when that has been answered, when the time is up, soon after stdin has closed, or when
   * this poll is cancelled (the look itself goes on). Resolves at once if nothing is due.
   */
  async look(maxMs: number, stop: Stop, onProgress?: ProgressListener): Promise<void> {
    this.#lookAtDue();
    const endReport = this.#follow.isLooking ? this.#follow.report(onProgress) : () => {};
    let endMs = performance.now() + maxMs;
    for (;;) {
      const nowMs = performance.now();
      if (stop.closing.aborted) endMs = Math.min(endMs, nowMs + CLOSING_GRACE_MS);
      if (!this.#follow.isLooking || stop.cancelled.aborted || nowMs >= endMs) break;
      await this.#follow.change(endMs - nowMs, stop);
    }
    endReport();
  }

  #lookAtDue(): void {
    const nowMs = performance.now();
    const { requestTimeoutMs, quietMs } = this.#looker.client;
    // A look that had to wait for the end of a rate limit could outlive the polling.
    if (quietMs > 0 && this.state().isLooked) return;
    for (const followed of this.#follow.open) {
      const { id, looks, look, dueMs } = followed;
      if (look || dueMs > nowMs) continue;
      this.#follow.look(followed, (listener) =>
        looks === 0 && !this.isResumed
          ? this.#looker.look(id, requestTimeoutMs, listener)
          : this.#looker.lookAgain(id, nowMs, listener),
      );
    }
  }

  /** What is known now. */
  outcome(): Outcome {
    return this.#follow.outcome();
  }

  /** Ends the wait: no more looks are made. */
  cancel(): void {
    this.#follow.giveUp();
  }
}
