import { ProtocolErrorCode } from '@modelcontextprotocol/client';
import { describe, expect } from 'vitest';
import { McpServer, test } from '../support/mcp-server.js';
import { call, cancel, getTask, INITIALIZE, initialize, request } from '../support/protocol.js';
import type { Json } from '../support/records.js';

const tokenOf = ({ params }: Json) => (params as Json | undefined)?.progressToken;

/** The code of the error that answers the request. */
async function codeOf(server: McpServer, message: Json): Promise<unknown> {
  const [reply] = await server.replies(message);
  // A sentence of ours: neither a dump of a schema's issues nor a trace of the stack.
  const sentence = expect.stringMatching(/^[A-Za-z][^\n{}]{5,200}$/);
  expect(reply).toMatchObject({ id: message.id, error: { message: sentence } });
  return (reply as { error: { code: number } }).error.code;
}

describe('The handshake', () => {
  test('is answered with what the server is and can do, and with no field of a later version', async ({ server }) => {
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

  test('is answered with the version that the client speaks, or with the latest', async ({ server }) => {
    const known = ['2025-06-18', '2025-03-26', '2024-11-05'];
    for (const asked of [...known, '1999-01-01', 7]) {
      const { result } = await server.ask(request(asked, 'initialize', { protocolVersion: asked }));
      expect(result).toMatchObject({ protocolVersion: known.find((version) => version === asked) ?? '2025-11-25' });
    }
  });

  test('may be odd, or absent: requests are answered without it', async ({ server }) => {
    const capabilities = { roots: null, sampling: { tools: null }, experimental: { x: true } };
    const params = { ...INITIALIZE.params, capabilities, clientInfo: null, _meta: null, extra: null };
    expect(await server.ask(request('list', 'tools/list'))).toMatchObject({ result: { tools: [{}, {}] } });
    expect(await server.ask({ ...INITIALIZE, params })).toMatchObject({ result: { protocolVersion: '2025-11-25' } });
  });
});

describe('A request', () => {
  test('with an unknown method is refused', async ({ server }) => {
    for (const method of ['prompts/list', 'logging/setLevel', '__proto__', 'constructor', '2026-07-29:ping', '']) {
      expect(await codeOf(server, request(1, method, {})), method).toBe(ProtocolErrorCode.MethodNotFound);
    }
  });

  test('for a tool or a resource that does not exist is refused', async ({ server }) => {
    const [unknown] = await server.replies(call(1, 'kling_create_video', {}));
    expect(JSON.stringify(unknown)).toContain('looks up Kling tasks, with kling_get_task and kling_get_tasks_batch');
    for (const name of ['', ' kling_get_task', '__proto__', 'constructor', 7, null, {}, 'x'.repeat(100_000)]) {
      expect(await codeOf(server, call(1, name, {}))).toBe(ProtocolErrorCode.InvalidParams);
    }
    const [resource] = await server.replies(request(1, 'resources/read', { uri: 'ui://x' }));
    expect(resource).toMatchObject({ error: { code: ProtocolErrorCode.ResourceNotFound, data: { uri: 'ui://x' } } });
  });

  test('without an id is a notification, which has no answer', async ({ server }) => {
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
  test('with arguments that are no object is an error that the model can mend', async ({ server }) => {
    for (const args of ['text', 7, true, [], [{ task_id: 'a' }], null, undefined]) {
      const text = expect.stringContaining('[invalid_arguments] task_id must be');
      const [reply] = await server.replies(call('call', 'kling_get_task', args));
      expect(reply).toMatchObject({ result: { isError: true, content: [{ text }] } });
    }
    expect(server.log.at(-1)).toMatch(/^warn: refused arguments of kling_get_task: task_id must be/);
    expect(server.lookups.requests).toHaveLength(0);
  });

  test('gets progress with its token, be it "" or 0, before the answer', async ({ server }) => {
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

  test('in the same chunk as its cancellation asks nothing of the API', async ({ server }) => {
    const lines = [getTask(1, 'a'), cancel(1), getTask(2, 'b')].map((message) => `${JSON.stringify(message)}\n`);
    server.write(lines.join(''));
    await server.answer(2);
    expect(server.lookups.requests).toMatchObject([{ ids: ['b'] }]);
    expect(server.messages).toHaveLength(1);
  });

  test('that is cancelled has no answer, and another one with its id in the same chunk has one', async ({ server }) => {
    const answersS = [60];
    server.lookups.answerS = () => answersS.pop() ?? 0;
    for (const id of [0, '', 1]) server.write(getTask(id, 'old'));
    await server.replies();
    const odd = (id: unknown) => ({ ...cancel(id), params: { requestId: id, reason: 7 } });
    const again = [0, '', 1].flatMap((id) => [odd(id), cancel(id), getTask(id, 'new')]);
    server.write(again.map((message) => `${JSON.stringify(message)}\n`).join(''));
    for (const id of [0, '', 1]) {
      expect(await server.answer(id)).toMatchObject({ result: { structuredContent: { result: { task_id: 'new' } } } });
      expect(server.messages.filter((message) => message.id === id)).toHaveLength(1);
    }
    expect(server.lookups.requests).toMatchObject([{ ids: ['old'], isAborted: true }, { ids: ['new'] }]);
  });
});

test('A handler that runs into a bug is an error that says nothing of it; the log has its stack', async () => {
  const broken = new McpServer(undefined, '/nowhere/view.html');
  expect(await broken.ask(request(1, 'resources/read', { uri: 'ui://kling-tasks/view.html' }))).toMatchObject({
    error: { code: -32603, message: 'The server failed: see its log.' },
  });
  expect(broken.bugs).toMatchObject([{ message: expect.stringContaining('/nowhere/view.html') }]);
  await broken.close();
});
