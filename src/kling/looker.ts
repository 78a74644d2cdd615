import { tooManyRequests } from './api/answer.js';
import { KlingError } from './api/error.js';
import { type Client, type Finding, keyOf, lookUp } from './lookup.js';
import { type Caller, type FindingListener, NextLook, pickForRequest, type Request } from './next-look.js';
import { RecentTasks } from './recent-tasks.js';
import { CancelledError } from './stop.js';

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

/**
 * Looks at tasks for the whole server, at one polite pace. At most two requests are in flight. A first look waits only for
 * one of these two places; repeated looks give way to first ones and stay a second away from any other request. Ids that
 * are asked for in the meantime share a request, each once. A caller's cancellation, deadline or fault affects nobody else.
 */
export class Looker {
  /** Every look is in one of these three, by its key: first looks, repeated looks, looks in flight. */
  readonly #first = new Map<string, NextLook>();
  readonly #again = new Map<string, NextLook>();
  readonly #inFlight = new Map<string, NextLook>();
  /** What the last looks of waits have brought, for waits that go on from there. */
  readonly recent = new RecentTasks();
  /** Pending tasks whose records are large. */
  readonly #large = new Set<string>();
  #requests = 0;
  /** The start or the end of the last request, whichever came later. */
  #lastMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #isPumpScheduled = false;

  constructor(
    readonly client: Client,
    readonly options: LookerOptions,
  ) {}

  /**
   * Looks at a task as soon as a request may be sent; shares a look at it that is already in flight.
   * @param patienceMs how long the caller can wait for the end of a rate limit
   */
  look(id: string, patienceMs: number, listener: FindingListener): Look {
    const key = keyOf(id);
    const next = this.#nextLookAt(key);
    this.#again.delete(key);
    if (!next.request) this.#first.set(key, next);
    return this.#join(next, { id, listener, patientUntilMs: performance.now() + patienceMs });
  }

  /** Looks at a task again, once that is due (by `performance.now()`) and the pace allows it. */
  lookAgain(id: string, dueMs: number, listener: FindingListener): Look {
    const key = keyOf(id);
    const next = this.#nextLookAt(key);
    next.dueMs = Math.min(next.dueMs, dueMs);
    if (!next.request && !this.#first.has(key)) this.#again.set(key, next);
    return this.#join(next, { id, listener, patientUntilMs: Number.POSITIVE_INFINITY });
  }

  #nextLookAt(key: string): NextLook {
    return this.#inFlight.get(key) ?? this.#first.get(key) ?? this.#again.get(key) ?? new NextLook(key);
  }

  #join(next: NextLook, caller: Caller): Look {
    next.add(caller);
    this.#schedulePump();
    return {
      get sent() {
        return next.request !== undefined;
      },
      leave: () => {
        if (next.remove(caller) && next.isAbandoned) this.#abandon(next);
      },
    };
  }

  #abandon({ key, request }: NextLook): void {
    if (!request) {
      this.#first.delete(key);
      this.#again.delete(key);
      this.#schedulePump();
    } else if ([...request.looks.values()].every(({ isAbandoned }) => isAbandoned)) {
      // A request that is being aborted must not be shared any more.
      for (const abandoned of request.looks.keys()) this.#inFlight.delete(abandoned);
      request.controller.abort(new CancelledError());
    }
  }

  /** Runs after everything that arrived in the same chunk of stdin, so that those looks share a request. */
  #schedulePump(): void {
    if (this.#isPumpScheduled) return;
    this.#isPumpScheduled = true;
    setImmediate(() => {
      this.#isPumpScheduled = false;
      this.#pump();
    });
  }

  /** Sends the looks that may be sent now, and sets the timer for later ones. */
  #pump(): void {
    clearTimeout(this.#timer);
    const nowMs = performance.now();
    const quietUntilMs = nowMs + this.client.quietMs;
    if (quietUntilMs > nowMs) this.#refuseImpatient(quietUntilMs);
    else while (this.#requests < MAX_REQUESTS && this.#maySend(nowMs)) this.#send(nowMs);

    // The pump runs again when a request ends.
    if (this.#requests === MAX_REQUESTS || this.#first.size + this.#again.size === 0) return;
    const dueMs = Math.min(...[...this.#again.values()].map((next) => next.dueMs));
    const earliestMs = this.#first.size > 0 ? nowMs : Math.max(dueMs, this.#lastMs + MIN_GAP_MS);
    this.#timer = setTimeout(() => this.#pump(), Math.max(earliestMs, quietUntilMs) - nowMs);
  }

  #maySend(nowMs: number): boolean {
    return this.#first.size > 0 || (nowMs >= this.#lastMs + MIN_GAP_MS && this.#dueLooks(nowMs).length > 0);
  }

  /** The repeated looks that are due now or would become due before the next request, the most urgent first. */
  #dueLooks(nowMs: number): NextLook[] {
    if (this.#again.size === 0) return [];
    const looks = [...this.#again.values()].sort((a, b) => a.dueMs - b.dueMs);
    const isAnyDue = looks[0] !== undefined && looks[0].dueMs <= nowMs;
    return isAnyDue ? looks.filter(({ dueMs }) => dueMs <= nowMs + MIN_GAP_MS) : [];
  }

  /** Sends first looks and, where there is room, the repeated ones that are due. */
  #send(nowMs: number): void {
    const partGapMs = this.#first.size > 0 ? 0 : MIN_GAP_MS;
    const candidates = [...this.#first.values(), ...this.#dueLooks(nowMs)];
    const looks = pickForRequest(candidates, IDS_PER_REQUEST, this.#large);
    const request = { looks: new Map(looks.map((look) => [look.key, look])), controller: new AbortController() };
    for (const look of looks) {
      this.#first.delete(look.key);
      this.#again.delete(look.key);
      this.#inFlight.set(look.key, look);
      look.request = request;
    }
    this.#requests++;
    this.#lastMs = nowMs;
    this.#ask(request, nowMs + this.client.requestTimeoutMs, partGapMs).finally(() => {
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
    if (this.#inFlight.get(key) === look) this.#inFlight.delete(key);
    this.recent.delete(key);
    if (finding.kind === 'found' && finding.isLarge && finding.task.status === 'pending') this.#large.add(key);
    else if (finding.kind === 'found') this.#large.delete(key);
    look.tell(finding);
  }

  /** Refuses the callers that cannot wait until a rate limit ends. */
  #refuseImpatient(quietUntilMs: number): void {
    const error = tooManyRequests(this.client.retryAfterMs);
    for (const look of this.#first.values()) {
      look.refuseImpatient(quietUntilMs, { kind: 'fault', error });
      if (look.isAbandoned) this.#first.delete(look.key);
    }
  }
}
