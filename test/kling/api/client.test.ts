import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { KlingClient } from '../../../src/kling/api/client.js';
import { clientOf, lookUp, meet, stopClock, stopTimers } from '../../support/api-client.js';
import { FakeApi, type Handler, reply } from '../../support/fake-api.js';
import { hang } from '../../support/faults.js';
import { completedRecord } from '../../support/records.js';

const MINUTE_MS = 60_000;
const FOUND = { records: [{ id: 'a' }], text: '' };

let fakeApi: FakeApi;
let client: KlingClient;

beforeEach(async () => {
  fakeApi = await FakeApi.start([completedRecord('a')]);
  stopClock();
  client = clientOf(fakeApi);
});

afterEach(async () => {
  vi.useRealTimers();
  await fakeApi.close();
});

const limited =
  (retryAfter: string, date?: string): Handler =>
  (_request, response) => {
    if (date !== undefined) response.setHeader('date', date);
    response.setHeader('retry-after', retryAfter).writeHead(429).end('{}');
  };

describe('a request', () => {
  test('asks for one id by itself and for several as a batch, below the path of the base URL', async () => {
    await lookUp(client);
    await lookUp(clientOf({ url: `${fakeApi.url}/v1/` }), ['a', 'b']);
    expect(fakeApi.requests).toMatchObject([
      { method: 'POST', path: '/kling/tasks', body: { action: 'retrieve', id: 'a' } },
      { method: 'POST', path: '/v1/kling/tasks', body: { action: 'retrieve_batch', ids: ['a', 'b'] } },
    ]);
    for (const { headers } of fakeApi.requests) {
      expect(headers).toMatchObject({ 'user-agent': 'kling/1', 'content-type': 'application/json' });
      expect(headers.authorization).toMatch(/^Bearer fake-api-token/);
    }
  });

  test('is told to the log, attempt by attempt', async () => {
    const lines: string[] = [];
    const logging = clientOf(fakeApi, {}, (line) => lines.push(line));
    fakeApi.faults.push(reply(503, {}));
    await lookUp(logging, ['a', 'b']);
    expect(lines).toEqual(['lookup of 2: HTTP 503 after 0 ms', 'lookup of 2: HTTP 200 after 0 ms']);
  });
});

test('the time of an answer is that of its own Date; where that is unusable, the local time', async () => {
  const date = 'Sun, 01 Mar 2026 10:00:00 GMT';
  fakeApi.faults.push(reply(200, {}, { date }), reply(200, {}, { date: 'yesterday' }));
  expect((await lookUp(client)).dateMs).toBe(Date.parse(date));
  expect((await lookUp(client)).dateMs).toBeGreaterThan(Date.now() - MINUTE_MS);
});

describe('the attempts', () => {
  test('are three, with pauses that double and vary', async () => {
    const firstPauses = new Set<number>();
    for (let round = 0; round < 3; round++) {
      const [first = 0, second = 0, ...more] = (await meet(fakeApi, reply(500, {}))).pausesMs;
      firstPauses.add(first);
      expect(Math.abs(first - 1000)).toBeLessThanOrEqual(250);
      expect(Math.abs(second - 2000)).toBeLessThanOrEqual(500);
      expect(more).toEqual([]);
    }
    expect(firstPauses.size).toBeGreaterThan(1);
  });

  test('end where the pause would not fit into the time that is left', async () => {
    const hasty = clientOf(fakeApi, { requestTimeoutMs: 2200 });
    expect((await meet(fakeApi, reply(500, {}), ['a'], hasty)).pausesMs).toHaveLength(1);
  });

  test('end when nobody needs the lookup any more, with the reason', async () => {
    const controller = new AbortController();
    const reason = new Error('nobody waits');
    fakeApi.faults.push((...args) => {
      reply(500, {})(...args);
      controller.abort(reason);
    });
    await expect(client.lookup(['a'], performance.now() + 9000, controller.signal)).rejects.toBe(reason);
    expect(fakeApi.requests).toHaveLength(1);
  });
});

