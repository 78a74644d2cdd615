import { isCreateTaskResultV2, isDetailedTaskV2 } from '@modelcontextprotocol/ext-tasks/core/v2';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Exchange } from '../../src/mcp/exchange.js';
import { Tasks } from '../../src/mcp/tasks.js';
import { Toolbox } from '../../src/mcp/toolbox.js';
import { errorReply, reply } from '../support/fake-api.js';
import { InProcess } from '../support/in-process.js';
import { type Json, pendingRecord } from '../support/records.js';

const MAX_TASKS = 256;
const TWO_HOURS_MS = 7_200_000;

let tools: InProcess;
let tasks: Tasks;

beforeEach(async () => {
  const ids = Array.from({ length: MAX_TASKS + 1 }, (_, number) => `task-${number}`);
  tools = await InProcess.start({ tasks: ids.map((id) => pendingRecord(id)) });
  const names = ['kling_get_task', 'kling_get_tasks_batch'];
  const toolbox = new Toolbox(async () => names.map((name) => tools.tool(name)), undefined);
  tasks = new Tasks(toolbox, new AbortController().signal);
});

afterEach(async () => {
  vi.useRealTimers();
  await tools.close();
});

function requestWith(params: Json) {
  return { id: 1, method: 'test', params, meta: {} };
}

async function start(name: string, args: Json): Promise<Json> {
  const exchange = new Exchange(requestWith({ name, arguments: args }), { write() {} }, () => {});
  return (await tasks.start(tools.tool(name), exchange)) as Json;
}

const follow = (id: string) => start('kling_get_task', { task_id: id, wait_seconds: 50 });
const get = async (taskId: unknown) => (await tasks.get(requestWith({ taskId }))) as Json;

/** The ids that the API was asked for, from the given request on. */
const askedFor = (from: number) =>
  tools.fakeApi.requests.slice(from).flatMap(({ body }) => (body.ids as string[] | undefined) ?? [body.id]);

describe('A task', () => {
  test('has an id of its own, so that cancelling it does not touch the same call made at the same time', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const [one, two, three] = await Promise.all([follow('task-0'), follow('task-0'), follow('task-0')]);
    expect(new Set([one?.taskId, two?.taskId, three?.taskId]).size).toBe(3);
    await tasks.cancel(requestWith({ taskId: one?.taskId }));
    expect(await get(one?.taskId)).toMatchObject({ status: 'cancelled' });
    expect(await get(two?.taskId)).toMatchObject({ status: 'working' });
  });

  test('that was begun in another process and lasts for an hour ends without the request, like any wait', async () => {
    const ended = await get(`task-0@${(Date.now() - 3_700_000).toString(36)}`);
    const { structuredContent } = ended.result as { structuredContent: { result: Json } };
    expect(structuredContent.result).toMatchObject({ status: 'pending' });
    expect(structuredContent.result).not.toHaveProperty('request');
  });

  test('whose lookup failed for good says so to a person, not that it finished', async () => {
    const { taskId } = await follow('task-0');
    const resumed = `task-0@${(Date.now() - 60_000).toString(36)}`;
    expect(taskId).not.toBe(resumed);
    tools.fakeApi.always = errorReply(401, 'invalid_token');
    expect(await get(resumed)).toMatchObject({
      status: 'completed',
      statusMessage: expect.stringMatching(/^the lookup failed, \d+ s$/),
      result: { isError: true },
    });
  });

  test('under a rate limit polls at whole milliseconds, says why, and leaves no look behind', async () => {
    const { taskId } = await follow('task-0');
    tools.fakeApi.faults.push(reply(429, {}, { 'retry-after': '100' }));
    await tools.call('kling_get_task', { task_id: 'task-1' });
    const before = tools.fakeApi.requests.length;
    const task = await get(taskId);
    expect(task).toMatchObject({ status: 'working', statusMessage: expect.stringMatching(/limits the rate/) });
    expect(Number.isInteger(task.pollIntervalMs)).toBe(true);
    expect(task.pollIntervalMs).toBeGreaterThan(90_000);
    expect(isDetailedTaskV2(task)).toBe(true);
    const other = await start('kling_get_task', { task_id: 'task-2', wait_seconds: 50 });
    expect(other).toMatchObject({ resultType: 'task', status: 'working' });
    expect(isCreateTaskResultV2(other)).toBe(true);
    expect(askedFor(before)).toEqual([]);
  });

  test('reports progress from the start of its first look on', async () => {
    const sent: Json[] = [];
    const request = { ...requestWith({ name: 'kling_get_task', arguments: { task_id: 'task-0', wait_seconds: 50 } }) };
    const exchange = new Exchange(
      { ...request, meta: { progressToken: 'p' } },
      { write: (message) => sent.push(message as Json) },
      () => {},
    );
    await tasks.start(tools.tool('kling_get_task'), exchange);
    expect(sent[0]).toMatchObject({
      method: 'notifications/progress',
      params: { progressToken: 'p', progress: 0, total: 50, message: '0 of 1 task finished, 0 s' },
    });
  });
});

