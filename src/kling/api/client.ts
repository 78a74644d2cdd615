import { setTimeout as pause } from 'node:timers/promises';
import { type Redact, redactor } from '../../text/clean.js';
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

export type LookupAnswer = Awaited<ReturnType<KlingClient['lookup']>>;

const MAX_ATTEMPTS = 3;
/** How long the first attempt waits for headers, unless a third of the timeout is longer. */
const MIN_HEADERS_TIMEOUT_MS = 10_000;
/** The vendor's guidance: repeat after 1 s, then 2 s, each with jitter. */
const FIRST_PAUSE_MS = 1000;
/** The longest time for which a `Retry-After` is obeyed. */
const MAX_QUIET_MS = 5 * 60 * 1000;

/**
 * The AceDataCloud Kling tasks endpoint: `POST {base}/kling/tasks`. Lookups are free and safe to repeat, so 429, 5xx and
 * network failures are repeated, up to three attempts within the time; another 4xx never is.
 */
export class KlingClient {
  readonly requestTimeoutMs: number;
  /** Replaces the token in a text. */
  readonly redact: Redact;
  readonly #pool: HttpPool;
  /** The host as errors name it, with a note if a proxy is configured. */
  readonly #host: string;
  #quietUntilMs = 0;
  #askedQuietUntilMs = 0;

  /** @param onAttempt receives a line for the log after each attempt */
  constructor(
    { token, baseUrl, requestTimeoutMs, proxy }: Connection,
    userAgent: string,
    readonly onAttempt: (line: string) => void = () => {},
  ) {
    this.requestTimeoutMs = requestTimeoutMs;
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      'accept-encoding': 'identity',
      'content-type': 'application/json',
      'user-agent': userAgent,
    };
    this.#pool = new HttpPool(new URL(`${baseUrl.href.replace(/\/$/, '')}/kling/tasks`), headers, proxy);
    this.#host = proxy ? `${baseUrl.host} (a proxy is configured)` : baseUrl.host;
    this.redact = redactor(token);
  }

  /** How much longer no request is made because of a `Retry-After`; 5 minutes at most. */
  get quietMs(): number {
    return Math.max(0, this.#quietUntilMs - performance.now());
  }

  /** What remains of the API's `Retry-After`, not limited to 5 minutes. */
  get retryAfterMs(): number {
    return Math.max(0, this.#askedQuietUntilMs - performance.now());
  }

  /**
   * Looks up some tasks with one request. Ids that do not exist have no record, and the records have no particular order.
   * @param endMs when it has to be over, retries included, in milliseconds of `performance.now()`
   * @returns also the Unix time at which the API answered, and the length of its answer in characters
   * @throws KlingError by the error table; the signal's reason once it aborts
   */
  async lookup(ids: string[], endMs: number, signal: AbortSignal) {
    const startMs = performance.now();
    let headersTimeoutMs = Math.max(MIN_HEADERS_TIMEOUT_MS, this.requestTimeoutMs / 3);
    for (let attempt = 1; ; attempt++) {
      try {
        const limits = { headersEndMs: performance.now() + headersTimeoutMs, endMs, signal };
        return await this.#attempt(ids, limits, startMs);
      } catch (fault) {
        if (!(fault instanceof KlingError)) throw fault;
        const { code, cause, retryable, retryAfterMs = 0 } = fault;
        const nowMs = performance.now();
        this.#askedQuietUntilMs = Math.max(this.#askedQuietUntilMs, nowMs + retryAfterMs);
        this.#quietUntilMs = Math.max(this.#quietUntilMs, nowMs + Math.min(retryAfterMs, MAX_QUIET_MS));
        const isSlow = code === 'timeout';
        // The API may only be slow, so the second attempt gets all the time that is left.
        if (isSlow) headersTimeoutMs = Number.POSITIVE_INFINITY;
        // The server was just closing a kept-alive connection: a fresh one works at once.
        const atOnce = attempt === 1 && (isSlow || isReset(cause));
        const backoffMs = atOnce ? 0 : FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
        // Another request may have met a rate limit meanwhile, which holds for this one too.
        const pauseMs = Math.max(backoffMs, retryAfterMs, this.quietMs);
        if (!retryable || attempt === MAX_ATTEMPTS || nowMs + pauseMs >= endMs) throw fault;
        await pause(pauseMs, undefined, { signal });
      }
    }
  }

  /** One attempt, which is told to the log. */
  async #attempt(ids: string[], limits: Limits, startMs: number) {
    const attemptMs = performance.now();
    const report = (outcome: string) =>
      this.onAttempt(`lookup of ${ids.length}: ${outcome} after ${Math.round(performance.now() - attemptMs)} ms`);
    const body = ids.length === 1 ? { action: 'retrieve', id: ids[0] } : { action: 'retrieve_batch', ids };
    const answer = await this.#pool.post(JSON.stringify(body), limits).catch((cause: unknown) => {
      const error = networkError(cause, this.#host, startMs);
      report(error.code);
      throw error;
    });
    report(`HTTP ${answer.status}`);
    const records = readAnswer(answer, ids, this.redact);
    return { records, dateMs: dateOf(answer), size: answer.text.length };
  }
}
