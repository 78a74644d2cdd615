import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeApi } from '../support/fake-api.js';
import { errorOf, getTask, INVALID_PARAMS, request, toolErrorOf } from '../support/protocol.js';
import { completedRecord, type Json, pendingRecord } from '../support/records.js';
import { ServerProcess } from '../support/server-process.js';

let fakeApi: FakeApi;
let server: ServerProcess;

beforeEach(async () => {
  fakeApi = await FakeApi.start([completedRecord('task-1')]);
  server = new ServerProcess({ fakeApi });
});

afterEach(async () => {
  expect(await server.close()).toEqual({ code: 0, signal: null });
  expect(server.stderr).not.toMatch(/error:|^\s+at /m);
  await fakeApi.close();
});

const GOOD = { name: 'kling_get_task', arguments: { task_id: 'task-1' } };

/** The request with the given `_meta`. */
function withMeta(message: Json, _meta: Json): Json {
  return { ...message, params: { ...(message.params as Json), _meta } };
}

function tokenOf({ params }: Json): unknown {
  return (params as Json | undefined)?.progressToken;
}

/** Each of the values as arguments is a tool error with the given text, and nothing is looked up. */
async function expectRefusal(tool: string, wrong: unknown[], text: string) {
  for (const args of wrong) expect(await toolErrorOf(server, tool, args), JSON.stringify(args)).toContain(text);
  expect(fakeApi.requests).toHaveLength(0);
}

