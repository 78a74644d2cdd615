import { isCreateTaskResultV2, isDetailedTaskV2 } from '@modelcontextprotocol/ext-tasks/core/v2';
import { describe, expect, test } from 'vitest';
import { errorReply, FakeApi, reply, type TaskSource } from '../support/fake-api.js';
import { followTask, INVALID_PARAMS, ofTask, stateless, WITH_TASKS } from '../support/protocol.js';
import { completedRecord, failedRecord, type Json, pendingRecord } from '../support/records.js';
import { ServerProcess } from '../support/server-process.js';
import { StatelessClient } from '../support/stateless-client.js';

const POLL_INTERVAL_MS = 10_000;
const TTL_MS = 7_200_000;

interface Setup {
  fakeApi: FakeApi;
  server: ServerProcess;
  /** Sends a request and gives its result. */
  ask(message: Json): Promise<Json>;
}

let lastId = 0;
const nextId = () => `request-${++lastId}`;

async function resultOf(server: ServerProcess, message: Json): Promise<Json> {
  server.write(message);
  const { result, error } = await server.answer(message.id);
  if (error) throw Object.assign(new Error((error as Error).message), error);
  return result as Json;
}

/** Real seconds pass here, so the cases run side by side, each with a fake API and a server of its own. */
function taskTest(name: string, tasks: TaskSource[], run: (setup: Setup) => Promise<void>, env = {}) {
  test.concurrent(name, async () => {
    const fakeApi = await FakeApi.start(tasks);
    const server = new ServerProcess({ fakeApi, env });
    try {
      await run({ fakeApi, server, ask: (message) => resultOf(server, message) });
      expect(await server.close()).toEqual({ code: 0, signal: null });
      expect(server.stderr).not.toMatch(/error: (?!ACEDATACLOUD|Set this)|^\s+at /m);
    } finally {
      server.child.kill('SIGKILL');
      await fakeApi.close();
    }
  });
}

/** A young task that is done that many seconds after the first look at it, however late that comes on a busy machine. */
function rendering(id: string, seconds: number): TaskSource {
  let endMs: number | undefined;
  let isAdded = false;
  return () => {
    // The fake API reads the id once when the task is added.
    if (isAdded) endMs ??= performance.now() + seconds * 1000;
    isAdded = true;
    return endMs === undefined || performance.now() < endMs ? pendingRecord(id, 'processing', 5) : completedRecord(id);
  };
}

const taskIdOf = (result: Json) => String(result.taskId);

describe('A call that waits 10 s or more, by a client with the tasks extension', () => {
  taskTest(
    'becomes a task where something is pending: a handle after one look',
    [pendingRecord('pending-1')],
    async ({ ask, fakeApi }) => {
      const handle = await ask(followTask(nextId(), 'pending-1'));
      expect(isCreateTaskResultV2(handle)).toBe(true);
      expect(handle).toEqual({
        resultType: 'task',
        taskId: expect.stringMatching(/^pending-1@[0-9a-z]+$/),
        status: 'working',
        statusMessage: expect.stringMatching(/^0 of 1 finished, [01] s$/),
        createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
        lastUpdatedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        ttlMs: TTL_MS,
        pollIntervalMs: POLL_INTERVAL_MS,
        _meta: expect.anything(),
      });
      expect(fakeApi.requests).toHaveLength(1);
    },
  );

  taskTest(
    'is answered as ever where the first look decides',
    [completedRecord('done'), failedRecord('failed')],
    async ({ ask }) => {
      for (const id of ['done', 'failed']) {
        const result = await ask(followTask(nextId(), id));
        expect(result).toMatchObject({ resultType: 'complete', structuredContent: { result: { task_id: id } } });
        expect(result).not.toHaveProperty('taskId');
      }
      expect(await ask(followTask(nextId(), 'a b'))).toMatchObject({ resultType: 'complete', isError: true });
    },
  );

  taskTest(
    'becomes a task whatever more it asks for than the maximum',
    [pendingRecord('pending-1')],
    async ({ ask }) => {
      expect(await ask(followTask(nextId(), 'pending-1', 9999))).toMatchObject({ resultType: 'task' });
    },
  );

  taskTest(
    'is answered as ever with less than 10 s, or without the extension',
    [pendingRecord('pending-1')],
    async ({ ask }) => {
      const args = { name: 'kling_get_task', arguments: { task_id: 'pending-1', wait_seconds: 10 } };
      const [short, plain] = await Promise.all([
        ask(followTask(nextId(), 'pending-1', 9)),
        ask(stateless(nextId(), 'tools/call', args)),
      ]);
      for (const result of [short, plain]) {
        expect(result).toMatchObject({ resultType: 'complete', structuredContent: { result: { status: 'pending' } } });
      }
    },
  );

  taskTest('is an error at once where repeating cannot help', [], async ({ ask, fakeApi }) => {
    fakeApi.always = errorReply(401, 'invalid_token');
    expect(await ask(followTask(nextId(), 'task-1'))).toMatchObject({ resultType: 'complete', isError: true });
  });

  taskTest(
    'is an error at once where the configuration is at fault',
    [],
    async ({ ask }) => {
      const result = await ask(followTask(nextId(), 'task-1'));
      expect(result).toMatchObject({ resultType: 'complete', isError: true });
      expect(JSON.stringify(result)).toContain('[configuration]');
      const taskId = `task-1@${Date.now().toString(36)}`;
      const task = await ask(ofTask(nextId(), 'get', taskId));
      expect(task).toMatchObject({ status: 'completed', result: { isError: true } });
      expect(JSON.stringify(task)).toContain('[configuration]');
    },
    { ACEDATACLOUD_API_TOKEN: undefined },
  );

  taskTest('with "not found" becomes a task that ends with the second look', [], async ({ ask, fakeApi }) => {
    const handle = await ask(followTask(nextId(), 'nobody'));
    expect(handle).toMatchObject({ resultType: 'task', pollIntervalMs: 5000 });
    let task = await ask(ofTask(nextId(), 'get', handle.taskId));
    while (task.status === 'working') task = await ask(ofTask(nextId(), 'get', handle.taskId));
    expect(task).toMatchObject({ status: 'completed', result: { isError: true } });
    expect(JSON.stringify(task)).toContain('[task_not_found]');
    expect(fakeApi.requests).toHaveLength(2);
  });

  test.concurrent('comes to its outcome in the hands of the official requester', async () => {
    const fakeApi = await FakeApi.start([rendering('rendering', 6)]);
    const session = await StatelessClient.start({ fakeApi });
    const tasks = session.withTasks();
    const execution = await tasks.callTool('kling_get_task', { task_id: 'rendering', wait_seconds: 50 });
    const { outcome } = await execution.settle();
    expect(outcome).toMatchObject({
      result: { structuredContent: { result: { status: 'completed', video_url: expect.any(String) } } },
    });
    await tasks.close();
    await session.close();
    await fakeApi.close();
  });
});