describe('The table of tasks', () => {
  test('holds 256: the oldest falls out, and a single one is looked up anew when it is asked for', async () => {
    const handles = await Promise.all(Array.from({ length: MAX_TASKS + 1 }, (_, number) => follow(`task-${number}`)));
    const [oldest, second] = handles;
    const before = tools.fakeApi.requests.length;
    expect(await get(second?.taskId)).toMatchObject({ status: 'working' });
    expect(askedFor(before)).toEqual([]);
    expect(await get(oldest?.taskId)).toMatchObject({ status: 'working', createdAt: oldest?.createdAt });
    expect(askedFor(before)).toEqual(['task-0']);
  });

  test('a batch that fell out is gone', async () => {
    const batch = await start('kling_get_tasks_batch', { task_ids: ['task-0'], wait_seconds: 10 });
    expect(await get(batch.taskId)).toMatchObject({ status: 'working' });
    await Promise.all(Array.from({ length: MAX_TASKS }, (_, number) => follow(`task-${number}`)));
    await expect(get(batch.taskId)).rejects.toMatchObject({ code: -32602 });
  });

  test('each stays until its time to live is over; then a batch is gone, and a single one is looked up anew', async () => {
    const batch = await start('kling_get_tasks_batch', { task_ids: ['task-0'], wait_seconds: 10 });
    const single = await follow('task-1');
    const before = tools.fakeApi.requests.length;
    vi.setSystemTime(Date.now() + TWO_HOURS_MS + 1000);
    await expect(get(batch.taskId)).rejects.toMatchObject({ code: -32602 });
    // It has lasted for more than an hour, so this look is its last.
    expect(await get(single.taskId)).toMatchObject({ status: 'completed', createdAt: single.createdAt });
    expect(askedFor(before)).toEqual(['task-1']);
  });

  test('a task is followed for an hour; then the pending state is its outcome', async () => {
    const { taskId } = await follow('task-0');
    vi.setSystemTime(Date.now() + 3_599_000);
    expect(await get(taskId)).toMatchObject({ status: 'working' });
    vi.setSystemTime(Date.now() + 2000);
    const ended = await get(taskId);
    expect(ended).toMatchObject({
      status: 'completed',
      statusMessage: expect.stringMatching(/^0 of 1 finished, 360\d s$/),
      result: { structuredContent: { result: { status: 'pending' } } },
    });
    expect(await get(taskId)).toEqual(ended);
  });

  test('a handle from the future, as after a clock was set back, begins now', async () => {
    const taskId = `task-0@${(Date.now() + 1e9).toString(36)}`;
    const { createdAt, status } = await get(taskId);
    expect(status).toBe('working');
    expect(Date.parse(String(createdAt))).toBeLessThanOrEqual(Date.now());
  });

  test('two polls of a task that is not known make one look', async () => {
    const taskId = `task-0@${Date.now().toString(36)}`;
    await Promise.all([get(taskId), get(taskId)]);
    expect(askedFor(0)).toEqual(['task-0']);
  });
});
