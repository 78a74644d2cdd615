import {
  ErrorCode,
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

/** Stands before the method of a modern request, so that none of the SDK's handlers takes it for one of theirs. */
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

/** A message from the client. Ids are those under which the SDK knows the requests. */
export type Incoming =
  | { kind: 'request'; id: string; message: JSONRPCRequest }
  /** Cancels the request with this id. */
  | { kind: 'cancellation'; id: string; message: JSONRPCNotification }
  | { kind: 'notification'; message: JSONRPCNotification }
  /** Breaks the rules; with an id if one can be read. */
  | { kind: 'refused'; id: string | undefined; error: ProtocolError };

/** The id under which the SDK knows a request, since it ignores cancellations of 0 and `''`. */
const sdkIdOf = (id: RequestId): string => JSON.stringify(id);

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

const needs = (name: string) => z.looseObject({ [name]: z.string(`params.${name} must be a string.`) });
const page = z.looseObject({ cursor: z.string('params.cursor must be a string.').optional() });

/** What the SDK's handlers want of the params: they answer others with a dump of zod's issues. */
const legacyParams = new Map<string, z.ZodType<JsonObject>>([
  [
    'initialize',
    // Nothing here depends on who the client is and what it can do, so that may be odd, or absent.
    needs('protocolVersion').transform((params) => ({
      ...params,
      capabilities: {},
      clientInfo: { name: 'client', version: '0' },
    })),
  ],
  [
    'tools/call',
    // As an argument that the tool does not know, what is no object reaches the tool, which tells the model what is wrong.
    needs('name').transform(({ arguments: args = {}, ...params }) => ({
      ...params,
      arguments: isObject(args) ? args : { arguments: args },
    })),
  ],
  ['resources/read', needs('uri')],
  ['tools/list', page],
  ['resources/list', page],
  ['resources/templates/list', page],
]);

/** Nulls that say something: all others count as absent. */
const KEPT_NULLS = new Set(['id', 'result', VERSION_KEY]);

/** The messages of a line: one, or those of a batch, which 2025-03-26 demands that servers take. */
export function readLine(line: string): Incoming[] {
  let content: unknown;
  try {
    content = JSON.parse(line, (key, value) => (value === null && !KEPT_NULLS.has(key) ? undefined : value));
  } catch {
    return [refused(ErrorCode.ParseError, 'The line is not JSON.')];
  }
  if (!Array.isArray(content)) return readMessage(content);
  if (content.length === 0) return [refused(ErrorCode.InvalidRequest, 'A batch must have at least one message.')];
  return content.flatMap(readMessage);
}

function readMessage(content: unknown): Incoming[] {
  // A response: to nothing, since this server makes no requests.
  if (isObject(content) && !('method' in content) && ('result' in content || 'error' in content)) return [];
  const { data, error } = messageSchema.safeParse(content);
  if (error) {
    const id = isObject(content) ? idSchema.safeParse(content.id).data : undefined;
    const isAboutParams = id !== undefined && error.issues[0]?.path[0] === 'params';
    return [refused(isAboutParams ? ErrorCode.InvalidParams : ErrorCode.InvalidRequest, sentenceOf(error), id)];
  }
  const { id, ...message } = data;
  const { method, params } = message;
  if (id === undefined) {
    if (method !== 'notifications/cancelled') return [{ kind: 'notification', message }];
    const cancelled = idSchema.safeParse(params.requestId).data;
    if (cancelled === undefined) return [];
    const requestId = sdkIdOf(cancelled);
    return [{ kind: 'cancellation', id: requestId, message: { ...message, params: { ...params, requestId } } }];
  }
  const sdkId = sdkIdOf(id);
  const request = { ...message, id: sdkId };
  if (isModern(method, params._meta)) {
    return [{ kind: 'request', id: sdkId, message: { ...request, method: MODERN_PREFIX + method } }];
  }
  const checked = legacyParams.get(method)?.safeParse(params);
  if (checked?.error) return [refused(ErrorCode.InvalidParams, sentenceOf(checked.error), id)];
  return [{ kind: 'request', id: sdkId, message: { ...request, params: checked?.data ?? params } }];
}

function refused(code: ErrorCode, message: string, id?: RequestId): Incoming {
  return { kind: 'refused', id: id === undefined ? undefined : sdkIdOf(id), error: new ProtocolError(code, message) };
}

function sentenceOf({ issues }: z.ZodError): string {
  return issues[0]?.message ?? '';
}
