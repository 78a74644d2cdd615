import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { McpServer } from '../support/mcp-server.js';
import {
  call,
  cancel,
  errorOf,
  getTask,
  INITIALIZE,
  INVALID_PARAMS,
  INVALID_REQUEST,
  initialize,
  METHOD_NOT_FOUND,
  RESOURCE_NOT_FOUND,
  request,
  toolErrorOf,
} from '../support/protocol.js';
import type { Json } from '../support/records.js';

let server: McpServer;

beforeEach(() => {
  server = new McpServer();
});

afterEach(async () => {
  await server.close();
  expect(server.bugs).toEqual([]);
});

const tokenOf = ({ params }: Json) => (params as Json | undefined)?.progressToken;

describe('The handshake', () => {
  test('is answered with what the server is and can do, and with no field of a later version', async () => {
    expect(await initialize(server)).toEqual({
      jsonrpc: '2.0',
      id: INITIALIZE.id,
      result: {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {}, resources: {}, extensions: { 'io.modelcontextprotocol/ui': {} } },
        serverInfo: { name: 'kling-tasks-mcp', title: 'Kling tasks', version: '0.0.0' },
        instructions: expect.stringContaining('kling_get_task'),
      },
    });
  });

  test('with an unknown version is answered with one that the server speaks', async () => {
    const { result } = await server.ask({
      ...INITIALIZE,
      params: { ...INITIALIZE.params, protocolVersion: '1999-01-01' },
    });
    expect(result).toMatchObject({ protocolVersion: expect.stringMatching(/^20\d\d-\d\d-\d\d$/) });
  });

  test('may be odd, or absent: requests are answered without it', async () => {
    const capabilities = { roots: null, sampling: { tools: null }, experimental: { x: true } };
    const params = { ...INITIALIZE.params, capabilities, clientInfo: null, _meta: null, extra: null };
    expect(await server.ask(request('list', 'tools/list'))).toMatchObject({ result: { tools: [{}, {}] } });
    expect(await server.ask({ ...INITIALIZE, params })).toMatchObject({ result: { protocolVersion: '2025-11-25' } });
  });
});

describe('A request', () => {
  test('with an unknown method is refused', async () => {
    for (const method of ['prompts/list', 'logging/setLevel', '__proto__', 'constructor', '2026-07-29:ping', '']) {
      expect(await errorOf(server, request(1, method, {})), method).toEqual({ id: 1, code: METHOD_NOT_FOUND });
    }
  });

  test('for a page, a tool or a resource that does not exist is refused', async () => {
    const [unknown] = await server.replies(call(1, 'kling_create_video', {}));
    expect(JSON.stringify(unknown)).toContain('looks up Kling tasks, with kling_get_task and kling_get_tasks_batch');
    for (const name of ['', ' kling_get_task', '__proto__', 'constructor', 7, null, {}, 'x'.repeat(100_000)]) {
      expect(await errorOf(server, call(1, name, {}))).toEqual({ id: 1, code: INVALID_PARAMS });
    }
    for (const cursor of ['no-such-page', 7, {}]) {
      expect(await errorOf(server, request(1, 'tools/list', { cursor }))).toEqual({ id: 1, code: INVALID_PARAMS });
    }
    const [resource] = await server.replies(request(1, 'resources/read', { uri: 'ui://x' }));
    expect(resource).toMatchObject({ error: { code: RESOURCE_NOT_FOUND, data: { uri: 'ui://x' } } });
  });

  test('with null for what it leaves out, or with what is not offered here, is answered', async () => {
    expect(await server.replies(request(1, 'ping', null))).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }]);
    const list = await server.ask(request(2, 'tools/list', { cursor: null, _meta: null, extra: null }));
    expect(list).toMatchObject({ result: { tools: [{}, {}] } });
    const _meta = { progressToken: null, 'io.modelcontextprotocol/related-task': { taskId: 'x' } };
    const params = { name: 'kling_get_task', arguments: { task_id: 'a', wait_seconds: null }, _meta, task: { ttl: 1 } };
    expect(await server.ask(request(3, 'tools/call', params))).toMatchObject({ result: { structuredContent: {} } });
  });

  test('without an id is a notification, which has no answer', async () => {
    const notifications = [
      { jsonrpc: '2.0', method: 'notifications/unknown' },
      { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: [] } },
      { jsonrpc: '2.0', method: 'tools/call', params: { name: 'kling_get_task', arguments: { task_id: 'a' } } },
      { jsonrpc: '2.0', method: 'initialize', params: {} },
    ];
    expect(await server.replies(...notifications)).toEqual([]);
    expect(server.lookups.requests).toHaveLength(0);
  });
});

