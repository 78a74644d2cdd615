import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeApi } from '../support/fake-api.js';
import {
  CAPABILITIES_KEY,
  call,
  cancel,
  getTask,
  INVALID_PARAMS,
  INVALID_REQUEST,
  initialize,
  METHOD_NOT_FOUND,
  MISSING_CLIENT_CAPABILITY,
  RESOURCE_NOT_FOUND,
  request,
  SERVER_INFO_KEY,
  SUBSCRIPTION_KEY,
  stateless,
  TASKS_EXTENSION,
  UNSUPPORTED_VERSION,
  VERSION_KEY,
  WITH_TASKS,
} from '../support/protocol.js';
import { completedRecord, type Json, pendingRecord } from '../support/records.js';
import { ServerProcess } from '../support/server-process.js';

let fakeApi: FakeApi;
let server: ServerProcess;

beforeEach(async () => {
  fakeApi = await FakeApi.start([completedRecord('task-1'), pendingRecord('pending-1')]);
  server = new ServerProcess({ fakeApi });
});

afterEach(async () => {
  expect(await server.close()).toEqual({ code: 0, signal: null });
  expect(server.stderr).not.toMatch(/error:|^\s+at /m);
  await fakeApi.close();
});

/** What answers the request; it is sent as it is. */
async function answerTo(message: Json): Promise<Json> {
  const { id } = message;
  server.write(message);
  return server.answer(id);
}

const VERSION = '2026-07-28';
const CALL = { name: 'kling_get_task', arguments: { task_id: 'task-1' } };
const NEW_FIELDS = /resultType|ttlMs|cacheScope|serverInfo":\{|supportedVersions|io\.modelcontextprotocol\/(?!ui)/;

describe('Which era a request belongs to', () => {
  test('a version in `_meta` makes a request stateless; without one, it belongs to a session', async () => {
    for (const method of ['tools/list', 'resources/list', 'resources/templates/list']) {
      const modern = await answerTo(stateless(`modern ${method}`, method));
      expect(modern).toMatchObject({ result: { resultType: 'complete', ttlMs: expect.any(Number) } });
      const legacy = await answerTo(request(`legacy ${method}`, method, { _meta: { [CAPABILITIES_KEY]: {} } }));
      expect(legacy).toHaveProperty('result');
      expect(JSON.stringify(legacy)).not.toMatch(NEW_FIELDS);
    }
  });

  test('no answer of an older version carries a field of the new one', async () => {
    const { result } = await initialize(server);
    expect(result).toMatchObject({
      capabilities: { tools: {}, resources: {}, extensions: { 'io.modelcontextprotocol/ui': {} } },
    });
    expect(Object.keys((result as { capabilities: Json }).capabilities).sort()).toEqual([
      'extensions',
      'resources',
      'tools',
    ]);
    expect(Object.keys(result as Json).sort()).toEqual([
      'capabilities',
      'instructions',
      'protocolVersion',
      'serverInfo',
    ]);
    for (const message of [
      getTask('call', 'task-1'),
      request('bad', 'resources/read', { uri: 'x' }),
      request('p', 'ping'),
    ]) {
      expect(JSON.stringify(await answerTo(message))).not.toMatch(NEW_FIELDS);
    }
    // A call that waits does so, whatever was said in `initialize`.
    expect(await answerTo(getTask('wait', 'pending-1', 10))).toMatchObject({ result: { structuredContent: {} } });
  });

  test('`server/discover`, `subscriptions/listen` and `tasks/…` are stateless by their names', async () => {
    for (const method of ['server/discover', 'subscriptions/listen', 'tasks/get', 'tasks/cancel', 'tasks/x']) {
      const { error } = await answerTo(request(method, method, {}));
      expect(error, method).toMatchObject({ code: INVALID_PARAMS, message: expect.stringContaining(VERSION_KEY) });
    }
  });

  test('a version that is null or not a string still counts as a version, and is refused', async () => {
    for (const [index, version] of [null, 7, {}, ['2026-07-28']].entries()) {
      const { error } = await answerTo(request(index, 'tools/list', { _meta: { [VERSION_KEY]: version } }));
      expect(error).toMatchObject({ code: INVALID_PARAMS });
    }
  });

  test('both are served side by side, in any order', async () => {
    expect(await answerTo(stateless(1, 'tools/call', CALL))).toMatchObject({ result: { resultType: 'complete' } });
    expect(await initialize(server)).toMatchObject({ result: { protocolVersion: '2025-11-25' } });
    expect(await answerTo(stateless(2, 'server/discover'))).toMatchObject({ result: { supportedVersions: [VERSION] } });
    expect(await answerTo(call(3, CALL.name, CALL.arguments))).toMatchObject({ result: { structuredContent: {} } });
  });

  test('ids are unique across both eras', async () => {
    const release = fakeApi.hold();
    server.write(stateless(1, 'tools/call', CALL));
    await fakeApi.received(1);
    expect(await server.replies(request(1, 'ping'), stateless(1, 'server/discover'))).toMatchObject([
      { error: { code: INVALID_REQUEST } },
      { error: { code: INVALID_REQUEST } },
    ]);
    expect(server.messages.some(({ id }) => id === 1)).toBe(false);
    release();
    expect(await server.answer(1)).toMatchObject({ result: { resultType: 'complete' } });
  });
});

