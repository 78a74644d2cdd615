import { POLL_INTERVAL_S } from '../limits.js';
import type { KlingError } from './api/error.js';
import { keyOf, type LookupResult } from './lookup.js';
import type { Task } from './task/task.js';

/** By this age most tasks have finished. One whose age is unknown is treated as if it were as old. */
const USUAL_AGE_S = 5 * 60;
/**
 * The pace follows the age of the task, not the start of the wait. The vendor asks for a first lookup after 5 to 10 s, then
 * for one every 10 to 30 s.
 */
const PACE = [
  { maxAgeS: POLL_INTERVAL_S, intervalMs: 5000 },
  { maxAgeS: USUAL_AGE_S, intervalMs: POLL_INTERVAL_S * 1000 },
  { maxAgeS: 15 * 60, intervalMs: 20_000 },
];
export const SLOWEST_INTERVAL_MS = 30_000;
/** For a task that has not been seen: replicas of the API lag, so that one may find it 5 s later. */
const UNSEEN_INTERVAL_MS = 5000;

/** What a watch knows of one task. Times are in milliseconds of `performance.now()`. */
export class WatchedTask {
  readonly key: string;
  /** The last state that was seen. */
  task: Task | undefined;
  /** The fault of the last lookup. */
  fault: KlingError | undefined;
  isNotFound = false;
  /** Whether another lookup could not change the outcome. */
  isClosed = false;
  /** When the last lookup ended, with a result or a fault. */
  lookedUpMs: number | undefined;
  /** How long after that the next one is due. */
  intervalMs = UNSEEN_INTERVAL_MS;
  /** How many ids a request for it may have: fewer while refusals leave it in doubt which of them is to blame. */
  maxBatch = Number.POSITIVE_INFINITY;
  /** When the task was submitted, by its own age; undefined if that is unknown. */
  #submittedMs: number | undefined;

  /** @param recheckNotFound whether the first "not found" is followed by another lookup */
  constructor(
    readonly id: string,
    readonly recheckNotFound: boolean,
  ) {
    this.key = keyOf(id);
  }

  /** How old the task is now; undefined if that is unknown. */
  get ageSeconds(): number | undefined {
    return this.#submittedMs === undefined ? undefined : (performance.now() - this.#submittedMs) / 1000;
  }

  /** Takes in the result of a lookup: the rules for that are here. */
  take(result: LookupResult): void {
    const wasAnswered = this.task !== undefined || this.isNotFound;
    this.lookedUpMs = performance.now();
    this.maxBatch = Number.POSITIVE_INFINITY;
    this.fault = undefined;
    if (result.kind === 'fault') this.#takeFault(result.error, wasAnswered);
    else if (result.kind === 'found') this.#takeTask(result.task);
    // A replica lags behind if a task that was seen is not found now; its last state remains valid.
    else if (!this.task) this.#takeNotFound();
  }

  #takeTask(task: Task): void {
    const { elapsed_seconds: ageSeconds = USUAL_AGE_S } = task;
    const pace = PACE.find(({ maxAgeS }) => ageSeconds < maxAgeS);
    // Two spellings of an id mean the same task; each caller gets its own.
    this.task = { ...task, task_id: this.id };
    this.isNotFound = false;
    this.isClosed = task.status !== 'pending';
    this.intervalMs = pace?.intervalMs ?? SLOWEST_INTERVAL_MS;
    this.#submittedMs = task.elapsed_seconds === undefined ? undefined : performance.now() - ageSeconds * 1000;
  }

  #takeNotFound(): void {
    this.isClosed = this.isNotFound || !this.recheckNotFound;
    this.isNotFound = true;
    this.intervalMs = UNSEEN_INTERVAL_MS;
  }

  #takeFault(error: KlingError, wasAnswered: boolean): void {
    // Where the API has answered before, the page of a CDN is a passing fault; a record that is too large is not.
    const isPassingPage = error.code === 'bad_response' && wasAnswered && !error.divisible;
    this.fault = error;
    this.isClosed = !(error.retryable || isPassingPage);
    this.intervalMs = Math.min(SLOWEST_INTERVAL_MS, this.intervalMs * 2);
  }
}
