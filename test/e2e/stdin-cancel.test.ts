import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeApi } from '../support/fake-api.js';
import { cancel, getTask, INITIALIZE, request } from '../support/protocol.js';
import { completedRecord, pendingRecord } from '../support/records.js';
import { ServerProcess } from '../support/server-process.js';

let fakeApi: FakeApi;
let server: ServerProcess;

beforeEach(async () => {
  fakeApi = await FakeApi.start([completedRecord('task-1'), pendingRecord('pending-1')]);
  server = new ServerProcess({ fakeApi });
});

afterEach(async () => {
  expect(await server.close()).toEqual({ code: 0, signal: null });
  expect(server.stderr).not.toMatch(/error:|^\s+at /m);
  await fakeApi.close();
});

/** Resolves when the next request's connection is closed before an answer was given; nothing answers it. */
function nextAborted(): Promise<unknown> {
  return new Promise((resolve) => {
    fakeApi.faults.push((_request, response) => {
      once(response, 'close').then(resolve);
    });
  });
}

describe('Hostile input on stdin', () => {
  test('cancellation of what does not exist: ignored', async () => {
    const ids = [0, 1, '', 'nobody', '__proto__', null, undefined, {}, [], 1.5, true];
    const bad = [undefined, null, [], 'x', 7].map((params) => ({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      ...(params === undefined ? {} : { params }),
    }));
    const replies = await server.replies(...ids.map(cancel), ...bad);
    // Only what is no notification by JSON-RPC's rules is answered, without an id.
    expect(replies.every(({ id, error }) => id === undefined && error !== undefined)).toBe(true);
  });

  test.each([0, '', 1, 'a'])(
    'cancellation of the id %j: the request to the API is aborted, no reply is sent',
    async (id) => {
      const aborted = nextAborted();
      server.write(getTask(id, 'task-1'));
      await fakeApi.received(1);
      server.write(cancel(id));
      await aborted;
      expect(await server.replies()).toEqual([]);
    },
  );

  test('cancellation in the same chunk as the call: nothing is asked of the API, no reply is sent', async () => {
    server.write([getTask(1, 'task-1'), cancel(1)].map((line) => `${JSON.stringify(line)}\n`).join(''));
    server.write(getTask(2, 'task-1'));
    await server.answer(2);
    expect(server.messages).toHaveLength(1);
    expect(fakeApi.requests).toHaveLength(1);
  });

  test('cancellation while waiting: no reply is sent, and the id is free again', async () => {
    server.write(getTask(1, 'pending-1', 50));
    await fakeApi.received(1);
    expect(await server.replies(cancel(1), cancel(1))).toEqual([]);
    server.write(getTask(1, 'task-1'));
    expect(await server.answer(1)).toMatchObject({
      result: { structuredContent: { result: { status: 'completed' } } },
    });
    expect(await server.replies()).toEqual([]);
  });

  test('cancellation of a call: others go on', async () => {
    const release = fakeApi.hold();
    for (const id of [1, 2, 3]) server.write(getTask(id, 'task-1'));
    await fakeApi.received(1);
    await server.replies(cancel(2));
    release();
    await Promise.all([server.answer(1), server.answer(3)]);
    expect(await server.replies()).toEqual([]);
  });

  test('cancellation of what is answered already: ignored', async () => {
    expect(await server.replies(request(1, 'ping'))).toHaveLength(1);
    expect(await server.replies(cancel(1))).toEqual([]);
  });

  test('cancellation of `initialize`: ignored, as MCP demands', async () => {
    expect(await server.replies(INITIALIZE, cancel(INITIALIZE.id))).toMatchObject([{ id: INITIALIZE.id, result: {} }]);
  });
});
