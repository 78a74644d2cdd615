import { KlingError, tooManyRequests } from './api/error.js';
import { keyOf, type LookupResult, type Lookups } from './lookup.js';
import type { WatchedTask } from './watched-task.js';

/** A lookup that a watch wants. Times are in milliseconds of `performance.now()`. */
export interface Want {
  task: WatchedTask;
  /** Whether it is a first lookup, for which somebody waits, rather than a repeated one. */
  isFirst: boolean;
  dueMs: number;
  /** How long it can wait for the end of a rate limit. */
  patientUntilMs: number;
  /** When its answer would come too late. */
  giveUpMs: number;
}

/** What the scheduler needs of a watch. */
export interface Watcher {
  /** The lookups that it wants, now or later. */
  wants(): Want[];
  /** Called once nothing that it wants can be had any more. */
  finish(): void;
}

interface Request {
  keys: Set<string>;
  controller: AbortController;
}

/** 50 is the recommended maximum of a batch; none is documented. */
const MAX_BATCH = 50;
const MAX_REQUESTS = 2;
/** The vendor asks for less than one request a second. */
const GAP_MS = 1000;
/** After this many refusals without an answer in between, the cause must be the requests as such. */
const MAX_HALVINGS = 16;
/** How long lookups may still take after stdin has closed. */
const CLOSING_GRACE_MS = 1500;
const NEVER = Number.POSITIVE_INFINITY;

/**
 * Decides when which ids are looked up, for the whole server and at one polite pace. At most two requests are in flight. First
 * lookups wait only for one of these two places; repeated ones give way to them and stay a second away from any other
 * request. Watches share requests, so that an id is in one request at a time, but no knowledge.
 */
export class Scheduler {
  /** Those that want something. */
  readonly #watches = new Set<Watcher>();
  /** Those in flight. */
  readonly #requests = new Set<Request>();
  /** The start or the end of the last request, whichever came later. */
  #lastMs = Number.NEGATIVE_INFINITY;
  /** When everything is over, once stdin has closed. */
  #endMs = NEVER;
  /** How many refused requests were halved since the last answer. */
  #halvings = 0;
  #turn: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param options a signal that aborts when stdin closes, and what to do with errors that are bugs */
  constructor(
    readonly lookups: Lookups,
    readonly options: { closing: AbortSignal; onBug(error: unknown): void },
  ) {
    options.closing.addEventListener('abort', () => {
      this.#endMs = performance.now() + CLOSING_GRACE_MS;
      this.update();
    });
  }

  /** Serves a watch until nothing that it wants can be had any more. */
  add(watch: Watcher): void {
    this.#watches.add(watch);
    this.update();
  }

