import {
  CLIENT_CAPABILITIES_META_KEY,
  PROTOCOL_VERSION_META_KEY,
  ProtocolErrorCode,
  SERVER_INFO_META_KEY,
  SUBSCRIPTION_ID_META_KEY,
} from '@modelcontextprotocol/client';
import { describe, expect } from 'vitest';
import { test } from '../support/mcp-server.js';
import { cancel, getTask, initialize, modern, request, TASKS_EXTENSION, WITH_TASKS } from '../support/protocol.js';
import type { Json } from '../support/records.js';

const VERSION = '2026-07-28';
const CALL = { name: 'kling_get_task', arguments: { task_id: 'a' } };
const MODERN_FIELDS = /resultType|ttlMs|cacheScope|serverInfo":\{|supportedVersions|io\.modelcontextprotocol\/(?!ui)/;

describe('The era of a request', () => {
  test('is that of 2026-07-28 if `_meta` names a version; the answers of the other have no field of it', async ({
    server,
  }) => {
    const requests: [method: string, params?: Json][] = [
      ['tools/list'],
      ['resources/list'],
      ['resources/templates/list'],
      ['resources/read', { uri: 'ui://kling-tasks/view.html' }],
      ['tools/call', CALL],
      ['tools/call', { ...CALL, arguments: 'text' }],
    ];
    const serverInfo = { name: 'kling-tasks-mcp', title: 'Kling tasks', version: '0.0.0' };
    for (const [index, [method, params]] of requests.entries()) {
      const { result } = await server.ask(modern(`modern ${index}`, method, params));
      expect(result).toMatchObject({ resultType: 'complete', _meta: { [SERVER_INFO_META_KEY]: serverInfo } });
      expect((result as Json).ttlMs).toEqual(method === 'tools/call' ? undefined : expect.any(Number));
      const _meta = { [CLIENT_CAPABILITIES_META_KEY]: {} };
      const legacy = await server.ask(request(`legacy ${index}`, method, { ...params, _meta }));
      expect(legacy).toHaveProperty('result');
      expect(JSON.stringify(legacy)).not.toMatch(MODERN_FIELDS);
    }
    for (const message of [request('bad', 'resources/read', { uri: 'x' }), request('p', 'ping')]) {
      expect(JSON.stringify(await server.ask(message))).not.toMatch(MODERN_FIELDS);
    }
  });

  test('is its own: both are served side by side, with ids that are unique over both', async ({ server }) => {
    server.lookups.answerS = 0.05;
    server.write(modern(1, 'tools/call', CALL));
    expect(await server.replies(request(1, 'ping'), modern(1, 'server/discover'))).toMatchObject([
      { error: { code: ProtocolErrorCode.InvalidRequest } },
      { error: { code: ProtocolErrorCode.InvalidRequest } },
    ]);
    expect(await server.answer(1)).toMatchObject({ result: { resultType: 'complete' } });
    expect(await initialize(server)).toMatchObject({ result: { protocolVersion: '2025-11-25' } });
    expect(await server.ask(modern(2, 'server/discover'))).toMatchObject({
      result: { supportedVersions: [VERSION] },
    });
    expect(await server.ask(getTask(3, 'a'))).toMatchObject({ result: { structuredContent: {} } });
  });
});