test('A first look that is not answered before stdin closes is a timeout, not an unknown task', async () => {
  const fakeApi = await FakeApi.start([pendingRecord('a'), pendingRecord('b')]);
  fakeApi.hold();
  const server = new ServerProcess({ fakeApi });
  server.write(followTask('one', 'a'));
  const args = { task_ids: ['a', 'b'], wait_seconds: 50 };
  server.write(stateless('batch', 'tools/call', { name: 'kling_get_tasks_batch', arguments: args }, WITH_TASKS));
  await fakeApi.received(1);
  server.child.stdin.end();
  for (const id of ['one', 'batch']) {
    const { result } = await server.answer(id);
    const text = expect.stringMatching(/^\[timeout\] .*No answer in 1\.\d s, before the client closed the connection/);
    expect(result).toMatchObject({ resultType: 'complete', isError: true, content: [{ text }] });
  }
  await server.exited;
  await fakeApi.close();
});

describe('`tasks/get`', () => {
  taskTest(
    'repeats what is known until a look is due, however often it is asked',
    [pendingRecord('pending-1')],
    async ({ ask, fakeApi }) => {
      const { taskId } = await ask(followTask(nextId(), 'pending-1'));
      for (let poll = 0; poll < 50; poll++) {
        const task = await ask(ofTask(nextId(), 'get', taskId));
        expect(isDetailedTaskV2(task)).toBe(true);
        expect(task).toMatchObject({ resultType: 'complete', taskId, status: 'working', ttlMs: TTL_MS });
        expect(task.statusMessage).toMatch(/^0 of 1 finished, \d+ s$/);
        expect(task).not.toHaveProperty('result');
      }
      expect(fakeApi.requests).toHaveLength(1);
    },
  );

  taskTest('gives the outcome, and gives it again unchanged', [rendering('rendering', 3)], async ({ ask, fakeApi }) => {
    const { taskId } = await ask(followTask(nextId(), 'rendering'));
    let task: Json = {};
    do task = await ask(ofTask(nextId(), 'get', taskId));
    while (task.status === 'working');
    expect(isDetailedTaskV2(task)).toBe(true);
    expect(task).toMatchObject({
      status: 'completed',
      statusMessage: expect.stringMatching(/^1 of 1 finished, \d+ s$/),
      result: { content: [{ type: 'text' }], structuredContent: { result: { status: 'completed' } } },
    });
    const looks = fakeApi.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    for (let poll = 0; poll < 3; poll++) expect(await ask(ofTask(nextId(), 'get', taskId))).toEqual(task);
    expect(fakeApi.requests).toHaveLength(looks);
  });

  taskTest(
    'waits for a look that is due, 5 s at most, and the look goes on',
    [pendingRecord('pending-1', 'processing', 5)],
    async ({ ask, fakeApi }) => {
      const { taskId } = await ask(followTask(nextId(), 'pending-1'));
      const release = fakeApi.hold();
      let startMs: number;
      let task: Json;
      do {
        startMs = performance.now();
        task = await ask(ofTask(nextId(), 'get', taskId));
      } while (fakeApi.requests.length === 1);
      expect(performance.now() - startMs).toBeGreaterThan(4900);
      expect(task).toMatchObject({ status: 'working' });
      fakeApi.add(completedRecord('pending-1'));
      release();
      const polls = [1, 2].map(() => ask(ofTask(nextId(), 'get', taskId)));
      for (const poll of polls) expect(await poll).toMatchObject({ status: 'completed' });
      expect(fakeApi.requests).toHaveLength(2);
    },
  );

  taskTest(
    'tells a passing fault as a task that works',
    [pendingRecord('pending-1', 'processing', 5)],
    async ({ ask, fakeApi }) => {
      const { taskId } = await ask(followTask(nextId(), 'pending-1'));
      fakeApi.always = reply(503, 'down');
      let task: Json;
      do task = await ask(ofTask(nextId(), 'get', taskId));
      while (!String(task.statusMessage).includes('failed'));
      expect(task).toMatchObject({ status: 'working' });
      expect(task.statusMessage).toMatch(/^0 of 1 finished, \d+ s; the last lookup failed: .*503/);
    },
  );

  taskTest(
    'ends with a fault that repeating cannot mend: completed, as a tool error',
    [pendingRecord('pending-1', 'processing', 5)],
    async ({ ask, fakeApi }) => {
      const { taskId } = await ask(followTask(nextId(), 'pending-1'));
      fakeApi.always = errorReply(401, 'invalid_token');
      let task: Json;
      do task = await ask(ofTask(nextId(), 'get', taskId));
      while (task.status === 'working');
      expect(task).toMatchObject({ status: 'completed', result: { isError: true } });
      expect(JSON.stringify(task)).toContain('[invalid_token]');
    },
  );

  taskTest(
    'is answered at the end of stdin with what is known',
    [pendingRecord('pending-1', 'processing', 5)],
    async ({ ask, fakeApi, server }) => {
      const { taskId } = await ask(followTask(nextId(), 'pending-1'));
      fakeApi.hold();
      while (fakeApi.requests.length === 1) {
        server.write(ofTask('poll', 'get', taskId));
        await Promise.race([server.answer('poll'), fakeApi.received(2)]);
        server.messages.splice(0);
      }
      await server.close();
      expect(server.messages).toMatchObject([{ id: 'poll', result: { status: 'working' } }]);
    },
  );

  taskTest(
    'whose task lasts over an hour ends with the pending state',
    [pendingRecord('pending-1', 'processing', 4000)],
    async ({ ask }) => {
      const start = (Date.now() - 3_600_500).toString(36);
      const task = await ask(ofTask(nextId(), 'get', `pending-1@${start}`));
      expect(task).toMatchObject({
        status: 'completed',
        result: { structuredContent: { result: { status: 'pending' } } },
      });
    },
  );
});

