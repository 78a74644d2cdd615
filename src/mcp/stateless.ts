import { isObject, type JsonObject } from '../kling/text/json.js';
import type { Answer } from './connection.js';
import type { Exchange } from './exchange.js';
import { callTool, createFeatures, EXTENSIONS, type ServerOptions } from './features.js';
import {
  INVALID_PARAMS,
  METHOD_NOT_FOUND,
  MISSING_CLIENT_CAPABILITY,
  ProtocolError,
  RESOURCE_NOT_FOUND,
  type Request,
  UNSUPPORTED_VERSION,
} from './json-rpc.js';
import { readResource } from './resources.js';
import { Tasks } from './tasks.js';

const VERSION = '2026-07-28';

const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES_KEY = 'io.modelcontextprotocol/clientCapabilities';
const SERVER_INFO_KEY = 'io.modelcontextprotocol/serverInfo';
const SUBSCRIPTION_KEY = 'io.modelcontextprotocol/subscriptionId';
const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

/** Lists, the view and the capabilities do not change while the process runs, but depend on its settings. */
const CACHE_HINTS = { ttlMs: 300_000, cacheScope: 'private' };
const CACHEABLE = new Set(['tools/list', 'resources/list', 'resources/templates/list', 'resources/read']);

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
    throw new ProtocolError(INVALID_PARAMS, `params._meta["${VERSION_KEY}"] must be a string.`);
  }
  if (requested !== VERSION) {
    const data = { supported: [VERSION], requested };
    throw new ProtocolError(UNSUPPORTED_VERSION, `params._meta["${VERSION_KEY}"] must be "${VERSION}".`, data);
  }
  const capabilities = meta[CAPABILITIES_KEY];
  if (isObject(capabilities)) return capabilities;
  throw new ProtocolError(INVALID_PARAMS, `params._meta["${CAPABILITIES_KEY}"] must be an object.`);
}

/** Clients send `null` for what they leave out. */
function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function hasTasks({ extensions }: JsonObject): boolean {
  return isObject(extensions) && isPresent(extensions[TASKS_EXTENSION]);
}

function requireTasks(capabilities: JsonObject): void {
  if (hasTasks(capabilities)) return;
  throw new ProtocolError(
    MISSING_CLIENT_CAPABILITY,
    `params._meta["${CAPABILITIES_KEY}"].extensions must have "${TASKS_EXTENSION}" for this.`,
    { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } },
  );
}

/** Answers a request whose capabilities were read. */
type Method = (exchange: Exchange, capabilities: JsonObject) => Promise<object>;

/** Serves 2026-07-28, in which every request is self-contained. */
export function createStateless(options: ServerOptions): Answer {
  const { info, instructions, closing, toolbox, viewFile } = options;
  const tasks = new Tasks(toolbox, closing);
  const features = createFeatures(options);

  const ofTasks =
    (answer: (request: Request) => Promise<object>): Method =>
    async ({ request }, capabilities) => {
      requireTasks(capabilities);
      return answer(request);
    };

  const methods = new Map<string, Method>([
    ...features,
    ['server/discover', async () => discovery(instructions)],
    [
      'tools/call',
      async (exchange, capabilities) => {
        const task = hasTasks(capabilities) ? await tasks.start(exchange) : undefined;
        return task ?? callTool(exchange, options);
      },
    ],
    ['tasks/get', ofTasks((request) => tasks.get(request))],
    ['tasks/cancel', ofTasks((request) => tasks.cancel(request))],
    ['tasks/update', ofTasks((request) => tasks.update(request))],
    ['resources/read', ({ request }) => readResource(request.params.uri, viewFile).catch(asInvalidParams)],
    ['subscriptions/listen', (exchange, capabilities) => listen(exchange, capabilities, closing)],
  ]);

  return async (exchange) => {
    const { request } = exchange;
    const capabilities = capabilitiesOf(request);
    const method = methods.get(request.method);
    if (!method) throw new ProtocolError(METHOD_NOT_FOUND, 'There is no such method in 2026-07-28.');
    const result: JsonObject = { ...(await method(exchange, capabilities)) };
    const meta = isObject(result._meta) ? result._meta : {};
    return {
      resultType: 'complete',
      ...(CACHEABLE.has(request.method) && CACHE_HINTS),
      ...result,
      _meta: { ...meta, [SERVER_INFO_KEY]: info },
    };
  };
}

/** An unknown resource has a code of its own only in the older versions. */
function asInvalidParams(error: unknown): never {
  if (!(error instanceof ProtocolError) || error.code !== RESOURCE_NOT_FOUND) throw error;
  throw new ProtocolError(INVALID_PARAMS, error.message, error.data);
}

function discovery(instructions: string): object {
  return {
    supportedVersions: [VERSION],
    capabilities: { tools: {}, resources: {}, extensions: { [TASKS_EXTENSION]: {}, ...EXTENSIONS } },
    instructions,
    ...CACHE_HINTS,
  };
}

/** A subscription, to nothing because nothing here ever changes. It is acknowledged, and answered when stdin ends. */
async function listen(exchange: Exchange, capabilities: JsonObject, closing: AbortSignal): Promise<object> {
  const { id, params } = exchange.request;
  const { notifications } = params;
  if (isObject(notifications) && isPresent(notifications.taskIds)) requireTasks(capabilities);
  if (!isObject(notifications)) throw new ProtocolError(INVALID_PARAMS, 'params.notifications must be an object.');
  const _meta = { [SUBSCRIPTION_KEY]: id };
  exchange.notify('notifications/subscriptions/acknowledged', { _meta, notifications: {} });
  exchange.stayInBackground();
  await new Promise<void>((resolve) => {
    const end = () => {
      closing.removeEventListener('abort', end);
      resolve();
    };
    closing.addEventListener('abort', end);
    exchange.cancelled.addEventListener('abort', end);
    if (closing.aborted || exchange.cancelled.aborted) end();
  });
  return { _meta };
}
