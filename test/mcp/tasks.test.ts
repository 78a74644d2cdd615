import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Exchange } from '../../src/mcp/exchange.js';
import { Tasks } from '../../src/mcp/tasks.js';
import { Toolbox } from '../../src/mcp/toolbox.js';
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
  const exchange = new Exchange(
    requestWith({ name, arguments: args }),
    () => {},
    () => {},
  );
  return (await tasks.start(exchange)) as Json;
}

const follow = (id: string) => start('kling_get_task', { task_id: id, wait_seconds: 50 });
const get = async (taskId: unknown) => (await tasks.get(requestWith({ taskId }))) as Json;

/** The ids that the API was asked for, from the given request on. */
const askedFor = (from: number) =>
  tools.fakeApi.requests.slice(from).flatMap(({ body }) => (body.ids as string[] | undefined) ?? [body.id]);

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