  /** To be called whenever something has changed. Acts one turn later, so that all ids of one chunk of stdin share a request. */
  update(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#run();
    });
  }

  #run(): void {
    clearTimeout(this.#timer);
    const nowMs = performance.now();
    const { quietMs, retryAfterMs } = this.lookups.rateLimit;
    const wants = [...this.#watches].flatMap((watch) => {
      const wanted = watch.wants();
      // What cannot wait for the end of a rate limit.
      const barred = wanted.filter(
        ({ task, patientUntilMs }) => quietMs > 0 && nowMs + quietMs > patientUntilMs && !this.#isInFlight(task.key),
      );
      if (barred.length > 0) {
        const error = tooManyRequests(retryAfterMs);
        for (const { task, isFirst } of barred) if (isFirst) task.take({ kind: 'fault', error });
      }
      const possible = wanted.filter((want) => !barred.includes(want) && this.#isPossible(want, nowMs));
      if (possible.length === 0) {
        this.#watches.delete(watch);
        watch.finish();
      }
      return possible;
    });
    for (const { keys, controller } of this.#requests) {
      if (!wants.some(({ task }) => keys.has(task.key))) controller.abort();
    }
    const sendMs = this.#send(wants, nowMs);
    const wakeMs = wants.reduce((ms, { giveUpMs }) => Math.min(ms, giveUpMs, this.#endMs), sendMs);
    if (wakeMs < NEVER) this.#timer = setTimeout(() => this.#run(), wakeMs - nowMs);
  }

  #isPossible({ task, isFirst, giveUpMs }: Want, nowMs: number): boolean {
    if (nowMs >= Math.min(giveUpMs, this.#endMs)) return false;
    // Once stdin has closed, nothing is looked up again.
    return isFirst || !this.options.closing.aborted || this.#isInFlight(task.key);
  }

  /** A request that is being aborted must not be shared any more. */
  #isInFlight(key: string): boolean {
    return [...this.#requests].some(({ keys, controller }) => keys.has(key) && !controller.signal.aborted);
  }

  /** Sends what may be sent now, and tells when the next request may be. */
  #send(wants: Want[], nowMs: number): number {
    while (this.#requests.size < MAX_REQUESTS) {
      const queue = this.#queue(wants);
      const [next] = queue;
      if (!next) return NEVER;
      const quietUntilMs = nowMs + this.lookups.rateLimit.quietMs;
      const politeMs = next.isFirst ? quietUntilMs : Math.max(next.dueMs, this.#lastMs + GAP_MS, quietUntilMs);
      if (politeMs > nowMs) return politeMs;
      // What would be due before the next request goes along. What a refusal has left in doubt stays among itself.
      const { maxBatch } = next.task;
      const batch = queue.filter(({ task, dueMs }) => dueMs <= nowMs + GAP_MS && task.maxBatch === maxBatch);
      this.#lookUp(batch.slice(0, Math.min(maxBatch, MAX_BATCH)), nowMs);
    }
    // The end of a request is an occasion to come back.
    return NEVER;
  }

  /** What is not on its way yet, each id once, the most urgent first. */
  #queue(wants: Want[]): Want[] {
    const sorted = wants.toSorted((a, b) => Number(b.isFirst) - Number(a.isFirst) || a.dueMs - b.dueMs);
    const queue = new Map<string, Want>();
    for (const want of sorted) {
      const { key } = want.task;
      if (!queue.has(key) && !this.#isInFlight(key)) queue.set(key, want);
    }
    return [...queue.values()];
  }

  async #lookUp(batch: Want[], nowMs: number): Promise<void> {
    const request = { keys: new Set(batch.map(({ task }) => task.key)), controller: new AbortController() };
    this.#requests.add(request);
    this.#lastMs = nowMs;
    const ids = batch.map(({ task }) => task.id);
    const { signal } = request.controller;
    try {
      this.#deliver(await this.lookups.lookUp(ids, nowMs + this.lookups.requestTimeoutMs, signal));
    } catch (cause) {
      if (!signal.aborted) {
        this.options.onBug(cause);
        // A single record may have caused it, which is then found like the cause of a refusal.
        const error = new KlingError('internal_error', 'The server failed on this lookup.', { cause, divisible: true });
        this.#deliver(new Map(ids.map((id) => [id, { kind: 'fault', error }])));
      }
    } finally {
      this.#requests.delete(request);
      this.#lastMs = performance.now();
      this.update();
    }
  }

  #deliver(resultsById: Map<string, LookupResult>): void {
    const results = new Map([...resultsById].map(([id, result]) => [keyOf(id), result]));
    const all = [...results.values()];
    if (all.some(({ kind }) => kind !== 'fault')) this.#halvings = 0;
    const isRefused = all.length > 1 && all.every((result) => result.kind === 'fault' && result.error.divisible);
    // One of the ids may be to blame: they are still due, and go out again in smaller requests, at last alone.
    const maxBatch = isRefused && ++this.#halvings <= MAX_HALVINGS ? Math.ceil(all.length / 2) : undefined;

    const soonMs = performance.now() + GAP_MS;
    for (const { task, dueMs } of [...this.#watches].flatMap((watch) => watch.wants())) {
      const result = results.get(task.key);
      if (!result) continue;
      if (maxBatch) task.maxBatch = maxBatch;
      // Of a lookup that another caller needed sooner, only a task counts: a fault, or a "not found", was theirs.
      else if (result.kind === 'found' || dueMs <= soonMs) task.take(result);
    }
  }
}
