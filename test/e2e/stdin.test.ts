import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeApi } from '../support/fake-api.js';
import { cancel, errorOf, getTask, INVALID_REQUEST, modern, request } from '../support/protocol.js';
import { completedRecord, type Json } from '../support/records.js';
import { ServerProcess } from '../support/server-process.js';

const MIB = 1024 * 1024;

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

describe('A server process', () => {
  test('skips a longer line, which costs no memory, and goes on with the next', async () => {
    await server.replies();
    const before = await server.residentBytes();
    const chunk = Buffer.alloc(MIB, 'x');
    for (let sent = 0; sent < 200; sent++) await new Promise((resolve) => server.child.stdin.write(chunk, resolve));
    expect(await errorOf(server, '\n')).toEqual({ code: INVALID_REQUEST });
    expect((await server.residentBytes()) - before).toBeLessThan(100 * MIB);
    expect(await server.replies(request(1, 'ping'))).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }]);
  });

  test.each<[era: string, call: (id: number) => Json]>([
    ['a legacy', (id) => getTask(id, 'task-1')],
    ['a modern', (id) => modern(id, 'tools/call', { name: 'kling_get_task', arguments: { task_id: 'task-1' } })],
  ])('aborts the request to the API when %s call is cancelled, even with the id 0', async (_era, callWith) => {
    const aborted = new Promise((resolve) => {
      fakeApi.faults.push((_request, response) => {
        once(response, 'close').then(resolve);
      });
    });
    server.write(callWith(0));
    await fakeApi.received(1);
    server.write(cancel(0));
    await aborted;
    expect(await server.replies()).toEqual([]);
  });
});
