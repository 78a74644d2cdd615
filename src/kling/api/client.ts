import type { buildConnector } from 'undici';
import { CancelledError, Deadline, ExpiredError, pause, type Stop } from '../deadline.js';
import { redactor } from '../text/clean.js';
import { isEmpty, isObject, type JsonObject, textOf } from '../text/json.js';
import { badResponse, isReset, networkError, readAnswer } from './answer.js';
import { KlingError } from './error.js';
import { HttpPool, type ProxySettings } from './pool.js';

/** How to reach the API. */
export interface Connection {
  token: string;
  /** Without a trailing slash. */
  baseUrl: URL;
  /** The most that one lookup may take, retries included. */
  requestTimeoutMs: number;
  proxy?: ProxySettings | undefined;
  /** Makes the connections in place of the network. */
  connect?: buildConnector.connector;
  /** Told once per attempt; for the log. */
  onAttempt?: (attempt: AttemptReport) => void;
}

/** One request to the API: its outcome is the HTTP status, or the code of the error that ended it. */
export interface AttemptReport {
  action: string;
  outcome: string;
  durationMs: number;
}

/** How long one lookup may take (never more than the configured timeout), and who can end it. */
export interface LookupLimits {
  budgetMs: number;
  stop: Stop;
}

const MAX_ATTEMPTS = 3;
const ATTEMPT_TIMEOUT_MS = 10_000;
/** The vendor's guidance: repeat after 1, 2, 4 … s with jitter. */
const FIRST_PAUSE_MS = 1000;

/**
 * The AceDataCloud Kling tasks endpoint: `POST {base}/kling/tasks`. Looking up is free and safe to repeat, so 429, 5xx
 * and network failures are repeated, up to three attempts within the time; another 4xx never is.
 */
export class KlingClient {
  readonly #connection: Connection;
  readonly #url: URL;
  readonly #headers: Record<string, string>;
  readonly #pool: HttpPool;
  readonly #redact: (text: string) => string;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#url = new URL(`${connection.baseUrl.href.replace(/\/$/, '')}/kling/tasks`);
    this.#headers = {
      authorization: `Bearer ${connection.token}`,
      accept: 'application/json',
      'accept-encoding': 'identity',
      'content-type': 'application/json',
    };
    this.#pool = new HttpPool(connection.proxy, ATTEMPT_TIMEOUT_MS, connection.connect);
    this.#redact = redactor(connection.token);
  }

  /**
   * One task's record; undefined where the API knows no such task for this account, which it says with `{}` or `null`.
   * @throws KlingError by the error table; CancelledError
   */
  async retrieve(id: string, limits: LookupLimits): Promise<JsonObject | undefined> {
    const body = await this.#lookup({ action: 'retrieve', id }, limits);
    if (body === null || isEmpty(body)) return undefined;
    if (textOf(body.id) === undefined) throw badResponse('The API answered with a record that has no id.');
    return body;
  }

  /**
   * The records of the ids that exist, in no promised order; ids without a task are absent.
   * @throws KlingError by the error table; CancelledError
   */
  async retrieveBatch(ids: string[], limits: LookupLimits): Promise<JsonObject[]> {
    const body = await this.#lookup({ action: 'retrieve_batch', ids }, limits);
    if (body === null || isEmpty(body)) return [];
    if (!Array.isArray(body.items)) throw badResponse('The API answered a batch without a list of items.');
    return body.items.filter(isObject);
  }

  async #lookup(request: TasksRequest, { budgetMs, stop }: LookupLimits): Promise<JsonObject | null> {
    const startMs = performance.now();
    const endMs = startMs + Math.min(budgetMs, this.#connection.requestTimeoutMs);
    for (let attempt = 1; ; attempt++) {
      const attemptEndMs = Math.min(endMs, performance.now() + ATTEMPT_TIMEOUT_MS);
      const { answer, error, reset } = await this.#attempt(request, attemptEndMs - performance.now(), stop);
      if (answer !== undefined) return answer;
      const fault = error ?? this.#timeout(performance.now() - startMs);
      // A kept-alive connection that the server was just closing: nothing is wrong, a fresh one works at once.
      const pauseMs = reset && attempt === 1 ? 0 : pauseAfter(attempt, fault.retryAfterMs);
      const worthAnother = fault.retryable && attempt < MAX_ATTEMPTS && performance.now() + pauseMs < endMs;
      if (!worthAnother) throw fault;
      await pause(pauseMs, stop);
      if (stop.closing.aborted) throw fault;
    }
  }

  /** One request. An error of undefined means that its time ran out. */
  async #attempt(request: TasksRequest, budgetMs: number, stop: Stop): Promise<Attempt> {
    const startMs = performance.now();
    const report = (outcome: string) =>
      this.#connection.onAttempt?.({ action: request.action, outcome, durationMs: performance.now() - startMs });
    const deadline = new Deadline(budgetMs, stop);
    try {
      const answer = await this.#pool.post(this.#url, this.#headers, JSON.stringify(request), deadline.signal);
      report(`HTTP ${answer.status}`);
      return { answer: readAnswer({ ...answer, text: answer.text && this.#redact(answer.text) }) };
    } catch (cause) {
      if (cause instanceof CancelledError) throw cause;
      if (cause instanceof KlingError) return { error: cause };
      const error = cause instanceof ExpiredError ? undefined : networkError(cause, this.#host());
      report(error?.code ?? 'timeout');
      return { error, reset: isReset(cause) };
    } finally {
      deadline.dispose();
    }
  }

  /** The host as errors name it, and that a proxy may stand before it. */
  #host(): string {
    return this.#connection.proxy ? `${this.#url.host} (a proxy is configured)` : this.#url.host;
  }

  #timeout(elapsedMs: number): KlingError {
    return new KlingError('timeout', `No answer from ${this.#host()} within ${(elapsedMs / 1000).toFixed(1)} s.`);
  }
}

/** The two requests that the endpoint understands and this server makes. */
type TasksRequest = { action: 'retrieve'; id: string } | { action: 'retrieve_batch'; ids: string[] };

/** What came of a request: an answer, or what is wrong; `reset` where the connection broke under it. */
interface Attempt {
  answer?: JsonObject | null;
  error?: KlingError | undefined;
  reset?: boolean;
}

/** Exponential with a quarter of jitter either way, and never less than the API asks for: that may be a date in the past. */
function pauseAfter(attempt: number, retryAfterMs = 0): number {
  return Math.max(retryAfterMs, FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.75 + Math.random() / 2));
}
