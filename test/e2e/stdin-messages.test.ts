import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeApi } from '../support/fake-api.js';
import {
  call,
  errorOf,
  getTask,
  INITIALIZE,
  INVALID_PARAMS,
  INVALID_REQUEST,
  initialize,
  METHOD_NOT_FOUND,
  request,
} from '../support/protocol.js';
import { completedRecord } from '../support/records.js';
import { ServerProcess } from '../support/server-process.js';

let fakeApi: FakeApi;
let server: ServerProcess;

beforeEach(async () => {
  fakeApi = await FakeApi.start([completedRecord('task-1')]);
  server = new ServerProcess({ fakeApi });
});

afterEach(async () => {
  expect(await server.close()).toEqual({ code: 0, signal: null });
  expect(server.stderr).not.toMatch(/^\s+at /m);
  await fakeApi.close();
});

describe('Hostile input on stdin', () => {
  test('wrong `jsonrpc`: refused, with the id of a request', async () => {
    for (const jsonrpc of [undefined, '1.0', 2, null]) {
      expect(await errorOf(server, { jsonrpc, id: 7, method: 'ping' })).toEqual({ id: 7, code: INVALID_REQUEST });
      expect(await errorOf(server, { jsonrpc, method: 'notifications/x' })).toEqual({ code: INVALID_REQUEST });
    }
  });

  test('wrong `method`: refused with the id', async () => {
    for (const method of [undefined, 7, null, {}, []]) {
      expect(await errorOf(server, request(7, method))).toEqual({ id: 7, code: INVALID_REQUEST });
    }
  });

  test('ids of odd types: what JSON-RPC or MCP forbids is refused without an id', async () => {
    for (const id of ['null', 'true', '1.5', '1e400', '-1e400', '[]', '[1]', '{}', '{"a":1}']) {
      const line = `{"jsonrpc":"2.0","id":${id},"method":"ping"}\n`;
      expect(await errorOf(server, line), id).toEqual({ code: INVALID_REQUEST });
    }
  });

  test('ids of odd types: every string and whole number is an id like any other', async () => {
    const ids = [0, -1, '', '0', '__proto__', 'constructor', '\u0000', ' ', '\ud800', Number.MAX_SAFE_INTEGER];
    const replies = await server.replies(...ids.map((id) => request(id, 'ping')));
    expect(replies).toEqual(ids.map((id) => ({ jsonrpc: '2.0', id, result: {} })));
  });

  test('ids of odd types: 1 and "1" are different ids', async () => {
    const release = fakeApi.hold();
    server.write(getTask(1, 'task-1'));
    server.write(getTask('1', 'task-1'));
    await fakeApi.received(2);
    release();
    await server.answer(1);
    await server.answer('1');
  });

  test('duplicate ids: the second is refused without an id, the first is answered once', async () => {
    const release = fakeApi.hold();
    server.write(getTask(1, 'task-1'));
    await fakeApi.received(1);
    expect(await errorOf(server, request(1, 'ping'))).toEqual({ code: INVALID_REQUEST });
    release();
    expect(await server.answer(1)).toMatchObject({ result: { structuredContent: {} } });
    expect(await server.replies()).toEqual([]);
    expect(fakeApi.requests).toHaveLength(1);
  });

  test('duplicate ids: an id is free again once it is answered', async () => {
    await server.replies(request(1, 'ping'));
    expect(await server.replies(request(1, 'ping'))).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }]);
  });

  test('requests before `initialize`: answered', async () => {
    server.write(request('list', 'tools/list'));
    expect(await server.answer('list')).toMatchObject({ result: { tools: [{}, {}] } });
    server.write(getTask('call', 'task-1'));
    expect(await server.answer('call')).toMatchObject({ result: { structuredContent: {} } });
    expect(await initialize(server)).toMatchObject({ result: { protocolVersion: '2025-11-25' } });
  });

  test('`initialize` with bad params: refused, and a good one is taken after it', async () => {
    const { params } = INITIALIZE;
    const bad = [
      undefined,
      [],
      'x',
      {},
      { ...params, protocolVersion: 7 },
      { ...params, capabilities: [] },
      { ...params, clientInfo: 'x' },
    ];
    for (const value of bad) {
      const error = await errorOf(server, request(1, 'initialize', value));
      expect(error, JSON.stringify(value)).toEqual({ id: 1, code: INVALID_PARAMS });
    }
    expect(await initialize(server)).toMatchObject({ result: { serverInfo: { name: 'kling-tasks-mcp' } } });
  });

  test('`initialize` with an unknown version: answered with one that the server speaks', async () => {
    server.write({ ...INITIALIZE, params: { ...INITIALIZE.params, protocolVersion: '1999-01-01' } });
    const { result } = (await server.answer(INITIALIZE.id)) as { result: { protocolVersion: string } };
    expect(result.protocolVersion).toMatch(/^20\d\d-\d\d-\d\d$/);
  });

  test('a second `initialize`: refused, also right behind the first', async () => {
    expect(await server.replies(INITIALIZE, { ...INITIALIZE, id: 'second' })).toMatchObject([
      { id: 'second', error: { code: INVALID_REQUEST } },
      { id: INITIALIZE.id, result: {} },
    ]);
    const third = { ...INITIALIZE, id: 'third' };
    expect(await errorOf(server, third)).toEqual({ id: 'third', code: INVALID_REQUEST });
  });

  test('`initialize` with null or odd capabilities: taken, as nothing here depends on them', async () => {
    const capabilities = { roots: null, sampling: { tools: null }, experimental: { x: true }, 'example.com/y': [1] };
    server.write({ ...INITIALIZE, params: { ...INITIALIZE.params, capabilities, _meta: null, extra: null } });
    expect(await server.answer(INITIALIZE.id)).toMatchObject({ result: { protocolVersion: '2025-11-25' } });
  });

  test('`initialize` with `capabilities` and `clientInfo` that are null or absent: taken', async () => {
    const { protocolVersion } = INITIALIZE.params;
    server.write({ ...INITIALIZE, params: { protocolVersion, capabilities: null } });
    expect(await server.answer(INITIALIZE.id)).toMatchObject({ result: { protocolVersion } });
  });

  test('arguments that are refused: named in the log, without their values', async () => {
    await server.replies(
      request(1, 'tools/call', { name: 'kling_get_task', arguments: { task_id: 'https://x.example/secret', foo: 1 } }),
    );
    await server.logged('warn: refused arguments of kling_get_task: task_id must be one bare task id');
    expect(server.stderr).toContain('unknown argument "foo"');
    expect(server.stderr).not.toContain('x.example');
  });

  test('a message with members that JSON-RPC does not know: they are ignored', async () => {
    const extra = { extra: 1, result: {}, error: null, timestamp: null };
    expect(await server.replies({ ...request(1, 'ping'), ...extra })).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }]);
  });

  test('what is refused is named by its path, in the answer and in the log', async () => {
    const refused: [message: object, text: string][] = [
      [{ jsonrpc: '1.0', id: 1, method: 'ping' }, 'jsonrpc must be "2.0".'],
      [request(1, 7), 'method must be a string.'],
      [request(1.5, 'ping'), 'id must be a string or a whole number.'],
      [request(1, 'tools/call', { name: 7 }), 'params.name must be a string.'],
      [request(1, 'initialize', {}), 'params.protocolVersion must be a string.'],
      [request(1, 'resources/read', {}), 'params.uri must be a string.'],
    ];
    for (const [message, text] of refused) {
      expect(await server.replies(message)).toMatchObject([{ error: { message: text } }]);
      const logged = server.stderr
        .split('\n')
        .filter((line) => line.startsWith('kling-tasks-mcp warn: refused a message: '));
      expect(logged.at(-1)).toMatch(new RegExp(`: ${text.replaceAll('.', '\\.')}$`));
    }
  });

  test('`server/discover` without a version: refused, and `initialize` works after it', async () => {
    const error = await errorOf(server, request(0, 'server/discover', { _meta: {} }));
    expect(error).toEqual({ id: 0, code: INVALID_PARAMS });
    expect(await initialize(server)).toMatchObject({ result: {} });
  });

  test('unknown methods: not found', async () => {
    for (const method of ['prompts/list', 'logging/setLevel', 'completion/complete', 'x', '']) {
      expect(await errorOf(server, request(1, method, {})), method).toEqual({ id: 1, code: METHOD_NOT_FOUND });
    }
  });

  test('unknown tools: refused, with what this server is for', async () => {
    const [reply] = await server.replies(call(1, 'kling_create_video', {}));
    expect(reply).toMatchObject({ id: 1, error: { code: INVALID_PARAMS } });
    expect(JSON.stringify(reply)).toContain('looks up Kling tasks, with kling_get_task and kling_get_tasks_batch');
    for (const name of ['kling_get_tasks', '', ' kling_get_task', 'x'.repeat(100_000)]) {
      expect(await errorOf(server, call(1, name, {}))).toEqual({ id: 1, code: INVALID_PARAMS });
    }
  });

  test('unknown tools: a name that is no string is refused', async () => {
    for (const name of [undefined, null, 7, true, {}, ['kling_get_task']]) {
      expect(await errorOf(server, call(1, name, {}))).toEqual({ id: 1, code: INVALID_PARAMS });
    }
  });

  test('`__proto__` and `constructor` as names: unknown like any other', async () => {
    for (const name of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']) {
      expect(await errorOf(server, request(1, name)), name).toEqual({ id: 1, code: METHOD_NOT_FOUND });
      expect(await errorOf(server, call(2, name, {})), name).toEqual({ id: 2, code: INVALID_PARAMS });
    }
  });

  test('a response to no request: ignored', async () => {
    for (const fields of [{ result: {} }, { error: { code: 1, message: 'x' } }, { result: 7, error: 7 }]) {
      expect(await server.replies({ jsonrpc: '2.0', id: 1, ...fields })).toEqual([]);
    }
  });

  test('notifications: unknown ones, malformed ones and a call without an id get no answer', async () => {
    const lines = [
      { jsonrpc: '2.0', method: 'notifications/unknown' },
      { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: [] } },
      { jsonrpc: '2.0', method: 'tools/call', params: { name: 'kling_get_task', arguments: { task_id: 'task-1' } } },
      { jsonrpc: '2.0', method: 'initialize', params: {} },
    ];
    expect(await server.replies(...lines)).toEqual([]);
    expect(fakeApi.requests).toHaveLength(0);
  });
});