describe('A call of a tool', () => {
  test('with arguments that are no object is an error that the model can mend', async () => {
    for (const args of ['text', 7, true, [], [{ task_id: 'a' }], null, undefined]) {
      expect(await toolErrorOf(server, 'kling_get_task', args)).toContain('[invalid_arguments] task_id must be');
    }
    expect(server.log.at(-1)).toMatch(/^warn: refused arguments of kling_get_task: task_id must be/);
    expect(server.lookups.requests).toHaveLength(0);
  });

  test('gets progress with its token, be it "" or 0, before the answer', async () => {
    const tokens = ['token', '', 0, 7];
    for (const [id, progressToken] of tokens.entries()) {
      const params = getTask(id, 'a', 1).params as object;
      server.write(request(id, 'tools/call', { ...params, _meta: { progressToken } }));
    }
    await Promise.all(tokens.map((_, id) => server.answer(id)));
    for (const [id, progressToken] of tokens.entries()) {
      const own = server.messages.filter((message) => message.id === id || tokenOf(message) === progressToken);
      expect(own).toMatchObject([
        { method: 'notifications/progress', params: { progressToken, progress: 0, total: 1 } },
        { id, result: {} },
      ]);
    }
  });

  test('that runs into a bug is an error that says nothing of it; the log has its stack', async () => {
    server.lookups.find = () => {
      throw new Error('boom');
    };
    const { bugs } = server;
    expect(JSON.stringify(await server.ask(getTask(1, 'a')))).not.toContain('boom');
    expect(bugs.splice(0)).toMatchObject([{ message: 'boom', stack: expect.stringContaining(' at ') }]);
  });

  test('in the same chunk as its cancellation asks nothing of the API', async () => {
    const lines = [getTask(1, 'a'), cancel(1), getTask(2, 'b')].map((message) => `${JSON.stringify(message)}\n`);
    server.write(lines.join(''));
    await server.answer(2);
    expect(server.lookups.requests).toMatchObject([{ ids: ['b'] }]);
    expect(server.messages).toHaveLength(1);
  });

  test('that is cancelled has no answer, leaves its lookup, and others go on', async () => {
    server.lookups.answerS = 0.05;
    for (const id of [0, 1, 2]) server.write(getTask(id, `task-${id}`));
    expect(await server.replies(cancel(0), cancel(1), cancel(1))).toEqual([]);
    expect(await server.answer(2)).toMatchObject({ result: { structuredContent: {} } });
    expect(server.messages.filter(({ id }) => id === 0 || id === 1)).toEqual([]);
  });

  test('has no answer twice: a second request with its id is refused', async () => {
    server.lookups.answerS = 0.05;
    server.write(getTask(1, 'a'));
    expect(await errorOf(server, request(1, 'ping'))).toEqual({ code: INVALID_REQUEST });
    expect(await server.answer(1)).toMatchObject({ result: { structuredContent: {} } });
  });
});

describe('The view', () => {
  const read = (uri: string) => request(1, 'resources/read', { uri });

  test('is the page of the installation', async () => {
    expect(await server.ask(read('ui://kling-tasks/view.html'))).toMatchObject({
      result: { contents: [{ text: expect.stringContaining('class McpServer') }] },
    });
  });

  test('that is missing from the installation is an error that says so', async () => {
    await server.close();
    server = new McpServer(undefined, '/nowhere/view.html');
    expect(await server.ask(read('ui://kling-tasks/view.html'))).toMatchObject({
      error: { code: -32603, message: expect.stringContaining('install the package again') },
    });
  });
});
