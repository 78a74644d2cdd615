import { expect } from 'vitest';
import type { Peer } from './peer.js';
import type { Json } from './records.js';

export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;

export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 'initialize',
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1.0.0' } },
};

/** Any request. */
export function request(id: unknown, method: unknown, params?: unknown): Json {
  return { jsonrpc: '2.0', id, method, ...(params !== undefined && { params }) };
}

/** A `tools/call`. */
export function call(id: unknown, name: unknown, args?: unknown): Json {
  return request(id, 'tools/call', { name, arguments: args });
}

/** A call of `kling_get_task` for the given task. */
export function getTask(id: unknown, task_id: unknown, wait_seconds = 0): Json {
  return call(id, 'kling_get_task', { task_id, wait_seconds });
}

/** The notification that cancels the request with the given id. */
export function cancel(requestId: unknown): Json {
  return { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId, reason: 'test' } };
}

/** Shakes hands as a client does, and tells the server's answer. */
export async function initialize(server: Peer): Promise<Json> {
  const answer = await server.ask(INITIALIZE);
  server.write({ jsonrpc: '2.0', method: 'notifications/initialized' });
  return answer;
}

/** The one error that answers the given lines: its code, and its id where it has one. */
export async function errorOf(server: Peer, ...lines: (string | Buffer | object)[]): Promise<Json> {
  const replies = await server.replies(...lines);
  expect(replies).toEqual([expect.objectContaining({ jsonrpc: '2.0', error: expect.anything() })]);
  const { id, error } = replies[0] as { id?: unknown; error: { code: number; message: string } };
  // A sentence of ours: neither a dump of a schema's issues nor a trace of the stack.
  expect(error.message).toMatch(/^[A-Za-z][^\n{}]{5,200}$/);
  return { ...(id !== undefined && { id }), code: error.code };
}

export const RESOURCE_NOT_FOUND = -32002;
export const MISSING_CLIENT_CAPABILITY = -32021;
export const UNSUPPORTED_VERSION = -32022;

export const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';
export const CAPABILITIES_KEY = 'io.modelcontextprotocol/clientCapabilities';
export const SERVER_INFO_KEY = 'io.modelcontextprotocol/serverInfo';
export const SUBSCRIPTION_KEY = 'io.modelcontextprotocol/subscriptionId';
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

/** The capabilities of a client that takes a task for an answer. */
export const WITH_TASKS = { extensions: { [TASKS_EXTENSION]: {} } };

/** A request of 2026-07-28, which carries its version and the client's capabilities. */
export function modern(id: unknown, method: string, params: Json = {}, capabilities: unknown = {}): Json {
  const _meta = { [VERSION_KEY]: '2026-07-28', [CAPABILITIES_KEY]: capabilities, ...(params._meta as Json) };
  return request(id, method, { ...params, _meta });
}

/** A call of `kling_get_task` by a client of 2026-07-28 that takes tasks. */
export function followTask(id: unknown, task_id: string, wait_seconds = 50): Json {
  return modern(id, 'tools/call', { name: 'kling_get_task', arguments: { task_id, wait_seconds } }, WITH_TASKS);
}

/** `tasks/get`, `tasks/cancel` or `tasks/update`. */
export function ofTask(id: unknown, method: 'get' | 'cancel' | 'update', taskId: unknown): Json {
  return modern(id, `tasks/${method}`, { taskId }, WITH_TASKS);
}
