import {
  ErrorCode,
  type JSONRPCErrorResponse,
  type JSONRPCNotification,
  type JSONRPCRequest,
  RELATED_TASK_META_KEY,
  type RequestId,
} from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { isObject, type JsonObject } from '../text/json.js';

/** The version of the protocol in which every request stands for itself. */
export const MODERN_VERSION = '2026-07-28';
export const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';

/** Stands before the method of a modern request, so that the SDK has no handler for it and hands it to the fallback. */
const MODERN_PREFIX = `${MODERN_VERSION}:`;

/** An error that answers a request. The SDK sends its code, message and data as they are. */
export class ProtocolError extends Error {
  constructor(
    readonly code: number,
    message: string,
    readonly data?: JsonObject,
  ) {
    super(message);
  }
}

/** The error for params that cannot be used. */
export function invalidParams(message: string, data?: JsonObject): ProtocolError {
  return new ProtocolError(ErrorCode.InvalidParams, message, data);
}

/** A message of the client as the SDK gets it, or the answer to one that breaks the rules, with an id if one can be read. */
export type Incoming = JSONRPCRequest | JSONRPCNotification | JSONRPCErrorResponse;

/** The id under which the SDK knows a request. It ignores cancellations of the ids 0 and `''`. */
export const sdkIdOf = (id: RequestId): string => JSON.stringify(id);

/** The id that the client gave to a request, from the one under which the SDK knows it. */
export const clientIdOf = (sdkId: RequestId): RequestId => JSON.parse(String(sdkId));

/** The method of a modern request as its client named it; undefined for a legacy one. */
export function modernMethodOf({ method }: JSONRPCRequest): string | undefined {
  return method.startsWith(MODERN_PREFIX) ? method.slice(MODERN_PREFIX.length) : undefined;
}

/** A request is modern by its name, or because it says which version it speaks. */
function isModern(method: string, meta: JsonObject = {}): boolean {
  return /^(server\/discover$|subscriptions\/listen$|tasks\/)/.test(method) || Object.hasOwn(meta, VERSION_KEY);
}

const ignored = z.undefined().optional().catch(undefined);
const ID_RULE = 'id must be a string or a whole number.';
const idSchema = z.union([z.string(), z.int(ID_RULE)], ID_RULE);

/**
 * What a message must be. Everything that the SDK would refuse is refused, repaired or left out here, because it drops such
 * messages without an answer.
 */
const messageSchema = z.object(
  {
    jsonrpc: z.literal('2.0', 'jsonrpc must be "2.0".'),
    id: idSchema.optional(),
    method: z.string('method must be a string.'),
    params: z
      .looseObject(
        {
          _meta: z
            .looseObject(
              {
                // One that cannot be used only means that there is no progress.
                progressToken: z.union([z.string(), z.int()]).optional().catch(undefined),
                [RELATED_TASK_META_KEY]: ignored,
              },
              'params._meta must be an object.',
            )
            .optional(),
          // The tasks of 2025-11-25, to which the key above belongs too, are not offered.
          task: ignored,
        },
        'params must be an object.',
      )
      .default({}),
  },
  'A message must be a JSON object.',
);

/** Where null says something. Everywhere else, clients send it for what they leave out. */
const KEPT_NULLS = new Set(['id', 'result', VERSION_KEY]);

/** The messages of a line: one, or those of a batch, which 2025-03-26 demands that servers take. Responses are left out. */
export function* readLine(line: string): Generator<Incoming> {
  let content: unknown;
  try {
    content = JSON.parse(line, (key, value) => (value === null && !KEPT_NULLS.has(key) ? undefined : value));
  } catch {
    yield refused(ErrorCode.ParseError, 'The line is not JSON.');
    return;
  }
  const messages = Array.isArray(content) ? content : [content];
  if (messages.length === 0) yield refused(ErrorCode.InvalidRequest, 'A batch must have at least one message.');
  for (const message of messages) {
    const incoming = readMessage(message);
    if (incoming) yield incoming;
  }
}

function readMessage(content: unknown): Incoming | undefined {
  // A response: to nothing, since this server makes no requests.
  if (isObject(content) && !('method' in content) && ('result' in content || 'error' in content)) return undefined;
  const { data, error } = messageSchema.safeParse(content);
  if (error) {
    const id = isObject(content) ? idSchema.safeParse(content.id).data : undefined;
    const isAboutParams = id !== undefined && error.issues[0]?.path[0] === 'params';
    const code = isAboutParams ? ErrorCode.InvalidParams : ErrorCode.InvalidRequest;
    return refused(code, error.issues[0]?.message ?? '', id);
  }
  const { id: clientId, ...message } = data;
  const { method, params } = message;
  if (clientId === undefined) {
    return method === 'notifications/cancelled' ? readCancellation(message) : message;
  }
  const request = { ...message, id: sdkIdOf(clientId) };
  if (isModern(method, params._meta)) return { ...request, method: MODERN_PREFIX + method };
  return { ...request, params: legacyParams(method, params) };
}

/** Makes of the params what the SDK's handlers take, where they would answer an odd client with a dump of zod's issues. */
function legacyParams(method: string, params: JsonObject): JsonObject {
  const { protocolVersion, name, arguments: args = {} } = params;
  switch (method) {
    case 'initialize':
      // Nothing here depends on who the client is and what it can do: that may be odd, or absent.
      return { protocolVersion: stringOf(protocolVersion), capabilities: {}, clientInfo: { name: '', version: '' } };
    case 'tools/call':
      // What is no object reaches the tool as an unknown argument, so that the model is told how to mend it.
      return { ...params, name: stringOf(name), arguments: isObject(args) ? args : { arguments: args } };
    default:
      return params;
  }
}

/** The string that a value is, or '', which names nothing. */
export const stringOf = (value: unknown) => (typeof value === 'string' ? value : '');

/** Only the id is of use; the SDK would refuse a `reason` that is no string. */
function readCancellation(message: JSONRPCNotification): JSONRPCNotification | undefined {
  const id = idSchema.safeParse(message.params?.requestId).data;
  return id === undefined ? undefined : { ...message, params: { requestId: sdkIdOf(id) } };
}

/** The answer to a message that breaks the rules. */
export function refused(code: ErrorCode, message: string, id?: RequestId): JSONRPCErrorResponse {
  return { jsonrpc: '2.0', ...(id !== undefined && { id }), error: { code, message } };
}
