import { CLIENT_CAPABILITIES_META_KEY, PROTOCOL_VERSION_META_KEY } from '@modelcontextprotocol/client';
import type { Peer } from './peer.js';
import type { Json } from './records.js';

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

export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

/** The capabilities of a client that takes a task for an answer. */
export const WITH_TASKS = { extensions: { [TASKS_EXTENSION]: {} } };

/** A request of 2026-07-28, which carries its version and the client's capabilities. */
export function modern(id: unknown, method: string, params: Json = {}, capabilities: unknown = {}): Json {
  const _meta = {
    [PROTOCOL_VERSION_META_KEY]: '2026-07-28',
    [CLIENT_CAPABILITIES_META_KEY]: capabilities,
    ...(params._meta as Json),
  };
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