describe('The checks of 2026-07-28', () => {
  const meta = (version: unknown, capabilities: unknown) => ({
    _meta: { [PROTOCOL_VERSION_META_KEY]: version, [CLIENT_CAPABILITIES_META_KEY]: capabilities },
  });

  test('come in this order: version, its support, capabilities, method, extension, params', async ({ server }) => {
    const ofOlderVersions = ['ping', 'logging/setLevel', 'initialize', 'prompts/list', 'tasks/list', 'constructor', ''];
    const wrong: [params: Json, method: string, code: number][] = [
      [{}, 'server/discover', ProtocolErrorCode.InvalidParams],
      [{}, 'tasks/x', ProtocolErrorCode.InvalidParams],
      [meta(7, 7), 'no/such', ProtocolErrorCode.InvalidParams],
      [meta(null, {}), 'tools/list', ProtocolErrorCode.InvalidParams],
      [meta('2025-11-25', 7), 'no/such', ProtocolErrorCode.UnsupportedProtocolVersion],
      [{ ...meta('2099-01-01', 7), name: 7 }, 'tools/call', ProtocolErrorCode.UnsupportedProtocolVersion],
      [meta(VERSION, 7), 'no/such', ProtocolErrorCode.InvalidParams],
      [meta(VERSION, null), 'no/such', ProtocolErrorCode.InvalidParams],
      [meta(VERSION, {}), 'no/such', ProtocolErrorCode.MethodNotFound],
      [meta(VERSION, {}), 'tasks/get', ProtocolErrorCode.MissingRequiredClientCapability],
      [meta(VERSION, WITH_TASKS), 'tasks/get', ProtocolErrorCode.InvalidParams],
      [meta(VERSION, {}), 'tools/call', ProtocolErrorCode.InvalidParams],
    ];
    for (const method of ofOlderVersions) wrong.push([meta(VERSION, {}), method, ProtocolErrorCode.MethodNotFound]);
    for (const [index, [params, method, code]] of wrong.entries()) {
      const { error } = await server.ask(request(index, method, params));
      expect(error, `${method} ${JSON.stringify(params)}`).toMatchObject({ code });
      if (code === ProtocolErrorCode.UnsupportedProtocolVersion)
        expect(error).toMatchObject({ data: { supported: [VERSION] } });
    }
  });

  test('demand the extension of tasks of each request that is about them', async ({ server }) => {
    const data = { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } };
    const undeclared = [{}, { extensions: {} }, { extensions: { [TASKS_EXTENSION]: null } }, { tasks: {} }];
    const methods: [method: string, params: Json][] = [
      ...['get', 'cancel', 'update'].map((name): [string, Json] => [`tasks/${name}`, { taskId: 7 }]),
      ['subscriptions/listen', { notifications: { taskIds: ['x'] } }],
    ];
    for (const capabilities of undeclared) {
      for (const [method, params] of methods) {
        const [reply] = await server.replies(modern('x', method, params, capabilities));
        expect(reply).toMatchObject({ error: { code: ProtocolErrorCode.MissingRequiredClientCapability, data } });
      }
    }
  });
});

describe('An answer of 2026-07-28', () => {
  test('to `server/discover` has versions, capabilities and instructions', async ({ server }) => {
    const { result } = await server.ask(modern(1, 'server/discover'));
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
      _meta: { [SERVER_INFO_META_KEY]: expect.anything() },
    });
  });

  test('to `tools/list` is the same in both eras, whoever asks', async ({ server }) => {
    const answers = [
      await server.ask(modern(1, 'tools/list')),
      await server.ask(modern(2, 'tools/list', { cursor: null }, WITH_TASKS)),
      await server.ask(request(3, 'tools/list')),
    ];
    const [first, ...others] = answers.map(({ result }) => (result as Json).tools);
    expect(first).toHaveLength(2);
    for (const other of others) expect(other).toEqual(first);
  });

  test('is all that is sent, but for progress where that was asked for', async ({ server }) => {
    const _meta = { 'io.modelcontextprotocol/logLevel': 'debug' };
    const waiting = { ...CALL, arguments: { task_id: 'a', wait_seconds: 1 } };
    await server.ask(modern(1, 'tools/call', { ...waiting, _meta }));
    expect(server.messages).toHaveLength(1);
    await server.ask(modern(2, 'tools/call', { ...waiting, _meta: { progressToken: 't' } }));
    expect(server.messages.slice(1)).toMatchObject([{ params: { progressToken: 't', progress: 0 } }, { id: 2 }]);
  });
});

describe('`subscriptions/listen`', () => {
  const listen = (id: unknown, notifications: unknown = { toolsListChanged: true }, capabilities?: Json) =>
    modern(id, 'subscriptions/listen', { notifications }, capabilities);
  const acknowledged = (id: unknown) => ({
    jsonrpc: '2.0',
    method: 'notifications/subscriptions/acknowledged',
    params: { _meta: { [SUBSCRIPTION_ID_META_KEY]: id }, notifications: {} },
  });

  test('is acknowledged at once, with nothing honoured, and answered at the end of stdin unless it is cancelled', async ({
    server,
  }) => {
    const ids = [0, 'b', 'cancelled'];
    expect(await server.replies(...ids.map((id) => listen(id)))).toEqual(ids.map(acknowledged));
    expect(await server.replies(listen('tasks', { taskIds: ['x'] }, WITH_TASKS))).toEqual([acknowledged('tasks')]);
    expect(await server.replies(cancel('cancelled'))).toEqual([]);
    await server.close();
    for (const id of [0, 'b', 'tasks']) {
      const _meta = { [SUBSCRIPTION_ID_META_KEY]: id, [SERVER_INFO_META_KEY]: expect.anything() };
      expect(server.messages).toContainEqual({ jsonrpc: '2.0', id, result: { resultType: 'complete', _meta } });
    }
    expect(server.messages.some(({ id }) => id === 'cancelled')).toBe(false);
  });

  test('without `notifications` is refused', async ({ server }) => {
    for (const notifications of [null, [], 'x', true]) {
      const [reply] = await server.replies(listen(1, notifications));
      expect(reply).toMatchObject({ id: 1, error: { code: ProtocolErrorCode.InvalidParams } });
    }
  });
});
