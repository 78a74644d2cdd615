import { KlingError, tooManyRequests } from './api/error.js';
import { keyOf } from './lookup.js';
import { type Caller, type FindingListener, NextLook, type Request } from './next-look.js';
import { type Client, type Finding, lookUp } from './old-lookup.js';
import { CancelledError } from './stop.js';
import type { Task } from './task/task.js';

/** A look that somebody waits for. */
export interface Look {
  /** Whether its request has been sent. */
  readonly sent: boolean;
  /** Gives the look up: the listener is not called any more, and the request is aborted unless another caller needs it. */
  leave(): void;
}

export interface LookerOptions {
  /** Called with an error that is a bug rather than a fault of the API. */
  onBug(error: unknown): void;
  /** Called with the number of records in an answer that nobody asked for. */
  onForeignRecords(count: number): void;
}

/** 50 is the recommended maximum of a batch; none is documented. */
const IDS_PER_REQUEST = 50;
const MAX_REQUESTS = 2;
/** The vendor asks for less than one request a second. */
const MIN_GAP_MS = 1000;
/** When a first look is due: before every repeated one. */
const AT_ONCE = 0;
/** A wait that starts this soon after another one continues at its pace, instead of looking twice in two seconds. */
const RECENT_MS = 2000;

/**
 * Looks at tasks for the whole server, at one polite pace. At most two requests are in flight. A first look waits only for
 * one of these two places; repeated looks give way to first ones and stay a second away from any other request. Ids that
 * are asked for in the meantime share a request, each once. A caller's cancellation, deadline or fault affects nobody else.
 */
export class Looker {
  /** Every look that is in flight or still to come, by its key. */
  readonly #looks = new Map<string, NextLook>();
  /** The pending tasks that the last looks of waits have found, and when. */
  readonly #recent = new Map<string, { task: Task; atMs: number }>();
  /** The keys of pending tasks whose records are large. */
  readonly #large = new Set<string>();
  #requests = 0;
  /** The start or the end of the last request, whichever came later. */
  #lastMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;

  constructor(
    readonly client: Client,
    readonly options: LookerOptions,
  ) {}

  /**
   * Looks at a task as soon as a request may be sent; shares a look at it that is already in flight.
   * @param patienceMs how long the caller can wait for the end of a rate limit
   */
  look(id: string, patienceMs: number, listener: FindingListener): Look {
    return this.#join(AT_ONCE, { id, listener, patientUntilMs: performance.now() + patienceMs });
  }

  /** Looks at a task again, once that is due (by `performance.now()`) and the pace allows it. */
  lookAgain(id: string, dueMs: number, listener: FindingListener): Look {
    return this.#join(dueMs, { id, listener, patientUntilMs: Number.POSITIVE_INFINITY });
  }

  /** Remembers for a moment what the last look of a wait has found, and when, for a wait that goes on from there. */
  remember(task: Task, atMs: number): void {
    for (const [key, recent] of this.#recent) if (recent.atMs < atMs - RECENT_MS) this.#recent.delete(key);
    this.#recent.set(keyOf(task.task_id), { task, atMs });
  }

  /** The pending task as another wait saw it a moment ago, and when; its id is spelled as it is now asked for. */
  recall(id: string): { task: Task; atMs: number } | undefined {
    const recent = this.#recent.get(keyOf(id));
    if (!recent || recent.atMs < performance.now() - RECENT_MS) return undefined;
    return { ...recent, task: { ...recent.task, task_id: id } };
  }

  #join(dueMs: number, caller: Caller): Look {
    const key = keyOf(caller.id);
    const look = this.#looks.get(key) ?? new NextLook(key);
    this.#looks.set(key, look);
    look.dueMs = Math.min(look.dueMs, dueMs);
    look.callers.add(caller);
    this.#schedulePump();
    return {
      get sent() {
        return look.request !== undefined;
      },
      leave: () => {
        if (look.callers.delete(caller) && look.callers.size === 0) this.#abandon(look);
      },
    };
  }

