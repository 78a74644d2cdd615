import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { FakeApi, type Handler, reply } from '../support/fake-api.js';
import { encounter, expectUsable, resetBeforeBody } from '../support/faults.js';
import { completedRecord } from '../support/records.js';
import { Session } from '../support/server-process.js';

/** Announces a connection that stays, and ends it the given time after the answer. */
function answerThenClose(delayMs: number): Handler {
  return (request, response, raw) => {
    response.on('finish', () => setTimeout(() => raw.socket.end(), delayMs));
    const headers = { connection: 'keep-alive', 'keep-alive': 'timeout=60' };
    reply(200, completedRecord('good'), headers)(request, response, raw);
  };
}

describe.concurrent('Upstream faults', () => {
  test('keep-alive sockets closed by the server between two calls: the second call succeeds', async () => {
    const fakeApi = await FakeApi.start([completedRecord('good')]);
    const session = await Session.start({ fakeApi });
    for (let call = 1; call <= 5; call++) {
      await expectUsable(session);
      const closed = Promise.all([...fakeApi.sockets].map((socket) => once(socket, 'close')));
      fakeApi.server.closeAllConnections();
      await closed;
    }
    expect(fakeApi.requests).toHaveLength(5);
    await session.close();
    await fakeApi.close();
  });

  test('keep-alive socket closed under a request: repeated at once, and the call succeeds', async () => {
    const fakeApi = await FakeApi.start([completedRecord('good')]);
    const session = await Session.start({ fakeApi });
    await expectUsable(session);
    fakeApi.faults.push(resetBeforeBody);
    const { structured, requestsAtMs } = await encounter(session, fakeApi, 'good');
    expect(structured).toMatchObject({ status: 'completed' });
    const [first = 0, second = Number.POSITIVE_INFINITY] = requestsAtMs;
    expect(second - first).toBeLessThan(1000);
    await session.close();
    await fakeApi.close();
  });

  test.each([0, 1, 2])(
    'keep-alive race, closed %i ms after each answer: 300 calls in a row succeed',
    async (delayMs) => {
      const fakeApi = await FakeApi.start();
      fakeApi.always = answerThenClose(delayMs);
      const session = await Session.start({ fakeApi });
      const startMs = performance.now();
      for (let call = 1; call <= 300; call++) await expectUsable(session);
      // Waiting a second before each repetition would take far longer.
      expect(performance.now() - startMs).toBeLessThan(30_000);
      await session.close();
      await fakeApi.close();
    },
  );
});
