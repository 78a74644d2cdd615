import type { KlingError } from './api/error.js';
import type { Look } from './looker.js';
import type { Task } from './task/task.js';

/**
 * The pace follows the age of the task (its upper bound, then the interval), not the start of the wait. The vendor asks
 * for a look every 10 to 30 s; most tasks end within 5 minutes.
 */
const PACE = [
  { maxAgeMs: 5 * 60_000, intervalMs: 10_000 },
  { maxAgeMs: 15 * 60_000, intervalMs: 20_000 },
] as const;
export const SLOWEST_INTERVAL_MS = 30_000;
/** For a task younger than this, the second look comes sooner. */
const YOUNG_MS = 30_000;
const YOUNG_INTERVAL_MS = 5000;
/** Each fault in a row doubles the interval, starting from this one if the task has not been seen yet. */
const FIRST_FAULT_INTERVAL_MS = 5000;
/** A task whose age is unknown is treated as one of this age. */
const DEFAULT_AGE_MS = 5 * 60_000;
/** Replicas of the API lag, so that a task that is not found is looked up once more after this time. */
const RECHECK_MS = 5000;

/** What is known about one task while it is followed. */
export class FollowedTask {
  task: Task | undefined;
  /** The fault of the last look, unless it was only short of time and an earlier one says more. */
  fault: KlingError | undefined;
  isNotFound = false;
  /** Whether another look could not change the outcome. */
  isClosed = false;
  /** How many looks have ended, with a result or a fault. */
  looks = 0;
  /** When the last one ended, in milliseconds of `performance.now()`. */
  lookedMs = 0;
  /** How long after that the next one is due. */
  intervalMs = FIRST_FAULT_INTERVAL_MS;
  /** Whether the last look has found the task, and no other one was registered since. */
  isFresh = false;
  /** The look that is under way or registered. */
  look: Look | undefined;

  constructor(readonly id: string) {}

  /** When the next look is due, in milliseconds of `performance.now()`; the first one is due at once. */
  get dueMs(): number {
    return this.looks === 0 ? 0 : this.lookedMs + this.intervalMs;
  }

  takeTask(task: Task): void {
    const ageMs = task.elapsed_seconds === undefined ? DEFAULT_AGE_MS : task.elapsed_seconds * 1000;
    const isYoung = this.looks === 1 && ageMs < YOUNG_MS;
    const pace = PACE.find(({ maxAgeMs }) => ageMs < maxAgeMs);
    this.task = task;
    this.isNotFound = false;
    this.isClosed = task.status !== 'pending';
    this.intervalMs = isYoung ? YOUNG_INTERVAL_MS : (pace?.intervalMs ?? SLOWEST_INTERVAL_MS);
  }

  /** @param recheck whether it is looked up once more */
  takeNotFound(recheck: boolean): void {
    // A replica lags behind if a task that was seen is not found now; its last state remains valid.
    if (this.task) return;
    this.isClosed = this.isNotFound || !recheck;
    this.isNotFound = true;
    this.intervalMs = RECHECK_MS;
  }

  takeFault(error: KlingError, mayPass: boolean): void {
    // The last look may have had only a second, so an earlier fault says more than its timeout.
    this.fault = (error.code === 'timeout' && this.fault) || error;
    this.isClosed = !mayPass;
    this.intervalMs = Math.max(Math.min(SLOWEST_INTERVAL_MS, this.intervalMs * 2), error.retryAfterMs ?? 0);
  }
}
