import { ProtocolErrorCode } from '@modelcontextprotocol/client';
import { isCreateTaskResultV2, isDetailedTaskV2 } from '@modelcontextprotocol/ext-tasks/core/v2';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { all, down, limited, refused } from '../support/fake-lookups.js';
import { McpServer } from '../support/mcp-server.js';
import { cancel, followTask, modern, ofTask, WITH_TASKS } from '../support/protocol.js';
import type { Json } from '../support/records.js';

let server: McpServer;
let lastId: number;

beforeEach(() => {
  vi.useFakeTimers();
  server = new McpServer();
  lastId = 0;
});

afterEach(() => {
  vi.useRealTimers();
  expect(server.bugs).toEqual([]);
});

/** What answers the message: its result or its error. No more time passes than it takes. */
async function ask(message: Json, of = server): Promise<Json> {
  let answer: Json | undefined;
  void of.ask(message).then((json) => {
    answer = json;
  });
  for (let turn = 1; !answer; turn++) {
    // What can be done now takes a few turns.
    if (turn % 5) await pass(0);
    else await vi.advanceTimersToNextTimerAsync();
  }
  return (answer.result ?? answer.error) as Json;
}

const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000);
/** When lookups began, in whole seconds since the start. */
const lookupTimes = () => server.lookups.times.map(Math.round);
const ageMs = (date: unknown) => Date.now() - Date.parse(String(date));
const nextId = () => ++lastId;
const follow = (id: string, waitSeconds = 50) => ask(followTask(nextId(), id, waitSeconds));
const get = (taskId: unknown, of = server) => ask(ofTask(nextId(), 'get', taskId), of);
const followBatch = (...task_ids: string[]) => {
  const params = { name: 'kling_get_tasks_batch', arguments: { task_ids, wait_seconds: 30 } };
  return ask(modern(nextId(), 'tools/call', params, WITH_TASKS));
};

/** The answer of the first poll that does not find the task working. */
async function pollUntilEnd(taskId: unknown, intervalSeconds = 1): Promise<Json> {
  for (;;) {
    const task = await get(taskId);
    expect(isDetailedTaskV2(task)).toBe(true);
    if (task.status !== 'working') return task;
    await pass(intervalSeconds);
  }
}

/** The id of a task that was begun so many seconds ago, in another process. */
const begunBefore = (seconds: number, id = 'a') => `${id}@${(Date.now() - seconds * 1000).toString(36)}`;

