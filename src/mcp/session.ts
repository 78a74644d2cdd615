import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/sdk/types.js';
import { isObject, type JsonObject } from '../kling/text/json.js';
import type { Answer } from './connection.js';
import type { Exchange } from './exchange.js';
import { createFeatures, EXTENSIONS, type ServerOptions } from './features.js';
import { INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, ProtocolError } from './json-rpc.js';

interface Waiting {
  exchange: Exchange;
  resolve(result: object): void;
  reject(error: unknown): void;
}

/**
 * Carries requests to the SDK's server, and its answers back. The client's id is replaced by a number: the SDK ignores the
 * cancellation of an id of 0, and would send a late answer to an id that is in use again.
 */
class ExchangeTransport implements Transport {
  onmessage?: NonNullable<Transport['onmessage']>;
  readonly #waiting = new Map<RequestId, Waiting>();
  #lastNumber = 0;

  async start(): Promise<void> {}
  async close(): Promise<void> {}

  async send(message: JSONRPCMessage): Promise<void> {
    if ('result' in message) this.#take(message.id)?.resolve(message.result);
    else if ('error' in message)
      this.#take(message.id)?.reject(new ProtocolError(message.error.code, message.error.message));
  }

  /** Lets the SDK answer a request, of which it sees only the given params. */
  answer(exchange: Exchange, params?: JsonObject): Promise<object> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastNumber;
      this.#waiting.set(id, { exchange, resolve, reject });
      this.onmessage?.({ jsonrpc: '2.0', id, method: exchange.request.method, ...(params && { params }) });
    });
  }

  exchangeOf(id: RequestId): Exchange | undefined {
    return this.#waiting.get(id)?.exchange;
  }

  /** Fails a request with the error itself, because the SDK would send the message of any bug to the client. */
  fail(id: RequestId, error: unknown): void {
    this.#take(id)?.reject(error);
  }

  #take(id: RequestId | undefined): Waiting | undefined {
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (id !== undefined) this.#waiting.delete(id);
    return waiting;
  }
}

/**
 * The params of `initialize` that the SDK needs. Nothing depends on who the client is or what it can do, so that may be
 * absent.
 * @throws ProtocolError that names what is missing
 */
function handshakeOf({ protocolVersion, capabilities, clientInfo }: JsonObject): JsonObject {
  if (typeof protocolVersion !== 'string') throw invalid('params.protocolVersion must be a string.');
  if (!isObject(capabilities ?? {})) throw invalid('params.capabilities must be an object.');
  if (!isObject(clientInfo ?? {})) throw invalid('params.clientInfo must be an object.');
  return { protocolVersion, capabilities: {}, clientInfo: { name: 'client', version: '0' } };
}

function invalid(message: string): ProtocolError {
  return new ProtocolError(INVALID_PARAMS, message);
}

/**
 * Serves 2024-11-05 to 2025-11-25, which begin with `initialize`, through the SDK's low-level Server. Its ordinary handlers
 * answer bad params with a dump of zod's issues, so everything but the handshake and `ping` goes through its fallback.
 */
export async function createSession(options: ServerOptions): Promise<Answer> {
  const { info, instructions } = options;
  const features = createFeatures(options);
  const transport = new ExchangeTransport();
  const capabilities = { tools: {}, resources: {}, extensions: EXTENSIONS };
  const server = new Server(info, { capabilities, instructions });
  server.fallbackRequestHandler = async ({ method }, { requestId }) => {
    const exchange = transport.exchangeOf(requestId);
    const feature = features.get(method);
    if (!feature || !exchange) throw new ProtocolError(METHOD_NOT_FOUND, 'There is no such method.');
    try {
      return { ...(await feature(exchange)) };
    } catch (error) {
      transport.fail(requestId, error);
      throw error;
    }
  };
  await server.connect(transport);

  let isInitialized = false;
  return async (exchange) => {
    if (exchange.request.method !== 'initialize') return transport.answer(exchange);
    if (isInitialized) throw new ProtocolError(INVALID_REQUEST, 'The connection is initialized already.');
    const handshake = handshakeOf(exchange.request.params);
    isInitialized = true;
    return transport.answer(exchange, handshake);
  };
}
