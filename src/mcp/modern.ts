import { once, setMaxListeners } from 'node:events';
import { ErrorCode, type JSONRPCRequest, type Result } from '@modelcontextprotocol/sdk/types.js';
import { isObject, type JsonObject } from '../text/json.js';
import { type Context, type Features, type ServerOptions, UI_EXTENSION } from './features.js';
import { clientIdOf, invalidParams, MODERN_VERSION, modernMethodOf, ProtocolError, VERSION_KEY } from './message.js';
import { ProtocolTasks } from './tasks.js';

const CAPABILITIES_KEY = 'io.modelcontextprotocol/clientCapabilities';
const SERVER_INFO_KEY = 'io.modelcontextprotocol/serverInfo';
const SUBSCRIPTION_KEY = 'io.modelcontextprotocol/subscriptionId';
const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

const UNSUPPORTED_VERSION = -32022;
const MISSING_CLIENT_CAPABILITY = -32021;

/** What is cacheable depends on the settings of this process, which do not change while it runs. */
const CACHE_HINTS = { ttlMs: 300_000, cacheScope: 'private' };

interface Method {
  answer(params: JsonObject, context: Context, capabilities: JsonObject): Result | Promise<Result>;
  isCacheable?: boolean;
  needsTasks?: boolean;
}

/**
 * Answers the requests of 2026-07-28, in which each carries what the server has to know of the client. They are checked in
 * the order that MCP lays down: version, capabilities, method, extension, params.
 */
export function createModern(options: ServerOptions, features: Features) {
  const { info, instructions, tools, closing } = options;
  const tasks = new ProtocolTasks(tools, closing);
  // Each subscription listens, and Node takes more than ten listeners for a leak.
  setMaxListeners(0, closing);
  const discovery = {
    supportedVersions: [MODERN_VERSION],
    capabilities: { tools: {}, resources: {}, extensions: { [TASKS_EXTENSION]: {}, ...UI_EXTENSION } },
    instructions,
  };

  const methods = new Map(
    Object.entries<Method>({
      'server/discover': { isCacheable: true, answer: () => discovery },
      'tools/list': { isCacheable: true, answer: () => features.listTools() },
      'tools/call': {
        answer: (params, context, capabilities) =>
          features.callTool(params, context, hasTasks(capabilities) ? tasks : undefined),
      },
      'resources/list': { isCacheable: true, answer: () => features.listResources() },
      'resources/templates/list': { isCacheable: true, answer: () => features.listResourceTemplates() },
      'resources/read': {
        isCacheable: true,
        answer: (params) => features.readResource(params, ErrorCode.InvalidParams),
      },
      'tasks/get': { needsTasks: true, answer: (params, { signal }) => tasks.find(params).poll(signal) },
      'tasks/cancel': { needsTasks: true, answer: (params) => tasks.find(params).cancel() },
      'tasks/update': { needsTasks: true, answer: (params) => tasks.find(params).update() },
      'subscriptions/listen': {
        answer: (params, context, capabilities) => listen(params, context, capabilities, closing),
      },
    }),
  );

  return async (request: JSONRPCRequest, context: Context): Promise<Result> => {
    const name = modernMethodOf(request);
    if (name === undefined) throw new ProtocolError(ErrorCode.MethodNotFound, 'There is no such method.');
    const { params = {} } = request;
    const capabilities = capabilitiesOf(params._meta);
    const method = methods.get(name);
    if (!method) throw new ProtocolError(ErrorCode.MethodNotFound, `There is no such method in ${MODERN_VERSION}.`);
    if (method.needsTasks) requireTasks(capabilities);
    const result = await method.answer(params, context, capabilities);
    return {
      resultType: 'complete',
      ...(method.isCacheable && CACHE_HINTS),
      ...result,
      _meta: { ...result._meta, [SERVER_INFO_KEY]: info },
    };
  };
}

/**
 * The client's capabilities, as a request gives them.
 * @throws ProtocolError where they or the version cannot be used
 */
function capabilitiesOf(meta: JsonObject = {}): JsonObject {
  const { [VERSION_KEY]: requested, [CAPABILITIES_KEY]: capabilities } = meta;
  if (typeof requested !== 'string') throw invalidParams(`params._meta["${VERSION_KEY}"] must be a string.`);
  if (requested !== MODERN_VERSION) {
    const what = `params._meta["${VERSION_KEY}"] must be "${MODERN_VERSION}".`;
    throw new ProtocolError(UNSUPPORTED_VERSION, what, { supported: [MODERN_VERSION], requested });
  }
  if (isObject(capabilities)) return capabilities;
  throw invalidParams(`params._meta["${CAPABILITIES_KEY}"] must be an object.`);
}

function hasTasks({ extensions }: JsonObject): boolean {
  return isObject(extensions) && extensions[TASKS_EXTENSION] !== undefined;
}

function requireTasks(capabilities: JsonObject): void {
  if (hasTasks(capabilities)) return;
  throw new ProtocolError(
    MISSING_CLIENT_CAPABILITY,
    `params._meta["${CAPABILITIES_KEY}"].extensions must have "${TASKS_EXTENSION}" for this.`,
    { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } },
  );
}

/** A subscription: to nothing, because nothing here ever changes. It is acknowledged, and answered when stdin ends. */
async function listen(
  { notifications }: JsonObject,
  { requestId, signal, sendNotification }: Context,
  capabilities: JsonObject,
  closing: AbortSignal,
): Promise<Result> {
  if (isObject(notifications) && notifications.taskIds !== undefined) requireTasks(capabilities);
  if (!isObject(notifications)) throw invalidParams('params.notifications must be an object.');
  const _meta = { [SUBSCRIPTION_KEY]: clientIdOf(requestId) };
  const method = 'notifications/subscriptions/acknowledged';
  await sendNotification({ method, params: { _meta, notifications: {} } });
  if (!closing.aborted) await once(closing, 'abort', { signal });
  return { _meta };
}
