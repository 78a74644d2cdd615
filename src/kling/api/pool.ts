import type { Dispatcher } from 'undici';

/** What ends a request: deadlines (by `performance.now()`), or a signal that nobody needs it any more. */
export interface Limits {
  /** Once the headers have arrived, only `endMs` counts. */
  headersEndMs: number;
  endMs: number;
  signal: AbortSignal;
}

/** An answer of any status. */
export interface HttpAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** Thrown when the time for a request runs out. */
export class RequestTimeoutError extends Error {}

/** Answers of the API stay far below this, except for batches in which several tasks contain base64. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

const CONNECT = { timeout: 10_000 };
const OPTIONS = {
  // At most two requests are in flight; the rest is room for connections that are still being closed.
  connections: 8,
  // Looks are at most 30 s apart, so that a wait needs only one TLS handshake. The server may ask for less.
  keepAliveTimeout: 40_000,
  maxResponseSize: MAX_BODY_BYTES,
  // Our deadlines cover the whole exchange; undici's two are coarse and do not notice a body that drips in.
  headersTimeout: 0,
  bodyTimeout: 0,
  connect: CONNECT,
};

/**
 * Posts JSON to one URL over keep-alive connections. After a fault the next request gets fresh connections, and the old ones
 * are destroyed after the last request on them: undici ignores an abort while it connects, and never settles behind a proxy
 * that does not answer. A request that was only cancelled leaves the connections to the others.
 */
export class HttpPool {
  /** One set of connections, and the number of requests in flight on it. */
  #current: { dispatcher: Promise<Dispatcher>; inFlight: number } | undefined;

  constructor(
    readonly url: URL,
    readonly headers: Record<string, string>,
    readonly proxy: string | undefined,
  ) {}

  /**
   * Makes one POST; never repeats it, follows no redirect.
   * @throws what undici throws; RequestTimeoutError; the signal's reason once it aborts
   */
  async post(body: string, limits: Limits): Promise<HttpAnswer> {
    this.#current ??= { dispatcher: this.#createDispatcher(), inFlight: 0 };
    const connections = this.#current;
    connections.inFlight++;
    try {
      return await this.#exchange(await connections.dispatcher, body, limits);
    } catch (error) {
      if (this.#current === connections && !limits.signal.aborted) this.#current = undefined;
      throw error;
    } finally {
      connections.inFlight--;
      if (connections.inFlight === 0 && this.#current !== connections) {
        connections.dispatcher.then((dispatcher) => dispatcher.destroy()).catch(() => {});
      }
    }
  }

  async #createDispatcher(): Promise<Dispatcher> {
    const { Agent, ProxyAgent } = await import('./undici.js');
    if (!this.proxy) return new Agent(OPTIONS);
    return new ProxyAgent({ ...OPTIONS, uri: this.proxy, requestTls: CONNECT, proxyTls: CONNECT });
  }

  /** One exchange, over `dispatch` because the stream and the signal of `dispatcher.request` cost 8 % of a lookup. */
  #exchange(dispatcher: Dispatcher, body: string, { headersEndMs, endMs, signal }: Limits): Promise<HttpAnswer> {
    const { origin, pathname: path } = this.url;
    return new Promise((resolve, reject) => {
      let controller: Dispatcher.DispatchController | undefined;
      let failure: Error | undefined;
      const answer: HttpAnswer = { status: 0, headers: {}, text: '' };
      const chunks: Buffer[] = [];

      const settle = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      };
      const fail = (error: Error) => {
        failure = error;
        settle();
        // Without waiting for undici: it ignores an abort while it connects.
        reject(error);
        controller?.abort(error);
      };
      const onAbort = () => fail(signal.reason);
      const expireAt = (atMs: number) => setTimeout(() => fail(new RequestTimeoutError()), atMs - performance.now());
      let timer = expireAt(Math.min(headersEndMs, endMs));
      signal.addEventListener('abort', onAbort);
      if (signal.aborted) return onAbort();

      dispatcher.dispatch(
        { origin, path, method: 'POST', headers: this.headers, body },
        {
          onRequestStart(started) {
            controller = started;
            if (failure) started.abort(failure);
          },
          onResponseStart(_controller, status, headers) {
            // After a 1xx status the real answer is still to come.
            if (status < 200) return;
            clearTimeout(timer);
            timer = expireAt(endMs);
            Object.assign(answer, { status, headers });
          },
          onResponseData: (_controller, chunk) => chunks.push(chunk),
          onResponseEnd() {
            settle();
            resolve({ ...answer, text: Buffer.concat(chunks).toString() });
          },
          onResponseError: (_controller, error) => fail(error),
        },
      );
    });
  }
}
