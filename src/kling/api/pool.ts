import type { buildConnector, Dispatcher } from 'undici';
import { raceAbort } from '../deadline.js';

/** Proxies as the environment names them. */
export interface ProxySettings {
  httpProxy?: string;
  httpsProxy?: string;
  noProxy?: string;
}

/** An answer, whatever its status; `text` is undefined where the body was not read: a redirect, or compressed. */
export interface HttpAnswer {
  status: number;
  headers: Dispatcher.ResponseData['headers'];
  text: string | undefined;
}

/** A body larger than this is none of the API's. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** More calls than this at once wait for a connection; the API asks for few requests, not for many in parallel. */
const MAX_CONNECTIONS = 64;
/** Looks come 5 to 10 s apart: long enough that a wait needs one TLS handshake. The server may announce less. */
const KEEP_ALIVE_MS = 30_000;

type Undici = typeof import('./undici.js');

/** One set of connections, and how many requests are under way on it. */
interface Generation {
  dispatcher: Dispatcher;
  inFlight: number;
}

/**
 * Posts JSON over a pool of keep-alive connections that all calls share. After any fault the next request gets fresh
 * connections, and the old ones are destroyed with the last request on them: undici ignores an abort while it
 * connects, and never settles behind a proxy that does not answer.
 */
export class HttpPool {
  #undici: Undici | undefined;
  #current: Generation | undefined;

  constructor(
    readonly proxy: ProxySettings | undefined,
    readonly connectTimeoutMs: number,
    /** Makes the connections in place of the network. */
    readonly connector: buildConnector.connector | undefined,
  ) {}

  /**
   * One POST, never repeated, no redirect followed.
   * @throws what undici throws; the signal's reason once it aborts
   */
  async post(url: URL, headers: Record<string, string>, body: string, signal: AbortSignal): Promise<HttpAnswer> {
    const generation = await this.#acquire();
    try {
      return await raceAbort(exchange(generation.dispatcher, url, headers, body, signal), signal);
    } catch (error) {
      if (this.#current === generation) this.#current = undefined;
      throw error;
    } finally {
      generation.inFlight--;
      if (generation.inFlight === 0 && this.#current !== generation) {
        generation.dispatcher.destroy().catch(() => {});
      }
    }
  }

  /** The current generation, with the request counted already: a fault of another one must not destroy it. */
  async #acquire(): Promise<Generation> {
    this.#undici ??= await import('./undici.js');
    this.#current ??= { dispatcher: this.#createDispatcher(this.#undici), inFlight: 0 };
    this.#current.inFlight++;
    return this.#current;
  }

  #createDispatcher({ Agent, EnvHttpProxyAgent }: Undici): Dispatcher {
    const connect = { timeout: this.connectTimeoutMs };
    const options = {
      connections: MAX_CONNECTIONS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxResponseSize: MAX_BODY_BYTES,
      // The deadline covers the whole exchange; these two are coarse and miss a dripping body.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: this.connector ?? connect,
    };
    return this.proxy
      ? new EnvHttpProxyAgent({ ...options, ...this.proxy, requestTls: connect, proxyTls: connect })
      : new Agent(options);
  }
}

async function exchange(
  dispatcher: Dispatcher,
  url: URL,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const answer = await dispatcher.request({
    origin: url.origin,
    path: url.pathname,
    method: 'POST',
    headers,
    body,
    signal,
  });
  const encoding = String(answer.headers['content-encoding'] ?? 'identity').toLowerCase();
  const redirect = answer.statusCode >= 300 && answer.statusCode < 400;
  if (redirect || encoding !== 'identity') {
    // A body that nobody reads would block its connection.
    answer.body.on('error', () => {}).destroy();
    return { status: answer.statusCode, headers: answer.headers, text: undefined };
  }
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
}
