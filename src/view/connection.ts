import { isObject } from '../text/json.js';
import { type JsonObject, objectOf } from './json.js';

/**
 * JSON-RPC 2.0 over `postMessage` with the window that embeds this page. Written by hand, because the `App` class of
 * `@modelcontextprotocol/ext-apps` bundles to 650 KB, more than twenty times the whole page; its types cost nothing, and
 * what is sent is checked against them.
 */

/** What is done when the host asks or tells something; a request is answered with `{}`. */
const handlers = new Map<string, (params: JsonObject) => void>();
const calls = new Map<unknown, PromiseWithResolvers<JsonObject>>();
const NOT_FOUND = { code: -32601, message: 'Method not found' };
let lastId = 0;

/** Whether the host has torn the page down. */
export let isOver = false;

/** What the notifications of MCP Apps begin with. */
export const NOTIFICATION = 'ui/notifications/';

export const on = (method: string, handle: (params: JsonObject) => void) => handlers.set(method, handle);

/** The origin of the host is not known, so messages are sent to any. */
const send = (message: JsonObject) => window.parent.postMessage({ jsonrpc: '2.0', ...message }, '*');

export const notify = (method: string, params: JsonObject) => send({ method, params });

/**
 * Sends a request, and cancels it at the end or when it runs out of time, so that the host can end its work.
 * @param timeoutMs without it, the answer may take as long as it likes
 * @throws Error where the host refuses, in its own words, or does not answer
 */
export async function request(method: string, params: JsonObject, timeoutMs?: number): Promise<JsonObject> {
  if (isOver) throw new Error('called off');
  const id = ++lastId;
  const call = Promise.withResolvers<JsonObject>();
  calls.set(id, call);
  const timer = timeoutMs && setTimeout(giveUp, timeoutMs, id, 'no answer in time');
  try {
    send({ id, method, params });
    return await call.promise;
  } finally {
    calls.delete(id);
    clearTimeout(timer);
  }
}

function giveUp(requestId: unknown, reason: string): void {
  notify('notifications/cancelled', { requestId, reason });
  calls.get(requestId)?.reject(new Error(reason));
}

/** Cancels what is open; nothing is asked for any more. */
export function hangUp(): void {
  isOver = true;
  for (const id of calls.keys()) giveUp(id, 'called off');
}

/** Only messages from the embedding window count. */
export function listen(): void {
  window.addEventListener('message', ({ source, data }: MessageEvent<unknown>) => {
    if (source === window.parent && isObject(data) && data.jsonrpc === '2.0') receive(data);
  });
}

function receive({ id, method, params, result, error }: JsonObject): void {
  if (typeof method !== 'string') {
    const call = calls.get(id);
    if (isObject(error)) call?.reject(new Error(`${error.message}`));
    else call?.resolve(objectOf(result));
    return;
  }
  const handle = handlers.get(method);
  handle?.(objectOf(params));
  if (id !== undefined) send({ id, ...(handle ? { result: {} } : { error: NOT_FOUND }) });
}
