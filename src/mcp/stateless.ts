import { once } from 'node:events';
import { isObject, type JsonObject } from '../text/json.js';
import type { Answer } from './connection.js';
import type { Exchange } from './exchange.js';
import { callTool, createFeatures, EXTENSIONS, type ServerOptions, toolOf } from './features.js';
import { ErrorCode, invalidParams, ProtocolError, type Request } from './json-rpc.js';
import { Tasks } from './tasks.js';

const VERSION = '2026-07-28';

const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES_KEY = 'io.modelcontextprotocol/clientCapabilities';
const SERVER_INFO_KEY = 'io.modelcontextprotocol/serverInfo';
const SUBSCRIPTION_KEY = 'io.modelcontextprotocol/subscriptionId';
const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

/** What does not change while the process runs, but depends on its settings. */
const CACHEABLE = new Set([
  'server/discover',
  'tools/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
]);
const CACHE_HINTS = { ttlMs: 300_000, cacheScope: 'private' };

/** Whether a request belongs to 2026-07-28 or later: by its name, or because it says which version it speaks. */
export function isStateless({ method, meta }: Request): boolean {
  return (
    method === 'server/discover' ||
    method === 'subscriptions/listen' ||
    method.startsWith('tasks/') ||
    Object.hasOwn(meta, VERSION_KEY)
  );
}

/**
 * The client's capabilities, as the request gives them.
 * @throws ProtocolError where version or capabilities are unusable; checked in the order that MCP lays down
 */
function capabilitiesOf({ meta }: Request): JsonObject {
  const requested = meta[VERSION_KEY];
  if (typeof requested !== 'string') {
    throw invalidParams(`params._meta["${VERSION_KEY}"] must be a string.`);
  }
  if (requested !== VERSION) {
    const data = { supported: [VERSION], requested };
    throw new ProtocolError(ErrorCode.unsupportedVersion, `params._meta["${VERSION_KEY}"] must be "${VERSION}".`, data);
  }
  const capabilities = meta[CAPABILITIES_KEY];
  if (isObject(capabilities)) return capabilities;
  throw invalidParams(`params._meta["${CAPABILITIES_KEY}"] must be an object.`);
}

/** Whether an object has a member; clients send `null` for what they leave out. */
function has(object: unknown, key: string): boolean {
  return isObject(object) && object[key] !== undefined && object[key] !== null;
}

function hasTasks({ extensions }: JsonObject): boolean {
  return has(extensions, TASKS_EXTENSION);
}

function requireTasks(capabilities: JsonObject): void {
  if (hasTasks(capabilities)) return;
  throw new ProtocolError(
    ErrorCode.missingClientCapability,
    `params._meta["${CAPABILITIES_KEY}"].extensions must have "${TASKS_EXTENSION}" for this.`,
    { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } },
  );
}

/** Answers a request whose capabilities were read. */
type Method = (exchange: Exchange, capabilities: JsonObject) => Promise<object>;

/** Serves 2026-07-28, in which every request is self-contained. */
export function createStateless(options: ServerOptions): Answer {
  const { info, instructions, closing, toolbox } = options;
  const tasks = new Tasks(toolbox, closing);
  const discovery = {
    supportedVersions: [VERSION],
    capabilities: { tools: {}, resources: {}, extensions: { [TASKS_EXTENSION]: {}, ...EXTENSIONS } },
    instructions,
  };

  async function call(exchange: Exchange, capabilities: JsonObject): Promise<object> {
    const tool = await toolOf(exchange, toolbox);
    const task = hasTasks(capabilities) ? await tasks.start(tool, exchange) : undefined;
    return task ?? callTool(tool, exchange, closing);
  }

  const methods = new Map<string, Method>([
    ...createFeatures(options, ErrorCode.invalidParams),
    ['server/discover', async () => discovery],
    ['tools/call', call],
    ['tasks/get', ({ request }) => tasks.get(request)],
    ['tasks/cancel', ({ request }) => tasks.cancel(request)],
    ['tasks/update', ({ request }) => tasks.update(request)],
    ['subscriptions/listen', (exchange, capabilities) => listen(exchange, capabilities, closing)],
  ]);

  return async (exchange) => {
    const { request } = exchange;
    const capabilities = capabilitiesOf(request);
    const method = methods.get(request.method);
    if (!method) throw new ProtocolError(ErrorCode.methodNotFound, 'There is no such method in 2026-07-28.');
    if (request.method.startsWith('tasks/')) requireTasks(capabilities);
    const result: JsonObject = { ...(await method(exchange, capabilities)) };
    return {
      resultType: 'complete',
      ...(CACHEABLE.has(request.method) && CACHE_HINTS),
      ...result,
      _meta: { ...(isObject(result._meta) && result._meta), [SERVER_INFO_KEY]: info },
    };
  };
}

/** A subscription, to nothing because nothing here ever changes. It is acknowledged, and answered when stdin ends. */
async function listen(exchange: Exchange, capabilities: JsonObject, closing: AbortSignal): Promise<object> {
  const { id, params } = exchange.request;
  const { notifications } = params;
  if (has(notifications, 'taskIds')) requireTasks(capabilities);
  if (!isObject(notifications)) throw invalidParams('params.notifications must be an object.');
  const _meta = { [SUBSCRIPTION_KEY]: id };
  exchange.notify('notifications/subscriptions/acknowledged', { _meta, notifications: {} });
  exchange.isBackground = true;
  if (!closing.aborted) await once(closing, 'abort', { signal: exchange.cancelled }).catch(() => {});
  return { _meta };
}