describe('Hostile input on stdin', () => {
  test('arguments of every wrong type: no object', async () => {
    const wrong = ['text', 7, true, [], [{ task_id: 'task-1' }]];
    await expectRefusal('kling_get_task', wrong, '[invalid_arguments] arguments must be an object.');
    await expectRefusal('kling_get_tasks_batch', wrong, '[invalid_arguments] arguments must be an object.');
  });

  test('arguments of every wrong type: a bad task_id is told to the model with the rule', async () => {
    const ids = [undefined, null, 7, true, {}, ['task-1'], '', '../x', 'a b', 'x'.repeat(129), '\u0000', 'ä', '\ud800'];
    const wrong = ids.map((task_id) => ({ task_id }));
    await expectRefusal('kling_get_task', wrong, '[invalid_arguments] task_id must be one bare task id');
  });

  test('arguments of every wrong type: a bad wait_seconds is told to the model with the maximum', async () => {
    const wrong = ['five', true, {}, [1], -1, 1.5].map((wait_seconds) => ({
      task_id: 'task-1',
      wait_seconds,
    }));
    const text = '[invalid_arguments] wait_seconds must be a whole number of seconds from 0 to 50';
    await expectRefusal('kling_get_task', wrong, text);
  });

  test('arguments of every wrong type: task_ids that are no list of 1 to 100', async () => {
    const wrong = [undefined, null, 7, {}, [], Array(101).fill('task-1')].map((task_ids) => ({ task_ids }));
    const text = '[invalid_arguments] task_ids must be a list of 1 to 100 task ids';
    await expectRefusal('kling_get_tasks_batch', wrong, text);
  });

  test('arguments of every wrong type: a bad id in task_ids is named by its position', async () => {
    const wrong = [null, 7, {}, '', 'a b'].map((id) => ({ task_ids: ['task-1', id] }));
    await expectRefusal('kling_get_tasks_batch', wrong, '[invalid_arguments] task_ids[1] must be one bare task id');
  });

  test('`__proto__` and `constructor` as keys: unknown arguments, refused by name', async () => {
    for (const key of ['__proto__', 'constructor', 'prototype', 'toString']) {
      const args = JSON.parse(`{"task_id":"task-1","${key}":{"task_id":"task-2","wait_seconds":7}}`);
      await expectRefusal('kling_get_task', [args], `[invalid_arguments] unknown argument "${key}"`);
    }
  });

  test('`__proto__` and `constructor` as keys: beside the arguments they change nothing', async () => {
    const params = `{"__proto__":{"name":"x"},"constructor":1,${JSON.stringify(GOOD).slice(1)}`;
    server.write(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}\n`);
    expect(await server.answer(1)).toMatchObject({ result: { structuredContent: {} } });
    server.write('{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"__proto__":{"name":"kling_get_task"}}}\n');
    expect(await server.answer(2)).toMatchObject({ error: { code: INVALID_PARAMS } });
  });

  test('params of every wrong type: refused with the id', async () => {
    for (const params of [[], 'x', 7, true]) {
      for (const method of ['tools/call', 'tools/list', 'ping', 'server/discover']) {
        const error = await errorOf(server, request(1, method, params));
        expect(error, `${method} ${params}`).toEqual({ id: 1, code: INVALID_PARAMS });
      }
    }
  });

  test('params that are null: count as absent', async () => {
    expect(await server.replies(request(1, 'ping', null))).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }]);
    expect(await server.replies(request(2, 'tools/list', null))).toMatchObject([
      { id: 2, result: { tools: [{}, {}] } },
    ]);
  });

  test('members of params that are null: count as absent', async () => {
    const [list] = await server.replies(request(1, 'tools/list', { cursor: null, _meta: null, extra: null }));
    expect(list).toMatchObject({ result: { tools: [{}, {}] } });
    server.write(request(2, 'tools/call', { ...GOOD, _meta: null, task: null }));
    expect(await server.answer(2)).toMatchObject({ result: { structuredContent: {} } });
    expect(await toolErrorOf(server, 'kling_get_task', null)).toContain('[invalid_arguments] task_id');
  });

  test('bad `_meta`: refused with the id, and named in the log', async () => {
    for (const _meta of [7, 'x', [], true]) {
      const error = await errorOf(server, request(1, 'tools/call', { ...GOOD, _meta }));
      expect(error, JSON.stringify(_meta)).toEqual({ id: 1, code: INVALID_PARAMS });
    }
    expect(server.stderr).toMatch(/^kling-tasks-mcp warn: refused a message: params\._meta must be an object\.$/m);
  });

  test('a progress token that cannot be used: the call is answered, without progress', async () => {
    fakeApi.add(pendingRecord('pending-1'));
    const unusable = [null, {}, [], 1.5, true];
    for (const [id, progressToken] of unusable.entries()) {
      server.write(withMeta(getTask(id, 'pending-1', 1), { progressToken }));
    }
    for (const id of unusable.keys()) {
      expect(await server.answer(id)).toMatchObject({
        result: { structuredContent: { result: { status: 'pending' } } },
      });
    }
    expect(server.messages.filter(({ method }) => method !== undefined)).toEqual([]);
  });

  test('a progress token, be it "" or 0: comes back with each progress, before the answer', async () => {
    fakeApi.add(pendingRecord('pending-1'));
    const tokens = ['token', '', 0, 7];
    for (const [id, progressToken] of tokens.entries()) {
      server.write(withMeta(getTask(id, 'pending-1', 6), { progressToken }));
    }
    await Promise.all(tokens.map((_, id) => server.answer(id)));
    for (const [id, token] of tokens.entries()) {
      const own = server.messages.filter((message) => message.id === id || tokenOf(message) === token);
      expect(own.length).toBeGreaterThan(1);
      expect(own.map((message) => message.id === id)).toEqual([...own.slice(1).map(() => false), true]);
    }
  });

  test('unknown `_meta`: ignored', async () => {
    server.write(request(1, 'tools/call', { ...GOOD, _meta: { 'example.com/trace': [1], progressToken: 0 } }));
    expect(await server.answer(1)).toMatchObject({ result: { structuredContent: {} } });
  });

  test('a call that asks to become a task: answered as any other', async () => {
    const _meta = { 'io.modelcontextprotocol/related-task': { taskId: 'x' } };
    server.write(request(1, 'tools/call', { ...GOOD, task: { ttl: 1000 }, _meta }));
    expect(await server.answer(1)).toMatchObject({ result: { structuredContent: {} } });
  });

  test('`tools/list` with a bad cursor: refused', async () => {
    for (const cursor of ['no-such-page', 7, {}]) {
      const error = await errorOf(server, request(1, 'tools/list', { cursor }));
      expect(error, JSON.stringify(cursor)).toEqual({ id: 1, code: INVALID_PARAMS });
    }
  });
});
