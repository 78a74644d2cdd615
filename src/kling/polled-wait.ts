import { meaningOf } from './api/error.js';
import { Follow, type Outcome } from './follow.js';
import type { Look, Looker } from './looker.js';
import { CLOSING_GRACE_MS, type Stop } from './stop.js';

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

  /** Whether the outcome of every task is final. */
  get done(): boolean {
    return this.#follow.finished === this.#follow.total;
  }

  /** Whether every task has been looked at; before that, nothing is known of it. */
  get looked(): boolean {
    return this.ids.every((id) => this.#follow.looksAt(id) > 0);
  }

  get finished(): number {
    return this.#follow.finished;
  }

  get total(): number {
    return this.#follow.total;
  }

  /** How often polling makes sense, in milliseconds. */
  get pollIntervalMs(): number {
    return Math.ceil(Math.max(this.#follow.intervalMs, this.#looker.client.quietMs));
  }

  /** What went wrong with the last look, if it may pass, or what keeps the next one from being made. */
  get fault(): string | undefined {
    const rateLimit = this.#looker.client.quietMs > 0 ? meaningOf('too_many_requests').what : undefined;
    return this.#follow.passingFault?.message ?? rateLimit;
  }

  /**
   * Looks at what is due. Resolves when that has been answered, when the time is up, soon after stdin has closed, or when
   * this poll is cancelled (the look itself goes on). Resolves at once if nothing is due.
   */
  look(maxMs: number, { cancelled, closing }: Stop): Promise<void> {
    const nowMs = performance.now();
    // A look that had to wait for the end of a rate limit could outlive the polling.
    const isLimited = this.looked && this.#looker.client.quietMs > 0;
    for (const id of isLimited ? [] : this.#follow.open()) {
      if (!this.#looks.has(id) && (this.#dueMs.get(id) ?? 0) <= nowMs) this.#lookAt(id, nowMs);
    }
    if (this.#looks.size === 0 || cancelled.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const settle = () => {
        clearTimeout(timer);
        this.#pollers.delete(settle);
        cancelled.removeEventListener('abort', settle);
        closing.removeEventListener('abort', onClosing);
        resolve();
      };
      const onClosing = () => {
        clearTimeout(timer);
        timer = setTimeout(settle, Math.min(maxMs, CLOSING_GRACE_MS));
      };
      let timer = setTimeout(settle, maxMs);
      this.#pollers.add(settle);
      cancelled.addEventListener('abort', settle);
      closing.addEventListener('abort', onClosing);
      if (closing.aborted) onClosing();
    });
  }

  #lookAt(id: string, nowMs: number): void {
    const isFirst = this.#follow.looksAt(id) === 0 && !this.isResumed;
    const listener: Parameters<Looker['look']>[2] = (finding) => {
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