  #abandon(look: NextLook): void {
    const { request } = look;
    if (!request) {
      this.#forget(look);
      this.#schedulePump();
    } else if ([...request.looks.values()].every(({ callers }) => callers.size === 0)) {
      // A request that is being aborted must not be shared any more.
      for (const abandoned of request.looks.values()) this.#forget(abandoned);
      request.controller.abort(new CancelledError());
    }
  }

  /** Removes a look, unless the next one at the same task has taken its place. */
  #forget(look: NextLook): void {
    if (this.#looks.get(look.key) === look) this.#looks.delete(look.key);
  }

  /** Runs after everything that arrived in the same chunk of stdin, so that those looks share a request. */
  #schedulePump(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#pump();
    });
  }

  /** Sends the looks that may be sent now, and sets the timer for later ones. */
  #pump(): void {
    clearTimeout(this.#timer);
    const nowMs = performance.now();
    const quietUntilMs = nowMs + this.client.quietMs;
    if (quietUntilMs > nowMs) this.#refuseImpatient(quietUntilMs);

    for (;;) {
      const waiting = [...this.#looks.values()].filter(({ request }) => !request).sort((a, b) => a.dueMs - b.dueMs);
      // The pump runs again when a request ends.
      if (waiting[0] === undefined || this.#requests === MAX_REQUESTS) return;
      const { dueMs } = waiting[0];
      const earliestMs = dueMs === AT_ONCE ? quietUntilMs : Math.max(dueMs, this.#lastMs + MIN_GAP_MS, quietUntilMs);
      if (earliestMs > nowMs) {
        this.#timer = setTimeout(() => this.#pump(), earliestMs - nowMs);
        return;
      }
      // With repeated looks that are due go those that would become due before the next request.
      const isRepeatedDue = waiting.some((look) => look.dueMs !== AT_ONCE && look.dueMs <= nowMs);
      const untilMs = isRepeatedDue ? nowMs + MIN_GAP_MS : nowMs;
      this.#send(this.#pick(waiting.filter((look) => look.dueMs <= untilMs)), nowMs);
    }
  }

  /** What goes into one request. Large records go in one at a time, or the answer would exceed its bound each time. */
  #pick(looks: NextLook[]): NextLook[] {
    const [, ...furtherLarge] = looks.filter(({ key }) => this.#large.has(key));
    return looks.filter((look) => !furtherLarge.includes(look)).slice(0, IDS_PER_REQUEST);
  }

  #send(looks: NextLook[], nowMs: number): void {
    const isFirst = looks.some(({ dueMs }) => dueMs === AT_ONCE);
    const request = { looks: new Map(looks.map((look) => [look.key, look])), controller: new AbortController() };
    for (const look of looks) look.request = request;
    this.#requests++;
    this.#lastMs = nowMs;
    this.#ask(request, nowMs + this.client.requestTimeoutMs, isFirst ? 0 : MIN_GAP_MS).finally(() => {
      this.#requests--;
      this.#lastMs = performance.now();
      this.#pump();
    });
  }

  async #ask({ looks, controller: { signal } }: Request, endMs: number, partGapMs: number): Promise<void> {
    const onFinding = (id: string, finding: Finding) => this.#tell(looks.get(keyOf(id)), finding);
    const { onBug, onForeignRecords } = this.options;
    const ids = [...looks.values()].map(({ id }) => id);
    try {
      await lookUp(this.client, ids, { endMs, signal, partGapMs, onFinding, onForeignRecords });
    } catch (cause) {
      if (signal.aborted) return;
      onBug(cause);
      const error = new KlingError('internal_error', 'The server failed on this lookup.', { cause });
      for (const look of looks.values()) this.#tell(look, { kind: 'fault', error });
    }
  }

  #tell(look: NextLook | undefined, finding: Finding): void {
    if (!look) return;
    const { key } = look;
    this.#forget(look);
    this.#recent.delete(key);
    if (finding.kind === 'found' && finding.isLarge && finding.task.status === 'pending') this.#large.add(key);
    else if (finding.kind === 'found') this.#large.delete(key);
    look.tell(finding);
  }

  /** Refuses the callers that cannot wait until a rate limit ends. */
  #refuseImpatient(quietUntilMs: number): void {
    const error = tooManyRequests(this.client.retryAfterMs);
    for (const look of this.#looks.values()) {
      if (look.request) continue;
      look.tell({ kind: 'fault', error }, ({ patientUntilMs }) => patientUntilMs < quietUntilMs);
      if (look.callers.size === 0) this.#forget(look);
    }
  }
}
