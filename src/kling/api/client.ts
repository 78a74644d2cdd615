import { setTimeout as pause } from 'node:timers/promises';
import { redactor } from '../text/clean.js';
import { isEmpty, isObject, type JsonObject } from '../text/json.js';
import { dateOf, readAnswer } from './answer.js';
import { badResponse, KlingError } from './error.js';
import { isReset, networkError } from './network-error.js';
import { type HttpLimits, HttpPool, type HttpRequest, type ProxySettings, RequestTimeoutError } from './pool.js';

/** How to reach the API. */
export interface Connection {
  token: string;
  /** Without a trailing slash. */
  baseUrl: URL;
  /** The most that one lookup may take, retries included. */
  requestTimeoutMs: number;
  proxy?: ProxySettings | undefined;
}

/** What a client is told besides the connection. */
export interface ClientOptions {
  userAgent: string;
  /** Called once per attempt, for the log. */
  onAttempt?: (attempt: AttemptReport) => void;
}

/** One request to the API: its outcome is the HTTP status, or the code of the error that ended it. */
export interface AttemptReport {
  /** The number of tasks that it asked for. */
  ids: number;
  outcome: string;
  durationMs: number;
}

/** The records of an answer, in no particular order; the Unix time in milliseconds at which the API answered. */
export interface LookupAnswer {
  records: JsonObject[];
  dateMs: number;
  /** The length of the answer in characters. */
  size: number;
}

const MAX_ATTEMPTS = 3;
/** How long the first attempt waits for headers (or a third of the timeout, if that is longer) before it is repeated. */
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
  readonly #options: ClientOptions;
  readonly #url: URL;
  /** The host as errors name it, with a note if a proxy is configured. */
  readonly #host: string;
  readonly #headers: Record<string, string>;
  readonly #pool: HttpPool;
  readonly #redact: (text: string) => string;
  #quietUntilMs = 0;
  #askedQuietUntilMs = 0;

  constructor({ token, baseUrl, requestTimeoutMs, proxy }: Connection, options: ClientOptions) {
    this.requestTimeoutMs = requestTimeoutMs;
    this.#options = options;
    this.#url = new URL(`${baseUrl.href.replace(/\/$/, '')}/kling/tasks`);
    this.#host = proxy ? `${this.#url.host} (a proxy is configured)` : this.#url.host;
    this.#headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      'accept-encoding': 'identity',
      'content-type': 'application/json',
      'user-agent': options.userAgent,
    };
    this.#pool = new HttpPool(proxy);
    this.#redact = redactor(token);
  }

  /** For how many more milliseconds no request is made because of a `Retry-After`; 5 minutes at most. */
  get quietMs(): number {
    return Math.max(0, this.#quietUntilMs - performance.now());
  }

  /** What remains of the API's `Retry-After` in milliseconds, not limited to 5 minutes. */
  get retryAfterMs(): number {
    return Math.max(0, this.#askedQuietUntilMs - performance.now());
  }

  /**
   * Looks up some tasks with one request: one id alone as `retrieve`, several as `retrieve_batch`. Ids that do not exist
   * have no record.
   * @param endMs when it has to be over, retries included, in milliseconds of `performance.now()`
   * @throws KlingError by the error table; the signal's reason once it aborts
   */
  async lookup(ids: string[], endMs: number, signal: AbortSignal): Promise<LookupAnswer> {
    const [id] = ids;
    const body = ids.length === 1 ? { action: 'retrieve', id } : { action: 'retrieve_batch', ids };
    const startMs = performance.now();
    const request = { url: this.#url, headers: this.#headers, body: JSON.stringify(body) };
    let headersTimeoutMs = Math.max(MIN_HEADERS_TIMEOUT_MS, this.requestTimeoutMs / 3);
    for (let attempt = 1; ; attempt++) {
      const headersEndMs = performance.now() + headersTimeoutMs;
      const outcome = await this.#attempt(ids, request, { headersEndMs, endMs, signal });
      if (!(outcome instanceof Failure)) return outcome;
      const { cause } = outcome;
      const slow = cause instanceof RequestTimeoutError;
      // The API may only be slow, so the second attempt gets all the time that is left.
      if (slow) headersTimeoutMs = Number.POSITIVE_INFINITY;
      const fault = outcome.error ?? this.#timeout(performance.now() - startMs);
      // The server was just closing a kept-alive connection: a fresh one works at once.
      const ownPauseMs = attempt === 1 && (slow || isReset(cause)) ? 0 : pauseAfter(attempt, fault.retryAfterMs);
      // Another request may have met a rate limit meanwhile, which holds for this one too.
      const pauseMs = Math.max(ownPauseMs, this.quietMs);
      const worthAnother = fault.retryable && attempt < MAX_ATTEMPTS && performance.now() + pauseMs < endMs;
      if (!worthAnother) throw fault;
      await pause(pauseMs, undefined, { signal });
    }
  }

  async #attempt(ids: string[], request: HttpRequest, limits: HttpLimits): Promise<LookupAnswer | Failure> {
    const startMs = performance.now();
    const report = (outcome: string) =>
      this.#options.onAttempt?.({ ids: ids.length, outcome, durationMs: performance.now() - startMs });
    try {
      const answer = await this.#pool.post(request, limits);
      report(`HTTP ${answer.status}`);
      const body = readAnswer({ ...answer, text: answer.text && this.#redact(answer.text) }, ids);
      return { records: recordsOf(body, ids.length), dateMs: dateOf(answer), size: answer.text?.length ?? 0 };
    } catch (cause) {
      if (limits.signal.aborted) throw cause;
      if (cause instanceof KlingError) {
        this.#keepQuiet(cause.retryAfterMs ?? 0);
        return new Failure(cause, cause);
      }
      const error = cause instanceof RequestTimeoutError ? undefined : networkError(cause, this.#host);
      report(error?.code ?? 'timeout');
      return new Failure(error, cause);
    }
  }

  #keepQuiet(retryAfterMs: number): void {
    const nowMs = performance.now();
    this.#askedQuietUntilMs = Math.max(this.#askedQuietUntilMs, nowMs + retryAfterMs);
    this.#quietUntilMs = Math.max(this.#quietUntilMs, nowMs + Math.min(retryAfterMs, MAX_QUIET_MS));
  }

  #timeout(elapsedMs: number): KlingError {
    return new KlingError('timeout', `No answer from ${this.#host} within ${(elapsedMs / 1000).toFixed(1)} s.`);
  }
}

/** A failed attempt; `error` is undefined if its time ran out. */
class Failure {
  constructor(
    readonly error: KlingError | undefined,
    readonly cause: unknown,
  ) {}
}

function recordsOf(body: JsonObject | null, idCount: number): JsonObject[] {
  // `{}`, or `null` on some deployments, means that no task was found.
  if (body === null || isEmpty(body)) return [];
  if (idCount === 1) return [body];
  if (body.items === null) return [];
  if (!Array.isArray(body.items)) throw badResponse('The API answered a batch without a list of items.');
  return body.items.filter(isObject);
}

/** Grows exponentially, with 25 % jitter either way, and is never shorter than the API asks for. */
function pauseAfter(attempt: number, retryAfterMs = 0): number {
  return Math.max(retryAfterMs, FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.75 + Math.random() / 2));
}
