import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeApi } from '../support/fake-api.js';
import { cancel, errorOf, getTask, INVALID_REQUEST, request } from '../support/protocol.js';
import { completedRecord } from '../support/records.js';
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

  test('aborts the request to the API when its call is cancelled, even with the id 0', async () => {
    const aborted = new Promise((resolve) => {
      fakeApi.faults.push((_request, response) => {
        once(response, 'close').then(resolve);
      });
    });
    server.write(getTask(0, 'task-1'));
    await fakeApi.received(1);
    server.write(cancel(0));
    await aborted;
    expect(await server.replies()).toEqual([]);
  });
});
