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

// Node tries each address of a host for 250 ms only: too short for a slow VPN, or a far server beside a dead IPv6.
const CONNECT = { timeout: 10_000, autoSelectFamilyAttemptTimeout: 2500 };
const OPTIONS = {
  // At most two requests are in flight; the rest is room for connections that are still being closed.
  connections: 8,
  // Lookups are at most 30 s apart, so that a wait needs only one TLS handshake. The server may ask for less.
  keepAliveTimeout: 40_000,
  maxResponseSize: MAX_BODY_BYTES,
  // Our deadlines cover the whole exchange; undici's two are coarse and do not notice a body that drips in.
  headersTimeout: 0,
  bodyTimeout: 0,
  connect: CONNECT,
};

/** undici's connections, and the number of requests in flight on them. */
interface Connections {
  dispatcher: Promise<Dispatcher>;
  inFlight: number;
}

/**
 * Posts JSON to one URL over keep-alive connections. After a fault the next request gets fresh connections, and the old ones
 * are destroyed after the last request on them: undici ignores an abort while it connects, and never settles behind a proxy
 * that does not answer. A request that was only cancelled leaves the connections to the others.
 */
export class HttpPool {
  #current: Connections | undefined;

  constructor(
    readonly url: URL,
    readonly headers: Record<string, string>,
    readonly proxy: string | undefined,
  ) {}

  /**
   * Makes one POST; never repeats it, follows no redirect.
   * @throws what undici throws; RequestTimeoutError; the signal's reason once it aborts
   */
  async post(body: string, { headersEndMs, endMs, signal }: Limits): Promise<HttpAnswer> {
    signal.throwIfAborted();
    this.#current ??= { dispatcher: this.#connect(), inFlight: 0 };
    const connections = this.#current;
    connections.inFlight++;

    const ending = new AbortController();
    const cancel = () => ending.abort(signal.reason);
    const expire = () => ending.abort(new RequestTimeoutError());
    signal.addEventListener('abort', cancel);
    let timer = setTimeout(expire, Math.min(headersEndMs, endMs) - performance.now());
    const ended = new Promise<never>((_resolve, reject) => {
      ending.signal.addEventListener('abort', () => reject(ending.signal.reason));
    });
    const exchange = async (): Promise<HttpAnswer> => {
      const { origin, pathname: path } = this.url;
      const dispatcher = await connections.dispatcher;
      const target = { origin, path, method: 'POST' } as const;
      const answer = await dispatcher.request({ ...target, headers: this.headers, body, signal: ending.signal });
      clearTimeout(timer);
      timer = setTimeout(expire, endMs - performance.now());
      return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
    };
    try {
      // Raced, because undici heeds its signal only where it is connected.
      return await Promise.race([exchange(), ended]);
    } catch (error) {
      if (this.#current === connections && !signal.aborted) this.#current = undefined;
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
      connections.inFlight--;
      if (connections.inFlight === 0 && this.#current !== connections) {
        connections.dispatcher.then((dispatcher) => dispatcher.destroy()).catch(() => {});
      }
    }
  }

  /** undici is loaded with the first request, so that a client has its list of tools sooner. */
  async #connect(): Promise<Dispatcher> {
    // The default export, because a dynamic import of bundled CommonJS has no others.
    const { default: undici } = await import('undici');
    if (!this.proxy) return new undici.Pool(this.url.origin, OPTIONS);
    return new undici.ProxyAgent({ ...OPTIONS, uri: this.proxy, requestTls: CONNECT, proxyTls: CONNECT });
  }
}