describe('The order of the checks', () => {
  const meta = (version: unknown, capabilities: unknown) => ({
    _meta: { [VERSION_KEY]: version, [CAPABILITIES_KEY]: capabilities },
  });

  test('version, then its support, then capabilities, then method, then extension, then params', async () => {
    const wrong: [params: Json, method: string, code: number][] = [
      [meta(7, 7), 'no/such', INVALID_PARAMS],
      [meta('2025-11-25', 7), 'no/such', UNSUPPORTED_VERSION],
      [meta(VERSION, 7), 'no/such', INVALID_PARAMS],
      [meta(VERSION, null), 'no/such', INVALID_PARAMS],
      [meta(VERSION, {}), 'no/such', METHOD_NOT_FOUND],
      [meta(VERSION, {}), 'tasks/list', METHOD_NOT_FOUND],
      [meta(VERSION, {}), 'tasks/get', MISSING_CLIENT_CAPABILITY],
      [meta(VERSION, WITH_TASKS), 'tasks/get', INVALID_PARAMS],
      [meta(VERSION, {}), 'tools/call', INVALID_PARAMS],
    ];
    for (const [index, [params, method, code]] of wrong.entries()) {
      const { error } = await answerTo(request(index, method, params));
      expect(error, `${method} ${JSON.stringify(params)}`).toMatchObject({ code });
    }
  });

  test('an unsupported version: refused, naming the supported ones', async () => {
    for (const [index, version] of ['2025-11-25', '2099-01-01', ''].entries()) {
      const { error } = await answerTo(request(index, 'tools/list', meta(version, {})));
      expect(error).toMatchObject({ code: UNSUPPORTED_VERSION, data: { supported: [VERSION], requested: version } });
    }
  });

  test('`ping`, `logging/setLevel` and `initialize` are not methods of the stateless era', async () => {
    for (const method of ['ping', 'logging/setLevel', 'initialize', 'prompts/list', 'constructor', '']) {
      const { error } = await answerTo(stateless(`of ${method}`, method, { level: 'debug' }));
      expect(error, method).toMatchObject({ code: METHOD_NOT_FOUND });
    }
    // An `initialize` that was refused has begun nothing.
    expect(await initialize(server)).toHaveProperty('result');
  });

  test('without the extension declared: refused, naming the missing one', async () => {
    const data = { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } };
    const undeclared = [{}, { extensions: {} }, { extensions: { [TASKS_EXTENSION]: null } }, { tasks: {} }];
    for (const [index, capabilities] of undeclared.entries()) {
      for (const method of ['tasks/get', 'tasks/cancel', 'tasks/update']) {
        const { error } = await answerTo(stateless(`${method} ${index}`, method, { taskId: 7 }, capabilities));
        expect(error).toMatchObject({ code: MISSING_CLIENT_CAPABILITY, data });
      }
    }
    const notifications = { taskIds: ['x'] };
    const { error } = await answerTo(stateless('listen', 'subscriptions/listen', { notifications }));
    expect(error).toMatchObject({ code: MISSING_CLIENT_CAPABILITY, data });
  });
});

