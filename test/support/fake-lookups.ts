import { test as base, expect, vi } from 'vitest';
import { RateLimit } from '../../src/kling/api/client.js';
import { KlingError } from '../../src/kling/api/error.js';
import type { LookupResult, Lookups } from '../../src/kling/lookup.js';
import { Scheduler } from '../../src/kling/scheduler.js';
import type { Task } from '../../src/kling/task/task.js';
import { type Outcome, Watch } from '../../src/kling/watch.js';

/** What a request finds for each id: a status or nothing; a fault concerns the request as a whole. */
export type Findings = Record<string, Task['status'] | undefined> | KlingError;

/** A fault that may pass. */
export const limited = (retryAfterMs?: number) =>
  new KlingError('too_many_requests', 'Limited.', { retryable: true, retryAfterMs });
export const down = new KlingError('api_error', 'Down.', { retryable: true });
/** A fault that a retry cannot fix. */
export const refused = new KlingError('invalid_token', 'Refused.');
/** A fault that a single id of a request may have caused. */
export const indivisible = new KlingError('bad_request', 'Bad id.', { divisible: true });

/** The same status for each id of a request. */
export const all = (status: Task['status']) => (_atS: number, ids: string[]) =>
  Object.fromEntries(ids.map((id) => [id, status]));

export const idsOf = (count: number, prefix = 'task') =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

/** A request, as the API sees it. Times are in seconds since the start of the test. */
export interface Request {
  ids: string[];
  startS: number;
  endS?: number;
  isAborted?: boolean;
}

/** Lookups whose answers are scripted, under a controlled clock. */
export class FakeLookups implements Lookups {
  readonly requestTimeoutMs = 30_000;
  readonly rateLimit = new RateLimit();
  readonly requests: Request[] = [];
  /** What a request that is sent at this time finds. */
  find: (atS: number, ids: string[]) => Findings = all('pending');
  /** How long the API takes to answer. */
  answerS: number | (() => number) = 0;
  /** The age of a task at the start of the test; undefined where its record does not tell it. */
  ageS: number | undefined = 60;
  readonly #startMs = performance.now();

  get nowS(): number {
    return Math.round(performance.now() - this.#startMs) / 1000;
  }

  async lookUp(ids: string[], endMs: number, signal: AbortSignal): Promise<Map<string, LookupResult>> {
    const request: Request = { ids, startS: this.nowS };
    this.requests.push(request);
    const findings = this.find(this.nowS, ids);
    const answerMs = 1000 * (typeof this.answerS === 'number' ? this.answerS : this.answerS());
    const leftMs = endMs - performance.now();
    try {
      if (answerMs > 0) await sleep(Math.min(answerMs, leftMs), signal);
    } finally {
      request.endS = this.nowS;
      request.isAborted = signal.aborted;
    }
    const isLate = answerMs > leftMs;
    return new Map(ids.map((id) => [id, this.#resultOf(id, isLate ? new KlingError('timeout', 'Late.') : findings)]));
  }

  #resultOf(id: string, findings: Findings): LookupResult {
    if (findings instanceof KlingError) {
      this.rateLimit.take(findings.retryAfterMs ?? 0);
      return { kind: 'fault', error: findings };
    }
    const status = findings[id];
    if (!status) return { kind: 'not_found' };
    const ageS = this.ageS === undefined ? undefined : this.ageS + Math.round(this.nowS);
    const task: Task = { task_id: id, status, request: { prompt: 'A fox' } };
    if (ageS !== undefined) task.elapsed_seconds = ageS;
    if (status === 'pending' && (ageS ?? 0) < 1800) task.poll_after_seconds = 10;
    return { kind: 'found', task };
  }

  /** When the requests were sent. */
  get times(): number[] {
    return this.requests.map(({ startS }) => startS);
  }

  /** How many ids each request had. */
  get sizes(): number[] {
    return this.requests.map(({ ids }) => ids.length);
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/** A call that waits; what it comes to is known at its end. */
export interface Call {
  watch: Watch;
  outcome: Outcome;
  statuses: string[];
  /** When it ended, in seconds since the start of the test; undefined until then. */
  endS: number | undefined;
}

interface Wait {
  ids?: string[];
  waitS: number;
  signal?: AbortSignal;
}

/** A scheduler with its lookups, under a controlled clock: minutes of waiting are tested at once and to the millisecond. */
export class World {
  readonly lookups = new FakeLookups();
  readonly closing = new AbortController();
  readonly bugs: unknown[] = [];
  readonly scheduler = new Scheduler(this.lookups, {
    closing: this.closing.signal,
    onBug: (error) => this.bugs.push(error),
  });

  /** Starts a wait. */
  start({ ids = ['a'], waitS, signal = new AbortController().signal }: Wait): Call {
    const watch = new Watch(this.scheduler, ids, { recheckNotFound: waitS >= 5 });
    const call: Call = {
      watch,
      get outcome() {
        return watch.outcome();
      },
      get statuses() {
        return [...watch.outcome().tasks.values()].map(({ status }) => status);
      },
      endS: undefined,
    };
    watch.wait(waitS * 1000, signal).then(() => {
      call.endS = this.lookups.nowS;
    });
    return call;
  }

  /** A watch that is to be polled. */
  watch(isResumed = false): Watch {
    return new Watch(this.scheduler, ['a'], { recheckNotFound: true, isResumed });
  }

  /** Polls a watch for 5 s at most; when that ended is known later. */
  poll(watch: Watch, signal?: AbortSignal): { endS?: number } {
    const poll: { endS?: number } = {};
    watch.poll(5000, signal).then(() => {
      poll.endS = this.lookups.nowS;
    });
    return poll;
  }

  /** Starts a wait for each id. */
  startAll(ids: string[], waitS: number): Call[] {
    return ids.map((id) => this.start({ ids: [id], waitS }));
  }

  /** Starts a wait, and lets all time pass. */
  async run(wait: Wait): Promise<Call> {
    const call = this.start(wait);
    await this.passAll();
    return call;
  }

  async pass(seconds: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(seconds * 1000);
  }

  async passAll(): Promise<void> {
    await vi.runAllTimersAsync();
  }
}

/** A test with a world of its own, in which no timer may be left at the end. */
export const test = base.extend<{ world: World; lookups: FakeLookups }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the pattern
  world: async ({}, use) => {
    vi.useFakeTimers();
    const world = new World();
    await use(world);
    const timers = vi.getTimerCount();
    vi.useRealTimers();
    expect(timers).toBe(0);
    expect(world.bugs).toEqual([]);
  },
  lookups: async ({ world }, use) => use(world.lookups),
});