describe('The handle', () => {
  taskTest(
    'of a single task works in a restarted server',
    [rendering('rendering', 2)],
    async ({ ask, fakeApi, server }) => {
      const handle = await ask(followTask(nextId(), 'rendering'));
      await server.close();
      const restarted = new ServerProcess({ fakeApi });
      let task: Json;
      do task = await resultOf(restarted, ofTask(nextId(), 'get', handle.taskId));
      while (task.status === 'working');
      expect(task).toMatchObject({ status: 'completed', taskId: handle.taskId, createdAt: handle.createdAt });
      expect(task).toMatchObject({ result: { structuredContent: { result: { status: 'completed' } } } });
      await restarted.close();
    },
  );

  taskTest(
    'of a batch says so when it is gone',
    [pendingRecord('a'), completedRecord('b')],
    async ({ ask, fakeApi, server }) => {
      const args = { task_ids: ['a', 'b'], wait_seconds: 30 };
      const call = stateless(nextId(), 'tools/call', { name: 'kling_get_tasks_batch', arguments: args }, WITH_TASKS);
      const handle = await ask(call);
      expect(handle).toMatchObject({
        resultType: 'task',
        statusMessage: expect.stringMatching(/^1 of 2 finished, [01] s$/),
      });
      expect(taskIdOf(handle)).toMatch(/^batch-of-2@[0-9a-f-]{36}$/);
      expect(await ask(ofTask(nextId(), 'get', handle.taskId))).toMatchObject({ status: 'working' });
      await server.close();
      const restarted = new ServerProcess({ fakeApi });
      await expect(resultOf(restarted, ofTask(nextId(), 'get', handle.taskId))).rejects.toMatchObject({
        code: INVALID_PARAMS,
        message: expect.stringContaining('Call kling_get_tasks_batch again'),
      });
      await restarted.close();
    },
  );

  taskTest('of a batch comes to its outcome', [rendering('a', 3), completedRecord('b')], async ({ ask }) => {
    const args = { task_ids: ['a', 'b'], wait_seconds: 30 };
    const call = stateless(nextId(), 'tools/call', { name: 'kling_get_tasks_batch', arguments: args }, WITH_TASKS);
    const { taskId } = await ask(call);
    let task: Json;
    do task = await ask(ofTask(nextId(), 'get', taskId));
    while (task.status === 'working');
    expect(task).toMatchObject({ result: { structuredContent: { result: { counts: { completed: 2, pending: 0 } } } } });
  });

  taskTest('that is unknown or malformed: refused, in words that say what to do', [], async ({ ask, fakeApi }) => {
    const wrong = [
      undefined,
      null,
      7,
      {},
      '',
      'x',
      'a b@1',
      '@1',
      `${'x'.repeat(129)}@1`,
      'task-1@',
      'task-1@!',
      'x'.repeat(100_000),
    ];
    for (const method of ['get', 'cancel', 'update'] as const) {
      for (const taskId of wrong) {
        await expect(ask(ofTask(nextId(), method, taskId))).rejects.toMatchObject({
          code: INVALID_PARAMS,
          message: expect.stringMatching(/^params\.taskId .*(Call kling_get_task|tools\/call)/),
        });
      }
    }
    expect(fakeApi.requests).toHaveLength(0);
  });
});

