import { setTimeout as pause } from 'node:timers/promises';
import { type Redact, redactor } from '../../text/clean.js';
import type { JsonObject } from '../../text/json.js';
import { dateOf, readAnswer } from './answer.js';
import { KlingError } from './error.js';
import { isReset, networkError } from './network-error.js';
import { HttpPool, type Limits } from './pool.js';

export interface Connection {
  token: string;
  baseUrl: URL;
  /** The most that one lookup may take, retries included. */
  requestTimeoutMs: number;
  /** The URL of the proxy that all requests take. */
  proxy?: string | undefined;
}

export interface LookupAnswer {
  /** In no particular order; ids that do not exist have none. The token may still stand in them. */
  records: JsonObject[];
  /** The Unix time at which the API answered. */
  dateMs: number;
}

const MAX_ATTEMPTS = 3;
/** How long the first attempt waits for headers, unless a third of the timeout is longer. */
const MIN_HEADERS_TIMEOUT_MS = 10_000;
/** The vendor's guidance: repeat after 1 s, then 2 s, each with jitter. */
const FIRST_PAUSE_MS = 1000;
/** The longest time for which a `Retry-After` is obeyed. */
const MAX_QUIET_MS = 5 * 60 * 1000;

/** The API's `Retry-After`, which holds for all lookups. */
export class RateLimit {
  #sinceMs = 0;
  #untilMs = 0;

  /** How much longer no request is made because of it; 5 minutes at most. */
  get quietMs(): number {
    return Math.max(0, Math.min(this.#untilMs, this.#sinceMs + MAX_QUIET_MS) - performance.now());
  }

  /** While no request is made: what remains of the whole `Retry-After`. */
  get retryAfterMs(): number {
    return this.quietMs > 0 ? this.#untilMs - performance.now() : 0;
  }

  /** Takes in the `Retry-After` of an answer. A shorter one does not end one that holds. */
  take(retryAfterMs: number): void {
    if (retryAfterMs <= this.retryAfterMs) return;
    this.#sinceMs = performance.now();
    this.#untilMs = this.#sinceMs + retryAfterMs;
  }
}

/**
 * The AceDataCloud Kling tasks endpoint: `POST {base}/kling/tasks`. Lookups are free and safe to repeat, so 429, 5xx and
 * network failures are repeated, up to three attempts within the time; another 4xx never is.
 */
export class KlingClient {
  readonly requestTimeoutMs: number;
  readonly rateLimit = new RateLimit();
  /** Replaces the token. */
  readonly redact: Redact;
  readonly #pool: HttpPool;
  /** The host as errors name it, with a note if a proxy is configured. */
  readonly #host: string;

  /** @param debug receives a line for the log after each attempt, and about what no result tells */
  constructor(
    { token, baseUrl, requestTimeoutMs, proxy }: Connection,
    userAgent: string,
    readonly debug: (line: string) => void = () => {},
  ) {
    this.requestTimeoutMs = requestTimeoutMs;
    this.redact = redactor(token);
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      'accept-encoding': 'identity',
      'content-type': 'application/json',
      'user-agent': userAgent,
    };
    this.#pool = new HttpPool(new URL(`${baseUrl.href.replace(/\/$/, '')}/kling/tasks`), headers, proxy);
    this.#host = proxy ? `${baseUrl.host} (a proxy is configured)` : baseUrl.host;
  }

  /**
   * Looks up some tasks with one request.
   * @param endMs when it has to be over, retries included, in milliseconds of `performance.now()`
   * @throws KlingError by the error table; the signal's reason once it aborts
   */
  async lookup(ids: string[], endMs: number, signal: AbortSignal): Promise<LookupAnswer> {
    const startMs = performance.now();
    let headersTimeoutMs = Math.max(MIN_HEADERS_TIMEOUT_MS, this.requestTimeoutMs / 3);
    for (let attempt = 1; ; attempt++) {
      try {
        const limits = { headersEndMs: performance.now() + headersTimeoutMs, endMs, signal };
        return await this.#attempt(ids, limits, startMs);
      } catch (fault) {
        if (!(fault instanceof KlingError)) throw fault;
        const { retryAfterMs = 0 } = fault;
        const nowMs = performance.now();
        this.rateLimit.take(retryAfterMs);
        // Another request may have met a rate limit meanwhile, which holds for this one too.
        const pauseMs = Math.max(backoffMs(fault, attempt), retryAfterMs, this.rateLimit.quietMs);
        if (!fault.retryable || attempt === MAX_ATTEMPTS || nowMs + pauseMs >= endMs) throw fault;
        // The API may only be slow, so the second attempt gets all the time that is left.
        if (fault.code === 'timeout') headersTimeoutMs = this.requestTimeoutMs;
        await pause(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    }
  }

  /** One attempt, which is told to the log. */
  async #attempt(ids: string[], limits: Limits, startMs: number): Promise<LookupAnswer> {
    const attemptMs = performance.now();
    const report = (outcome: string) =>
      this.debug(`lookup of ${ids.length}: ${outcome} after ${Math.round(performance.now() - attemptMs)} ms`);
    const body = ids.length === 1 ? { action: 'retrieve', id: ids[0] } : { action: 'retrieve_batch', ids };
    const answer = await this.#pool.post(JSON.stringify(body), limits).catch((cause: unknown) => {
      limits.signal.throwIfAborted();
      const error = networkError(cause, this.#host, startMs);
      report(error.code);
      throw error;
    });
    report(`HTTP ${answer.status}`);
    return { records: readAnswer(answer, ids, this.redact), dateMs: dateOf(answer) };
  }
}

/** The pause before the next attempt. */
function backoffMs({ code, cause }: KlingError, attempt: number): number {
  // It has waited long enough; or the server was just closing a kept-alive connection, and a fresh one works at once.
  if (attempt === 1 && (code === 'timeout' || isReset(cause))) return 0;
  return FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
}