describe('an attempt', () => {
  beforeEach(stopTimers);

  test('without headers is given up after 10 s and repeated at once, with all the time that is left', async () => {
    fakeApi.always = hang;
    const outcome = lookUp(clientOf(fakeApi, { requestTimeoutMs: 25_000 }));
    await fakeApi.received(1);
    vi.advanceTimersByTime(10_000);
    await fakeApi.received(2);
    vi.advanceTimersByTime(15_000);
    expect((await outcome).text).toBe(
      '[timeout] No answer from HOST within 25.0 s. Try again; a larger KLING_REQUEST_TIMEOUT allows slower answers.',
    );
    expect(fakeApi.requests).toHaveLength(2);
  });

  test('without headers may take a third of the time, if that is more', async () => {
    const release = fakeApi.hold();
    const outcome = lookUp(clientOf(fakeApi, { requestTimeoutMs: 120_000 }));
    await fakeApi.received(1);
    vi.advanceTimersByTime(39_900);
    release();
    expect(await outcome).toMatchObject(FOUND);
    expect(fakeApi.requests).toHaveLength(1);
  });

  test('that has brought its headers has all the time that is left', async () => {
    let finish = () => {};
    const headersRead = new Promise<void>((resolve) => {
      fakeApi.always = (_request, response) => {
        // More than the system buffers, so that the write ends only while the client reads.
        response.writeHead(200).write(' '.repeat(7 * 1024 * 1024), () => resolve());
        finish = () => response.end('{"id":"a"}');
      };
    });
    const outcome = lookUp(client);
    await headersRead;
    vi.advanceTimersByTime(15_000);
    finish();
    expect(await outcome).toMatchObject(FOUND);
  });
});

describe('a Retry-After', () => {
  const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString();

  // An HTTP date has whole seconds, and Node's may be a second or two old on a busy machine.
  test.each<[string, () => Handler, number, number]>([
    ['in seconds', () => limited('4'), 4000, 4000],
    ['as a date', () => limited(inSeconds(8)), 6000, 10_000],
    ['as a date by a clock that is a day fast', () => limited(inSeconds(86_404), inSeconds(86_400)), 3000, 5000],
  ])('%s is honoured, and then the lookup succeeds', async (_name, handler, minMs, maxMs) => {
    fakeApi.faults.push(handler());
    expect(await lookUp(client)).toMatchObject(FOUND);
    const [first = 0, second = 0, ...more] = fakeApi.requests.map(({ atMs }) => atMs);
    expect(second - first).toBeGreaterThanOrEqual(minMs);
    expect(second - first).toBeLessThanOrEqual(maxMs);
    expect(more).toEqual([]);
  });

  test.each(['0', new Date(0).toUTCString(), 'soon', '9'.repeat(400)])(
    '%j means the usual pauses',
    async (retryAfter) => {
      const { text, pausesMs } = await meet(fakeApi, limited(retryAfter));
      expect(text).toMatch(/^\[too_many_requests\] The API limits the rate of requests\. Try again after (1|10) s\.$/);
      expect(pausesMs).toEqual([expect.closeTo(1000, -3), expect.closeTo(2000, -3)]);
    },
  );

  test.each([
    ['3600', /after 3600 s\.$/],
    [inSeconds(3600), /after 3(59|60)\d s\.$/],
  ])('%s is longer than the time left: told at once, no second attempt', async (retryAfter, hint) => {
    expect(await meet(fakeApi, limited(retryAfter))).toMatchObject({ text: expect.stringMatching(hint), pausesMs: [] });
  });

  test('of an hour is reported unchanged, but obeyed for 5 minutes', async () => {
    fakeApi.faults.push(limited('3600'), limited('60'));
    expect((await lookUp(client)).error?.retryAfterMs).toBe(60 * MINUTE_MS);
    // A shorter one does not end it.
    await lookUp(client);
    expect([client.rateLimit.quietMs, client.rateLimit.retryAfterMs]).toEqual([5 * MINUTE_MS, 60 * MINUTE_MS]);
    vi.advanceTimersByTime(4 * MINUTE_MS);
    expect([client.rateLimit.quietMs, client.rateLimit.retryAfterMs]).toEqual([MINUTE_MS, 56 * MINUTE_MS]);
    vi.advanceTimersByTime(MINUTE_MS);
    expect([client.rateLimit.quietMs, client.rateLimit.retryAfterMs]).toEqual([0, 0]);
    fakeApi.faults.push(limited('45'));
    await lookUp(client);
    expect([client.rateLimit.quietMs, client.rateLimit.retryAfterMs]).toEqual([45_000, 45_000]);
  });

  test('that another request has met holds for the pause of this one, too', async () => {
    fakeApi.faults.push(limited('15'), reply(503, {}));
    await client.lookup(['b'], performance.now() + 5000, new AbortController().signal).catch(() => {});
    await lookUp(client);
    const [, failedMs = 0, repeatedMs] = fakeApi.requests.map(({ atMs }) => atMs);
    expect(repeatedMs).toBe(failedMs + 15_000);
  });
});
