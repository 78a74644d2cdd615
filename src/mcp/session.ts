import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { isObject, type JsonObject } from '../text/json.js';
import type { Answer } from './connection.js';
import { createFeatures, EXTENSIONS, type ServerOptions } from './features.js';
import { ErrorCode, invalidParams, ProtocolError } from './json-rpc.js';

/**
 * Serves 2024-11-05 to 2025-11-25, which begin with `initialize`. The SDK's server answers the handshake, since it knows the
 * versions. It sees nothing else: it answers bad params with a dump of zod's issues, sends the message of any bug to the
 * client, and cannot cancel a request whose id is 0.
 */
export async function createSession(options: ServerOptions): Promise<Answer> {
  const { info, instructions } = options;
  const features = createFeatures(options, ErrorCode.resourceNotFound);
  const server = new Server(info, { capabilities: { tools: {}, resources: {}, extensions: EXTENSIONS }, instructions });
  const [client, transport] = InMemoryTransport.createLinkedPair();
  await server.connect(transport);
  let isInitialized = false;

  /** The SDK's answer to the handshake. */
  function initialize(params: JsonObject): Promise<object> {
    return new Promise((resolve, reject) => {
      client.onmessage = (message) =>
        'result' in message ? resolve(message.result) : reject(new Error('no handshake'));
      client.send({ jsonrpc: '2.0', id: 1, method: 'initialize', params }).catch(reject);
    });
  }

  return async (exchange) => {
    const { method, params } = exchange.request;
    if (method === 'ping') return {};
    if (method === 'initialize') {
      if (isInitialized) throw new ProtocolError(ErrorCode.invalidRequest, 'The connection is initialized already.');
      const handshake = handshakeOf(params);
      isInitialized = true;
      return initialize(handshake);
    }
    const feature = features.get(method);
    if (!feature) throw new ProtocolError(ErrorCode.methodNotFound, 'There is no such method.');
    return feature(exchange);
  };
}

/** The params of `initialize` as the SDK needs them. Nothing depends on who the client is, so that may be absent. */
function handshakeOf({ protocolVersion, capabilities = {}, clientInfo = {} }: JsonObject): JsonObject {
  if (typeof protocolVersion !== 'string') throw invalidParams('params.protocolVersion must be a string.');
  if (!isObject(capabilities)) throw invalidParams('params.capabilities must be an object.');
  if (!isObject(clientInfo)) throw invalidParams('params.clientInfo must be an object.');
  return { protocolVersion, capabilities: {}, clientInfo: { name: 'client', version: '0' } };
}
