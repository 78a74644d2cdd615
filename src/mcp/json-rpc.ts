import { isObject, type JsonObject } from '../text/json.js';

export type RequestId = string | number;

/** Error codes of JSON-RPC 2.0, then those of MCP. */
export const ErrorCode = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  resourceNotFound: -32002,
  missingClientCapability: -32021,
  unsupportedVersion: -32022,
};

/** An error that answers a request: a code of JSON-RPC or MCP, a sentence that names what is wrong, and perhaps data. */
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
  return new ProtocolError(ErrorCode.invalidParams, message, data);
}

/** A request as it is answered: absent params are empty, and params that are null are left out. */
export interface Request {
  id: RequestId;
  method: string;
  params: JsonObject;
  /** `params._meta`; empty where it is absent. */
  meta: JsonObject;
}

export type Incoming =
  | { kind: 'request'; request: Request }
  | { kind: 'notification'; method: string; params: JsonObject }
  /** A response to a request of this server, which never makes any. */
  | { kind: 'response' }
  /** A message that breaks the rules, with its id if one can be read. */
  | { kind: 'refused'; error: ProtocolError; id: RequestId | undefined };

/**
 * Reads one message. Clients vary, so members of `params` that are null count as absent, and members that a message should
 * not have are ignored.
 */
export function readMessage(message: unknown): Incoming {
  if (!isObject(message)) return refused('A message must be a JSON object.');
  const { jsonrpc, method } = message;
  if (!('method' in message) && ('result' in message || 'error' in message)) return { kind: 'response' };
  const id = isRequestId(message.id) ? message.id : undefined;
  if ('id' in message && id === undefined) return refused('id must be a string or a whole number.');
  if (jsonrpc !== '2.0') return refused('jsonrpc must be "2.0".', id);
  if (typeof method !== 'string') return refused('method must be a string.', id);
  const params = message.params ?? {};
  const badParams = id === undefined ? ErrorCode.invalidRequest : ErrorCode.invalidParams;
  if (!isObject(params)) return refused('params must be an object.', id, badParams);
  if (id === undefined) return { kind: 'notification', method, params };
  const meta = params._meta ?? {};
  if (!isObject(meta)) return refused('params._meta must be an object.', id, badParams);
  return { kind: 'request', request: { id, method, params: withoutNulls(params), meta } };
}

export function isRequestId(value: unknown): value is RequestId {
  return typeof value === 'string' || Number.isSafeInteger(value);
}

function refused(message: string, id?: RequestId, code = ErrorCode.invalidRequest): Incoming {
  return { kind: 'refused', error: new ProtocolError(code, message), id };
}

function withoutNulls(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}