describe('`tasks/cancel` and `tasks/update`', () => {
  taskTest(
    'a cancelled task stays so, and is not looked at any more',
    [pendingRecord('pending-1', 'processing', 5)],
    async ({ ask, fakeApi }) => {
      const { taskId } = await ask(followTask(nextId(), 'pending-1'));
      for (let time = 0; time < 2; time++) {
        const { _meta, ...acknowledgement } = await ask(ofTask(nextId(), 'cancel', taskId));
        expect(acknowledgement).toEqual({ resultType: 'complete' });
      }
      // Longer than the pace of a young task.
      await new Promise((resolve) => setTimeout(resolve, 6000));
      const task = await ask(ofTask(nextId(), 'get', taskId));
      expect(isDetailedTaskV2(task)).toBe(true);
      expect(task).toMatchObject({ status: 'cancelled', statusMessage: expect.stringContaining('cancelled') });
      expect(fakeApi.requests).toHaveLength(1);
    },
  );

  taskTest(
    'a look under way is aborted by the cancellation',
    [pendingRecord('pending-1', 'processing', 5)],
    async ({ ask, fakeApi }) => {
      const { taskId } = await ask(followTask(nextId(), 'pending-1'));
      const aborted = new Promise<void>((resolve) => {
        fakeApi.always = (_request, response) => response.once('close', resolve);
      });
      let poll: Promise<Json>;
      do {
        poll = ask(ofTask(nextId(), 'get', taskId));
        await Promise.race([poll, fakeApi.received(2)]);
      } while (fakeApi.requests.length === 1);
      await ask(ofTask(nextId(), 'cancel', taskId));
      await aborted;
      expect(await poll).toMatchObject({ status: 'cancelled' });
    },
  );

  taskTest(
    'a task that a restarted server does not know is cancelled without a look',
    [pendingRecord('pending-1')],
    async ({ ask, fakeApi }) => {
      const taskId = `pending-1@${Date.now().toString(36)}`;
      await ask(ofTask(nextId(), 'cancel', taskId));
      expect(await ask(ofTask(nextId(), 'get', taskId))).toMatchObject({ status: 'cancelled' });
      expect(fakeApi.requests).toHaveLength(0);
    },
  );

  taskTest(
    'a finished task cannot be cancelled, and an update changes nothing',
    [rendering('rendering', 2)],
    async ({ ask }) => {
      const { taskId } = await ask(followTask(nextId(), 'rendering'));
      expect(await ask(ofTask(nextId(), 'update', taskId))).toMatchObject({ resultType: 'complete' });
      let task: Json;
      do task = await ask(ofTask(nextId(), 'get', taskId));
      while (task.status === 'working');
      await ask(ofTask(nextId(), 'cancel', taskId));
      expect(await ask(ofTask(nextId(), 'get', taskId))).toEqual(task);
    },
  );
});
