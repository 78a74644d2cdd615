import { isObject, type JsonObject, numberOf, objectOf, textOf } from './json.js';

/** JSON-RPC 2.0 over `postMessage` with the window that embeds this page. */

/** The host refused a request (with the code of its error), or did not answer it (without one). */
export class HostError extends Error {
  constructor(
    message: string,
    readonly code?: number,
  ) {
    super(message);
  }
}

/** What the host asks or tells; a request is answered with `{}`. */
type Handler = (params: JsonObject) => void;

const handlers = new Map<string, Handler>();
const calls = new Map<unknown, { resolve(result: JsonObject): void; reject(error: HostError): void }>();
let lastId = 0;

/** What the notifications of MCP Apps begin with. */
export const NOTIFICATION = 'ui/notifications/';

export const on = (method: string, handler: Handler) => handlers.set(method, handler);

/** The origin of the host is not known, so messages are sent to any. */
const send = (message: JsonObject) => window.parent.postMessage({ jsonrpc: '2.0', ...message }, '*');

export const notify = (method: string, params: JsonObject) => send({ method, params });

/**
 * Sends a request, and cancels it when it is called off or runs out of time, so that the host can end its work.
 * @param timeoutMs without it, the answer may take as long as it likes
 * @throws HostError
 */
export async function request(
  method: string,
  params: JsonObject,
  signal?: AbortSignal,
  timeoutMs?: number,
): Promise<JsonObject> {
  if (signal?.aborted) throw new HostError('called off');
  const id = ++lastId;
  const { promise, resolve, reject } = Promise.withResolvers<JsonObject>();
  const giveUp = (reason: string) => {
    notify('notifications/cancelled', { requestId: id, reason });
    reject(new HostError(reason));
  };
  const callOff = () => giveUp('called off');
  const timer = timeoutMs && setTimeout(giveUp, timeoutMs, 'no answer in time');
  signal?.addEventListener('abort', callOff);
  calls.set(id, { resolve, reject });
  try {
    send({ id, method, params });
    return await promise;
  } finally {
    calls.delete(id);
    clearTimeout(timer);
    signal?.removeEventListener('abort', callOff);
  }
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
    if (isObject(error)) call?.reject(new HostError(textOf(error.message) ?? 'refused', numberOf(error.code)));
    else call?.resolve(objectOf(result));
    return;
  }
  const handle = handlers.get(method);
  handle?.(objectOf(params));
  if (id === undefined) return;
  send(handle ? { id, result: {} } : { id, error: { code: -32601, message: 'Method not found' } });
}
