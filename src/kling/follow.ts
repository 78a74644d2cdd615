import { KlingError } from './api/error.js';
import { FollowedTask, SLOWEST_INTERVAL_MS } from './followed-task.js';
import type { Look } from './looker.js';
import type { FindingListener } from './next-look.js';
import type { Finding } from './old-lookup.js';
import type { Stop } from './stop.js';
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

export type Progress = Follow['progress'];
export type ProgressListener = (progress: Progress) => void;

/** A little over 4 s: looks happen at whole seconds, and progress must not coincide with the result. */
const PROGRESS_INTERVAL_MS = 4100;
/** The longest delay that a timer of Node can have. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Some tasks, what the looks at them have found, and which of them are still open. */
export class Follow {
  readonly tasks: readonly FollowedTask[];
  readonly #startMs = performance.now();
  readonly #wakers = new Set<() => void>();
  /** Whether the API has answered properly before. A bad response after that is a passing fault, such as a CDN's page. */
  #wasAnswered = false;

  /**
   * @param ids distinct ids
   * @param recheck whether a task that is not found is looked up once more
   */
  constructor(
    ids: string[],
    readonly recheck: boolean,
  ) {
    this.tasks = ids.map((id) => new FollowedTask(id));
  }

  /** The tasks whose outcome is not known yet: pending, or not seen for a reason that may pass. */
  get open(): FollowedTask[] {
    return this.tasks.filter(({ isClosed }) => !isClosed);
  }

  /** Whether a look is under way or registered. */
  get isLooking(): boolean {
    return this.tasks.some(({ look }) => look);
  }

  get progress() {
    const total = this.tasks.length;
    return { finished: total - this.open.length, total, elapsedMs: performance.now() - this.#startMs };
  }

  /** The shortest interval between looks at what is still open, in milliseconds. */
  get intervalMs(): number {
    return Math.min(SLOWEST_INTERVAL_MS, ...this.open.map(({ intervalMs }) => intervalMs));
  }

  /** Looks at a task: `start` registers the look with the looker. */
  look(followed: FollowedTask, start: (listener: FindingListener) => Look): void {
    followed.isFresh = false;
    followed.look = start((finding) => {
      this.take(followed, finding);
      this.#wake();
    });
  }

  /** Takes in what a look has found; `atMs` says when, in milliseconds of `performance.now()`. */
  take(followed: FollowedTask, finding: Finding, atMs = performance.now()): void {
    followed.look = undefined;
    followed.looks++;
    followed.lookedMs = atMs;
    followed.isFresh = finding.kind === 'found';
    if (finding.kind === 'fault') {
      const { error } = finding;
      const isPassing = error.code === 'bad_response' && this.#wasAnswered && !error.divisible;
      followed.takeFault(error, error.retryable || isPassing);
      return;
    }
    this.#wasAnswered = true;
    followed.fault = undefined;
    if (finding.kind === 'found') followed.takeTask(finding.task);
    else followed.takeNotFound(this.recheck);
  }

  /** Resolves when the next look has ended, when a stop comes, or after the time. */
  change(maxMs: number, { cancelled, closing }: Stop): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#wakers.delete(wake);
        cancelled.removeEventListener('abort', wake);
        closing.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.min(maxMs, MAX_DELAY_MS));
      this.#wakers.add(wake);
      cancelled.addEventListener('abort', wake);
      closing.addEventListener('abort', wake);
    });
  }

  #wake(): void {
    for (const wake of this.#wakers) wake();
  }

  /** Gives up the looks at those tasks that are meant. */
  giveUp(isMeant: (followed: FollowedTask) => boolean = () => true): void {
    for (const followed of this.tasks.filter(isMeant)) {
      followed.look?.leave();
      followed.look = undefined;
    }
    this.#wake();
  }

  /** Reports progress now and then every 4 s or so, up to the given time; returns what ends that. */
  report(listener: ProgressListener | undefined, maxElapsedMs = Number.POSITIVE_INFINITY): () => void {
    if (!listener) return () => {};
    const report = () => {
      const { progress } = this;
      if (progress.elapsedMs < maxElapsedMs) listener(progress);
    };
    report();
    const timer = setInterval(report, PROGRESS_INTERVAL_MS);
    return () => clearInterval(timer);
  }

  /** What is known now. */
  outcome(pollAfterSeconds?: number): Outcome {
    const outcome: Outcome = { tasks: new Map(), notFound: [], faults: new Map(), pollAfterSeconds };
    // One for all, since a result groups the ids by their fault.
    let timeout: KlingError | undefined;
    for (const { id, task, fault: lastFault, isClosed, isNotFound, looks } of this.tasks) {
      if (looks === 0) timeout ??= this.#timeout();
      const fault = looks === 0 ? timeout : lastFault;
      const isFatal = fault !== undefined && isClosed;
      if (task) outcome.tasks.set(id, task);
      else if (isNotFound && !isFatal) outcome.notFound.push(id);
      if (fault && (isFatal || !(task || isNotFound))) outcome.faults.set(id, fault);
    }
    return outcome;
  }

  /** The fault of tasks whose first look was given up. */
  #timeout(): KlingError {
    const seconds = (this.progress.elapsedMs / 1000).toFixed(1);
    const what = `No answer in ${seconds} s, before the client closed the connection.`;
    return new KlingError('timeout', what, { hint: 'Ask again.' });
  }
}
