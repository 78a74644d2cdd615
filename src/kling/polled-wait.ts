import { meaningOf } from './api/error.js';
import { Follow, type Outcome } from './follow.js';
import type { Look, Looker } from './looker.js';
import type { Finding } from './lookup.js';
import { CLOSING_GRACE_MS, onStop, type Stop } from './stop.js';
import { PROGRESS_INTERVAL_MS, type Progress } from './wait.js';

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
 * the pace that {@link Follow} sets.
 */
export class PolledWait {
  readonly #startMs = performance.now();
  readonly #looker: Looker;
  readonly #follow: Follow;
  readonly #looks = new Map<string, Look>();
  /** When the next look at an id is due; the first one is due at once. */
  readonly #dueMs = new Map<string, number>();
  readonly #pollers = new Set<() => void>();

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
    const { finished, total, intervalMs, passingFault } = this.#follow;
    const { quietMs } = this.#looker.client;
    const rateLimit = quietMs > 0 ? meaningOf('too_many_requests').what : undefined;
    return {
      finished,
      total,
      isLooked: this.ids.every((id) => this.#follow.looksAt(id) > 0),
      pollIntervalMs: Math.ceil(Math.max(intervalMs, quietMs)),
      fault: passingFault?.message ?? rateLimit,
    };
  }

  /**
   * Looks at what is due. Resolves when that has been answered, when the time is up, soon after stdin has closed, or when
   * this poll is cancelled (the look itself goes on). Resolves at once if nothing is due.
   */
  async look(maxMs: number, stop: Stop, onProgress?: (progress: Progress) => void): Promise<void> {
    const nowMs = performance.now();
    // A look that had to wait for the end of a rate limit could outlive the polling.
    const isLimited = this.state().isLooked && this.#looker.client.quietMs > 0;
    for (const id of isLimited ? [] : this.#follow.open()) {
      if (!this.#looks.has(id) && (this.#dueMs.get(id) ?? 0) <= nowMs) this.#lookAt(id, nowMs);
    }
    if (this.#looks.size === 0 || stop.cancelled.aborted) return;

    const report = () => {
      const { finished, total } = this.#follow;
      onProgress?.({ finished, total, elapsedMs: performance.now() - this.#startMs });
    };
    report();
    const progress = setInterval(report, PROGRESS_INTERVAL_MS);
    await this.#answered(maxMs, stop);
    clearInterval(progress);
  }

  #answered(maxMs: number, stop: Stop): Promise<void> {
    return new Promise((resolve) => {
      const settle = () => {
        clearTimeout(timer);
        this.#pollers.delete(settle);
        endListening();
        resolve();
      };
      const hurry = () => {
        clearTimeout(timer);
        timer = setTimeout(settle, Math.min(maxMs, CLOSING_GRACE_MS));
      };
      let timer = setTimeout(settle, maxMs);
      this.#pollers.add(settle);
      const endListening = onStop(stop, settle, hurry);
    });
  }

  #lookAt(id: string, nowMs: number): void {
    const isFirst = this.#follow.looksAt(id) === 0 && !this.isResumed;
    const listener = (finding: Finding) => {
      this.#looks.delete(id);
      const intervalMs = this.#follow.take(id, finding);
      if (intervalMs !== undefined) this.#dueMs.set(id, performance.now() + intervalMs);
      if (this.#looks.size === 0) for (const settle of this.#pollers) settle();
    };
    const look = isFirst
      ? this.#looker.look(id, this.#looker.client.requestTimeoutMs, listener)
      : this.#looker.lookAgain(id, nowMs, listener);
    this.#looks.set(id, look);
  }

  /** What is known now. */
  outcome(): Outcome {
    for (const id of this.#follow.open()) this.#follow.giveUp(id, performance.now() - this.#startMs);
    return this.#follow.outcome();
  }

  /** Ends the wait: no more looks are made. */
  cancel(): void {
    for (const look of this.#looks.values()) look.leave();
    this.#looks.clear();
    for (const settle of this.#pollers) settle();
  }
}
