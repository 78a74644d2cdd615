import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeApi } from '../support/fake-api.js';
import { getTask, initialize, request } from '../support/protocol.js';
import { completedRecord, pendingRecord } from '../support/records.js';
import { ServerProcess } from '../support/server-process.js';

const MIB = 1024 * 1024;

let fakeApi: FakeApi;
let server: ServerProcess;

beforeEach(async () => {
  fakeApi = await FakeApi.start([pendingRecord('pending-1')]);
  server = new ServerProcess({ fakeApi, env: { LOG_LEVEL: 'info' } });
  await initialize(server);
});

afterEach(async () => {
  server.child.kill('SIGKILL');
  await server.exited;
  await fakeApi.close();
});

/** Resolves once the server has stopped to take what was written: nothing has left for a while. */
async function standstill(): Promise<void> {
  let before: number;
  do {
    before = server.child.stdin.writableLength;
    await new Promise((resolve) => setTimeout(resolve, 300));
  } while (server.child.stdin.writableLength !== before);
}

describe('Lifecycle', () => {
  test('300 calls at once: each is answered with its own task', async () => {
    const ids = Array.from({ length: 300 }, (_, number) => `task-${number}`);
    for (const id of ids) fakeApi.add(completedRecord(id));
    for (const id of ids) server.write(getTask(id, id));
    for (const id of ids) {
      expect(await server.answer(id)).toMatchObject({ result: { structuredContent: { result: { task_id: id } } } });
    }
    expect(await server.close()).toEqual({ code: 0, signal: null });
    expect(server.messages).toHaveLength(301);
    // Node warns of leaking listeners.
    expect(server.stderr).not.toMatch(/warning/i);
  });

  test('a reader that does not read (back-pressure) and then does: memory is bounded, and nothing is lost', async () => {
    const before = await server.residentBytes();
    server.child.stdout.pause();
    const params = { _meta: { padding: 'x'.repeat(500) } };
    const ids = Array.from({ length: 6000 }, (_, id) => id);
    server.write(ids.map((id) => `${JSON.stringify(request(id, 'tools/list', params))}\n`).join(''));
    await standstill();
    // Of 3.4 MB of requests most wait on the client's side, and 30 MB of answers are not made yet.
    expect(server.child.stdin.writableLength).toBeGreaterThan(MIB);
    expect((await server.residentBytes()) - before).toBeLessThan(60 * MIB);
    server.child.stdout.resume();
    await server.answer(ids.at(-1));
    expect(server.messages.slice(1).map(({ id }) => id)).toEqual(ids);
    expect(await server.close()).toEqual({ code: 0, signal: null });
  });
});