describe('Answers of 2026-07-28', () => {
  test('every result names its type and the server', async () => {
    const methods = ['server/discover', 'tools/list', 'resources/list', 'resources/templates/list'];
    const answers = await Promise.all([
      ...methods.map((method) => answerTo(stateless(method, method))),
      answerTo(stateless('call', 'tools/call', CALL)),
      answerTo(stateless('bad call', 'tools/call', { ...CALL, arguments: {} })),
    ]);
    for (const { result } of answers) {
      expect(result).toMatchObject({
        resultType: 'complete',
        _meta: {
          [SERVER_INFO_KEY]: { name: 'kling-tasks-mcp', title: expect.any(String), version: expect.any(String) },
        },
      });
    }
  });

  test('`server/discover`: versions, capabilities and instructions', async () => {
    const { result } = await answerTo(stateless(1, 'server/discover'));
    expect(result).toEqual({
      resultType: 'complete',
      supportedVersions: [VERSION],
      capabilities: {
        tools: {},
        resources: {},
        extensions: { [TASKS_EXTENSION]: {}, 'io.modelcontextprotocol/ui': {} },
      },
      instructions: expect.stringContaining('kling_get_task'),
      ttlMs: expect.any(Number),
      cacheScope: expect.stringMatching(/^(public|private)$/),
      _meta: expect.anything(),
    });
  });

  test('the tools are the same in both, whoever asks', async () => {
    const answers = [
      await answerTo(stateless(1, 'tools/list')),
      await answerTo(stateless(2, 'tools/list', { cursor: null }, WITH_TASKS)),
      await answerTo(request(3, 'tools/list')),
    ];
    const lists = answers.map(({ result }) => (result as Json).tools);
    expect(lists).toEqual([lists[0], lists[0], lists[0]]);
    expect(lists[0]).toHaveLength(2);
  });

  test('a bad cursor, an unknown tool and an unknown resource: -32602', async () => {
    const wrong = [
      stateless(1, 'tools/list', { cursor: 'x' }),
      stateless(2, 'resources/list', { cursor: 7 }),
      stateless(3, 'tools/call', { name: 'kling_create', arguments: {} }),
      stateless(4, 'tools/call', { name: 7 }),
      stateless(5, 'resources/read', { uri: 7 }),
      stateless(6, 'resources/read', { uri: 'ui://x' }),
    ];
    for (const message of wrong) expect((await answerTo(message)).error).toMatchObject({ code: INVALID_PARAMS });
    expect((await answerTo(wrong[5] ?? {})).error).toMatchObject({ data: { uri: 'ui://x' } });
    const legacy = await answerTo(request(7, 'resources/read', { uri: 'ui://x' }));
    expect(legacy.error).toMatchObject({ code: RESOURCE_NOT_FOUND, data: { uri: 'ui://x' } });
  });

  test('nothing is inferred from earlier requests: each one declares tasks itself', async () => {
    const args = { name: 'kling_get_task', arguments: { task_id: 'pending-1', wait_seconds: 10 } };
    const first = await answerTo(stateless(1, 'tools/call', args, WITH_TASKS));
    expect(first).toMatchObject({ result: { resultType: 'task' } });
    const second = await answerTo(stateless(2, 'tools/call', { ...args, arguments: { task_id: 'pending-1' } }));
    expect(second).toMatchObject({ result: { resultType: 'complete', structuredContent: {} } });
  });

  test('nothing but answers and progress is sent, also to a client that asks for a log level', async () => {
    const _meta = { 'io.modelcontextprotocol/logLevel': 'debug', progressToken: null };
    await answerTo(stateless(1, 'tools/call', { ...CALL, _meta }));
    await answerTo(stateless(2, 'resources/read', { uri: 'x', _meta }));
    expect(server.messages.filter((message) => 'method' in message)).toEqual([]);
  });
});

describe('Cancellation in 2026-07-28', () => {
  test.each([0, '', 'a'])('of the id %j: no answer is sent, and the id is free again', async (id) => {
    fakeApi.hold();
    server.write(stateless(id, 'tools/call', CALL));
    await fakeApi.received(1);
    expect(await server.replies(cancel(id))).toEqual([]);
    expect(await answerTo(stateless(id, 'server/discover'))).toHaveProperty('result');
  });

  test('in the same chunk as the call: nothing is asked of the API', async () => {
    server.write([stateless(1, 'tools/call', CALL), cancel(1)].map((line) => `${JSON.stringify(line)}\n`).join(''));
    expect(await server.replies()).toEqual([]);
    expect(fakeApi.requests).toHaveLength(0);
  });
});

describe('`subscriptions/listen`', () => {
  const listen = (id: unknown) => stateless(id, 'subscriptions/listen', { notifications: { toolsListChanged: true } });
  const acknowledged = (id: unknown) => ({
    jsonrpc: '2.0',
    method: 'notifications/subscriptions/acknowledged',
    params: { _meta: { [SUBSCRIPTION_KEY]: id }, notifications: {} },
  });

  test('acknowledged at once, with nothing honoured; answered at the end of stdin', async () => {
    expect(await server.replies(listen(0), listen('b'))).toEqual([acknowledged(0), acknowledged('b')]);
    await server.close();
    for (const id of [0, 'b']) {
      const meta = { [SUBSCRIPTION_KEY]: id, [SERVER_INFO_KEY]: expect.anything() };
      expect(server.messages).toContainEqual({ jsonrpc: '2.0', id, result: { resultType: 'complete', _meta: meta } });
    }
  });

  test('once cancelled, never answered', async () => {
    await server.replies(listen(1));
    expect(await server.replies(cancel(1))).toEqual([]);
    await server.close();
    expect(server.messages.some(({ id }) => id === 1)).toBe(false);
  });

  test('without `notifications`: refused', async () => {
    for (const notifications of [undefined, null, [], 'x', true]) {
      const [reply] = await server.replies(stateless(1, 'subscriptions/listen', { notifications }));
      expect(reply).toMatchObject({ id: 1, error: { code: INVALID_PARAMS } });
    }
  });

  test('for tasks, with the extension declared: acknowledged, but the client has to poll', async () => {
    const notifications = { taskIds: ['x'] };
    const [reply] = await server.replies(stateless(1, 'subscriptions/listen', { notifications }, WITH_TASKS));
    expect(reply).toEqual(acknowledged(1));
  });

  test('any number of them holds up neither other requests nor the end', async () => {
    server.write(Array.from({ length: 3000 }, (_, id) => `${JSON.stringify(listen(id))}\n`).join(''));
    expect(await answerTo(stateless('last', 'server/discover'))).toHaveProperty('result');
    await server.close();
    expect(server.messages.filter(({ result }) => result !== undefined)).toHaveLength(3001);
  });
});
