import { expect, test } from 'vitest';
import { FakeApi } from '../support/fake-api.js';
import { followTask, ofTask } from '../support/protocol.js';
import { type Json, pendingRecord } from '../support/records.js';
import { ServerProcess } from '../support/server-process.js';

const TASKS = 100;
/** Longer than the pace of any of the tasks, so that each is looked at again. */
const POLLING_MS = 13_000;
const POLL_INTERVAL_MS = 1000;
/** What two clocks, and a busy machine, may make of a second. */
const SLACK_MS = 100;

/** Tells on stderr, on demand, which timers and requests the process holds. */
const HOOK = `process.on('SIGUSR2', () => {
  const held = process.getActiveResourcesInfo().filter((name) => /Timeout|TCP|Immediate/.test(name));
  process.stderr.write('[holds ' + held.join(',') + ']');
})`;

async function resultOf(server: ServerProcess, message: Json): Promise<Json> {
  server.write(message);
  return (await server.answer(message.id)).result as Json;
}

test('100 open tasks, polled every second: at most one request a second; without polls neither timer nor request', async () => {
  const ids = Array.from({ length: TASKS }, (_, number) => `task-${number}`);
  // Of all ages: some are looked at every 5 s, some every 30 s.
  const fakeApi = await FakeApi.start(ids.map((id, number) => pendingRecord(id, 'processing', number * 10)));
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(HOOK)}`;
  const server = new ServerProcess({ fakeApi, env: { NODE_OPTIONS, LOG_LEVEL: 'warn' } });
  try {
    const handles = await Promise.all(ids.map((id) => resultOf(server, followTask(id, id))));
    const firstLooks = fakeApi.requests.length;
    expect(firstLooks).toBeLessThanOrEqual(3);

    const startMs = performance.now();
    let polls = 0;
    while (performance.now() - startMs < POLLING_MS) {
      const pollMs = performance.now();
      const round = handles.map(({ taskId }) => resultOf(server, ofTask(`poll-${polls++}`, 'get', taskId)));
      for (const task of await Promise.all(round)) expect(task).toMatchObject({ status: 'working' });
      await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS - (performance.now() - pollMs)));
    }
    const times = fakeApi.requests.slice(firstLooks).map(({ atMs }) => atMs);
    expect(times.length).toBeGreaterThanOrEqual(2);
    for (const [index, timeMs] of times.slice(1).entries()) {
      expect(timeMs - (times[index] ?? 0)).toBeGreaterThan(1000 - SLACK_MS);
    }

    // Nobody polls any more. What is under way ends, and then nothing is left, however much falls due.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    const looks = fakeApi.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 6000));
    expect(fakeApi.requests).toHaveLength(looks);
    server.child.kill('SIGUSR2');
    await server.logged('[holds ');
    expect(server.stderr).toContain('[holds ]');
    // Node warns of leaking listeners.
    expect(server.stderr).not.toMatch(/warning/i);
    expect(await server.close()).toEqual({ code: 0, signal: null });
  } finally {
    server.child.kill('SIGKILL');
    await server.exited;
    await fakeApi.close();
  }
});
