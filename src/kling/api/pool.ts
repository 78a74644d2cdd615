import type { Dispatcher } from 'undici';

/** Proxies as the environment names them. */
export interface ProxySettings {
  httpProxy?: string;
  httpsProxy?: string;
  noProxy?: string;
}

/** One POST of JSON. */
export interface HttpRequest {
  url: URL;
  headers: Record<string, string>;
  body: string;
}

/** What can end a request: a deadline (in milliseconds of `performance.now()`), or a signal that nobody needs it any more. */
export interface HttpLimits {
  /** The deadline for the headers; once they have arrived, only `endMs` counts. */
  headersEndMs: number;
  endMs: number;
  signal: AbortSignal;
}

/** An answer of any status. `text` is undefined if the body was not read, because it is compressed or a redirect's. */
export interface HttpAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string | undefined;
}

/** Thrown when the time for a request runs out. */
export class RequestTimeoutError extends Error {
  override readonly name = 'RequestTimeoutError';
}

/** Answers of the API stay far below this, except for batches in which several tasks contain base64. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** At most two requests are in flight; the rest is room for connections that are still being closed. */
const MAX_CONNECTIONS = 8;
/** Looks are at most 30 s apart, so that a wait needs only one TLS handshake. The server may ask for less. */
const KEEP_ALIVE_MS = 40_000;
const CONNECT_TIMEOUT_MS = 10_000;

type Undici = typeof import('./undici.js');

/** One set of connections, and the number of requests in flight on it. */
interface Generation {
  dispatcher: Dispatcher;
  inFlight: number;
}

/**
 * Posts JSON over keep-alive connections. After a fault the next request gets fresh connections, and the old ones are
 * destroyed after the last request on them: undici ignores an abort while it connects, and never settles behind a proxy
 * that does not answer. A request that was only cancelled leaves the connections to the others.
 */
export class HttpPool {
  #undici: Undici | undefined;
  #current: Generation | undefined;

  constructor(readonly proxy: ProxySettings | undefined) {}

  /**
   * Makes one POST; never repeats it, follows no redirect.
   * @throws what undici throws; RequestTimeoutError; the signal's reason once it aborts
   */
  async post(request: HttpRequest, limits: HttpLimits): Promise<HttpAnswer> {
    this.#undici ??= await import('./undici.js');
    this.#current ??= { dispatcher: this.#createDispatcher(this.#undici), inFlight: 0 };
    const generation = this.#current;
    generation.inFlight++;
    try {
      return await exchange(generation.dispatcher, request, limits);
    } catch (error) {
      if (this.#current === generation && !limits.signal.aborted) this.#current = undefined;
      throw error;
    } finally {
      generation.inFlight--;
      if (generation.inFlight === 0 && this.#current !== generation) {
        generation.dispatcher.destroy().catch(() => {});
      }
    }
  }

  #createDispatcher({ Agent, EnvHttpProxyAgent }: Undici): Dispatcher {
    const connect = { timeout: CONNECT_TIMEOUT_MS };
    const options = {
      connections: MAX_CONNECTIONS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxResponseSize: MAX_BODY_BYTES,
      // Our deadlines cover the whole exchange; undici's two are coarse and do not notice a body that drips in.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect,
    };
    return this.proxy
      ? new EnvHttpProxyAgent({ ...options, ...this.proxy, requestTls: connect, proxyTls: connect })
      : new Agent(options);
  }
}

/** One exchange, over `dispatch` because the stream and the signal of `dispatcher.request` cost 8 % of a lookup. */
function exchange(dispatcher: Dispatcher, request: HttpRequest, limits: HttpLimits): Promise<HttpAnswer> {
  const { url, headers, body } = request;
  const { headersEndMs, endMs, signal } = limits;
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let failure: Error | undefined;
    let answer: Omit<HttpAnswer, 'text'> | undefined;
    const chunks: Buffer[] = [];

    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    const fail = (error: Error) => {
      failure ??= error;
      settle();
      controller?.abort(error);
      // Rejected here, without waiting for undici: it ignores an abort while it connects.
      reject(error);
    };
    const onAbort = () => fail(signal.reason);
    const expireAt = (atMs: number) => setTimeout(() => fail(new RequestTimeoutError()), atMs - performance.now());
    let timer = expireAt(Math.min(headersEndMs, endMs));
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) return onAbort();

    dispatcher.dispatch(
      { origin: url.origin, path: url.pathname, method: 'POST', headers, body },
      {
        onRequestStart(started) {
          controller = started;
          if (failure) started.abort(failure);
        },
        onResponseStart(_controller, status, answerHeaders) {
          // After a 1xx status the real answer is still to come.
          if (status < 200 || failure) return;
          clearTimeout(timer);
          timer = expireAt(endMs);
          answer = { status, headers: answerHeaders };
          if (isReadable(answer)) return;
          settle();
          resolve({ ...answer, text: undefined });
          // An unread body would block its connection.
          controller?.abort(new Error('unread'));
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk);
        },
        onResponseEnd() {
          settle();
          if (answer) resolve({ ...answer, text: Buffer.concat(chunks).toString('utf8') });
        },
        onResponseError(_controller, error) {
          settle();
          reject(error);
        },
      },
    );
  });
}

/** Whether the body is worth reading: a redirect is not followed, and a compressed body could unpack to any size. */
function isReadable({ status, headers }: Omit<HttpAnswer, 'text'>): boolean {
  const encoding = String(headers['content-encoding'] ?? 'identity').toLowerCase();
  return encoding === 'identity' && !(status >= 300 && status < 400);
}