describe('A call that waits 10 s or more, by a client with the tasks extension', () => {
  test('becomes a task after one lookup, if something is pending', async () => {
    const handle = await follow('a');
    expect(isCreateTaskResultV2(handle)).toBe(true);
    expect(handle).toEqual({
      resultType: 'task',
      taskId: `a@${Date.parse(String(handle.createdAt)).toString(36)}`,
      status: 'working',
      statusMessage: 'running for 60 s, looked up every 10 s',
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      lastUpdatedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      ttlMs: 7_200_000,
      pollIntervalMs: 10_000,
      _meta: expect.anything(),
    });
    expect(server.lookups.requests).toHaveLength(1);
    expect(await follow('a', 9999)).toMatchObject({ resultType: 'task' });
  });

  test('is answered as ever if the first lookup decides, or the arguments are refused', async () => {
    for (const finding of ['completed', 'failed', refused] as const) {
      server.lookups.find = typeof finding === 'string' ? all(finding) : () => finding;
      const result = await follow('a');
      expect(result).toMatchObject({ resultType: 'complete', content: [{}] });
      expect(result).not.toHaveProperty('taskId');
    }
    expect(await follow('a b')).toMatchObject({ resultType: 'complete', isError: true });
  });

  test('is answered as ever if it waits for less, or if this request does not declare the extension', async () => {
    await follow('a');
    const plain = { name: 'kling_get_task', arguments: { task_id: 'a', wait_seconds: 10 } };
    for (const call of [followTask(nextId(), 'a', 9), modern(nextId(), 'tools/call', plain)]) {
      expect(await ask(call)).toMatchObject({ resultType: 'complete', structuredContent: {} });
    }
  });

  test('with "not found" becomes a task that ends with the second lookup', async () => {
    server.lookups.find = () => ({});
    const handle = await follow('a');
    expect(handle).toMatchObject({ statusMessage: 'pending, looked up every 5 s', pollIntervalMs: 5000 });
    const end = await pollUntilEnd(handle.taskId);
    expect(end).toMatchObject({ status: 'completed', statusMessage: 'the lookup failed', result: { isError: true } });
    expect(JSON.stringify(end)).toContain('[task_not_found]');
    expect(lookupTimes()).toEqual([0, 5]);
  });

  test('has an id of its own, so that cancelling it does not touch the same call made at the same time', async () => {
    const [one, two] = await Promise.all([follow('a'), follow('a')]);
    await ask(ofTask(nextId(), 'cancel', one?.taskId));
    expect(await get(one?.taskId)).toMatchObject({ status: 'cancelled' });
    expect(await get(two?.taskId)).toMatchObject({ status: 'working' });
  });

  test('that is cancelled during its first lookup leaves nothing behind', async () => {
    server.lookups.answerS = 3;
    server.write(followTask('call', 'a'));
    await pass(1);
    server.write(cancel('call'));
    await pass(1);
    expect(server.lookups.requests).toMatchObject([{ isAborted: true }]);
    expect(server.messages).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('`tasks/get`', () => {
  test('looks up at the pace of the task, however often it is asked, and tells its age', async () => {
    const { taskId } = await follow('a');
    for (let poll = 1; poll <= 25; poll++) {
      await pass(1);
      const statusMessage = `running for ${60 + poll} s, looked up every 10 s`;
      const task = await get(taskId);
      expect(task).toMatchObject({ resultType: 'complete', taskId, status: 'working', statusMessage });
      expect(task).not.toHaveProperty('result');
    }
    expect(lookupTimes()).toEqual([0, 10, 20]);
  });

  test('gives the outcome, and gives it again unchanged', async () => {
    const { taskId, createdAt } = await follow('a');
    await pass(15);
    server.lookups.find = all('completed');
    const end = await pollUntilEnd(taskId);
    expect(end).toMatchObject({
      status: 'completed',
      statusMessage: 'finished',
      createdAt,
      result: { resultType: 'complete', structuredContent: { result: { task_id: 'a', status: 'completed' } } },
    });
    expect(ageMs(end.lastUpdatedAt)).toBeLessThan(100);
    await pass(3600);
    expect(await get(taskId)).toEqual(end);
    expect(server.lookups.requests).toHaveLength(2);
  });

  test('waits for a lookup that is due, for 5 s at most, and the lookup goes on', async () => {
    const { taskId } = await follow('a');
    await pass(10);
    server.lookups.answerS = 8;
    server.lookups.find = all('completed');
    expect(await get(taskId)).toMatchObject({ status: 'working' });
    expect(server.lookups.nowS).toBeCloseTo(15, 1);
    expect(await get(taskId)).toMatchObject({ status: 'completed' });
    expect(server.lookups.nowS).toBeCloseTo(18, 1);
    expect(server.lookups.requests).toHaveLength(2);
  });

  test('tells a passing fault, and a rate limit, as a task that works', async () => {
    const { taskId } = await follow('a');
    await pass(10);
    server.lookups.find = () => down;
    expect(await get(taskId)).toMatchObject({
      status: 'working',
      statusMessage: expect.stringMatching(/^running for 70 s, looked up every \d+ s; the last lookup failed: Down\.$/),
    });
    await pass(60);
    server.lookups.find = () => limited(100_000);
    const task = await get(taskId);
    expect(task).toMatchObject({ status: 'working', statusMessage: expect.stringContaining('Limited.') });
    expect(task.pollIntervalMs).toBeGreaterThan(99_000);
    expect(isDetailedTaskV2(task)).toBe(true);
  });

  test('ends the task with a fault that a retry cannot mend: completed, as a tool error', async () => {
    const { taskId } = await follow('a');
    await pass(10);
    server.lookups.find = () => refused;
    expect(await get(taskId)).toMatchObject({
      status: 'completed',
      statusMessage: 'the lookup failed',
      result: { resultType: 'complete', isError: true },
    });
  });

  test.each([
    ['is 30 minutes old', 1000, 800],
    ['has been followed for 10 minutes, if it was older than that from the start', 4000, 600],
    ['has been followed for 30 minutes, if its age is unknown', undefined, 1800],
  ])('ends the task with the pending state when it %s', async (_name, ageS, endS) => {
    server.lookups.ageS = ageS;
    const { taskId } = await follow('a');
    const end = await pollUntilEnd(taskId, 15);
    expect(Math.abs(server.lookups.nowS - endS)).toBeLessThan(20);
    expect(end).toMatchObject({
      status: 'completed',
      statusMessage: expect.stringMatching(/^given up: (running for \d+ s|pending), looked up every [23]0 s$/),
      result: { structuredContent: { result: { status: 'pending' } } },
    });
    expect(end).not.toHaveProperty('result.structuredContent.result.request');
  });

  test('is answered at the end of stdin with what is known', async () => {
    const { taskId } = await follow('a');
    await pass(10);
    server.lookups.answerS = 20;
    server.write(ofTask('poll', 'get', taskId));
    await pass(1);
    server.stdin.end();
    await pass(2);
    expect(await server.answer('poll')).toMatchObject({ result: { status: 'working' } });
  });
});

describe('The handle of a single task', () => {
  test('works in a restarted server, from a lookup on that is due at once', async () => {
    const handle = await follow('a');
    await pass(30);
    const restarted = new McpServer();
    restarted.lookups.find = all('completed');
    const { taskId, createdAt } = handle;
    expect(await get(taskId, restarted)).toMatchObject({ status: 'completed', taskId, createdAt });
    expect(restarted.lookups.requests).toMatchObject([{ ids: ['a'] }]);
  });

  test('from before a restart ends like any other', async () => {
    server.lookups.ageS = 2000;
    expect(await get(begunBefore(100))).toMatchObject({ status: 'working' });
    expect(await get(begunBefore(600))).toMatchObject({ status: 'completed' });
  });
});

describe('The handle of a batch', () => {
  test('tells how many have finished, and comes to its outcome', async () => {
    server.lookups.find = () => ({ a: 'pending', b: 'completed', c: 'pending' });
    const handle = await followBatch('a', 'b', 'c');
    expect(handle).toMatchObject({
      resultType: 'task',
      taskId: expect.stringMatching(/^batch-of-3@[0-9a-f-]{36}$/),
      statusMessage: '1 of 3 finished, the oldest running for 60 s',
    });
    await pass(10);
    server.lookups.find = () => ({ a: 'completed', c: 'pending' });
    const task = await get(handle.taskId);
    expect(task).toMatchObject({ statusMessage: '2 of 3 finished, the oldest running for 70 s' });
    expect(ageMs(task.lastUpdatedAt)).toBeLessThan(100);
    await pass(10);
    server.lookups.find = all('failed');
    expect(await get(handle.taskId)).toMatchObject({
      statusMessage: 'all 3 finished',
      result: { structuredContent: { result: { counts: { completed: 2, failed: 1, pending: 0 } } } },
    });
  });

  test('says so when it is gone, after a restart or two hours', async () => {
    const { taskId } = await followBatch('a', 'b');
    const message = expect.stringMatching(/is gone: that of a batch .*\. Call .*kling_get_tasks_batch again\.$/);
    expect(await get(taskId, new McpServer())).toMatchObject({ code: ProtocolErrorCode.InvalidParams, message });
    await pass(7199);
    expect(await get(taskId)).toHaveProperty('status');
    await pass(2);
    expect(await get(taskId)).toMatchObject({ code: ProtocolErrorCode.InvalidParams, message });
  });
});

test('A handle that is unknown or malformed is refused, in words that say what to do', async () => {
  const wrong = [undefined, null, 7, {}, '', 'x', 'a b@1', '@1', `${'x'.repeat(129)}@1`, 'a@', 'a@!'];
  for (const method of ['get', 'cancel', 'update'] as const) {
    for (const taskId of wrong) {
      expect(await ask(ofTask(nextId(), method, taskId))).toMatchObject({
        code: ProtocolErrorCode.InvalidParams,
        message: expect.stringMatching(/^params\.taskId .*(Call kling_get_task or kling_get_tasks_batch|tools\/call)/),
      });
    }
  }
  expect(server.lookups.requests).toHaveLength(0);
});

describe('`tasks/cancel` and `tasks/update`', () => {
  test('a cancelled task stays so, and is not looked up any more', async () => {
    const { taskId } = await follow('a');
    for (let time = 0; time < 2; time++) {
      const { _meta, ...acknowledgement } = await ask(ofTask(nextId(), 'cancel', taskId));
      expect(acknowledgement).toEqual({ resultType: 'complete' });
    }
    await pass(60);
    const task = await get(taskId);
    expect(isDetailedTaskV2(task)).toBe(true);
    expect(task).toMatchObject({ status: 'cancelled', statusMessage: 'cancelled, not looked up any more' });
    expect(server.lookups.requests).toHaveLength(1);
  });

  test('a lookup under way is aborted by the cancellation, and the poll that waits for it is answered', async () => {
    const { taskId } = await follow('a');
    await pass(10);
    server.lookups.answerS = 3;
    server.write(ofTask('poll', 'get', taskId));
    await pass(1);
    await ask(ofTask(nextId(), 'cancel', taskId));
    expect(await ask(ofTask(nextId(), 'get', taskId))).toMatchObject({ status: 'cancelled' });
    expect(await server.answer('poll')).toMatchObject({ result: { status: 'cancelled' } });
    expect(server.lookups.requests).toMatchObject([{}, { isAborted: true }]);
  });

  test('a finished task cannot be cancelled, and an update changes nothing', async () => {
    const { taskId } = await follow('a');
    expect(await ask(ofTask(nextId(), 'update', taskId))).toMatchObject({ resultType: 'complete' });
    await pass(10);
    server.lookups.find = all('completed');
    const end = await get(taskId);
    await ask(ofTask(nextId(), 'cancel', taskId));
    expect(await get(taskId)).toEqual(end);
  });
});

test('The table of tasks holds 256: the oldest falls out, and a single one is looked up anew when it is asked for', async () => {
  const handles = await Promise.all(Array.from({ length: 257 }, (_, number) => follow(`task-${number}`)));
  const before = server.lookups.requests.length;
  expect(await get(handles[1]?.taskId)).toMatchObject({ status: 'working' });
  expect(server.lookups.requests).toHaveLength(before);
  expect(await get(handles[0]?.taskId)).toMatchObject({ status: 'working', createdAt: handles[0]?.createdAt });
  expect(server.lookups.requests.slice(before)).toMatchObject([{ ids: ['task-0'] }]);
});
