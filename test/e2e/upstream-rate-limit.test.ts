import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { FakeApi, type Handler, reply } from '../support/fake-api.js';
import { type Encounter, encounter } from '../support/faults.js';
import { completedRecord, pendingRecord } from '../support/records.js';
import { Session } from '../support/server-process.js';

// One server takes all calls at once; most of their time is pauses between attempts.
vi.setConfig({ maxConcurrency: 20 });

let fakeApi: FakeApi;
let session: Session;
let calls = 0;

beforeAll(async () => {
  fakeApi = await FakeApi.start();
  session = await Session.start({ fakeApi, env: { KLING_REQUEST_TIMEOUT: '20' } });
});

afterAll(async () => {
  await session.close();
  await fakeApi.close();
});

/** 429 with the header, which is made when the request arrives; the given number of times, then the task. */
async function limited(retryAfter: () => string | undefined, times = Number.POSITIVE_INFINITY): Promise<Encounter> {
  const id = `limited-${++calls}`;
  let left = times;
  const handler: Handler = (...args) => {
    if (left-- <= 0) return reply(200, completedRecord(id))(...args);
    const value = retryAfter();
    reply(
      429,
      { error: { code: 'too_many_requests', message: 'Slow down' } },
      value === undefined ? {} : { 'retry-after': value },
    )(...args);
  };
  fakeApi.byTask.set(id, handler);
  return encounter(session, fakeApi, id);
}

/** The pauses between the requests, in milliseconds. */
function gapsOf({ requestsAtMs }: Encounter): number[] {
  return requestsAtMs.slice(1).map((atMs, index) => atMs - (requestsAtMs[index] ?? 0));
}

const HTTP_DATE = (ms: number) => new Date(Date.now() + ms).toUTCString();

describe.concurrent('Upstream faults', () => {
  test('Retry-After in seconds: honoured, then the call succeeds', async () => {
    const outcome = await limited(() => '4', 1);
    expect(outcome.structured).toMatchObject({ status: 'completed' });
    expect(gapsOf(outcome)).toHaveLength(1);
    expect(gapsOf(outcome)[0]).toBeGreaterThan(3900);
  });

  test('Retry-After as a date: honoured, then the call succeeds', async () => {
    // An HTTP date has whole seconds: up to one of the six is lost.
    const outcome = await limited(() => HTTP_DATE(6000), 1);
    expect(outcome.structured).toMatchObject({ status: 'completed' });
    expect(gapsOf(outcome)).toHaveLength(1);
    expect(gapsOf(outcome)[0]).toBeGreaterThan(4900);
  });

  test.each<[string, () => string | undefined]>([
    ['absent', () => undefined],
    ['of 0', () => '0'],
    ['in the past, as by a clock that is wrong', () => HTTP_DATE(-3_600_000)],
    ['that is no date', () => 'soon'],
    ['with a fraction', () => '1.5'],
    ['below zero', () => '-1'],
  ])('Retry-After %s: the usual pauses, three attempts', async (_name, retryAfter) => {
    const outcome = await limited(retryAfter);
    expect(outcome.text).toMatch(
      /^\[too_many_requests\] The API limits the rate of requests\. Try again after (1|10) s\.$/,
    );
    const [first, second, ...more] = gapsOf(outcome);
    expect(first).toBeGreaterThan(700);
    expect(second).toBeGreaterThan(1400);
    expect(more).toEqual([]);
  });

  test.each<[string, () => string, RegExp]>([
    ['in seconds', () => '3600', / Try again after 3600 s\.$/],
    ['as a date', () => HTTP_DATE(3_600_000), / Try again after 3(59\d|600) s\.$/],
    ['absurdly', () => '9'.repeat(400), / Try again after 86400 s\.$/],
  ])(
    'Retry-After longer than the time left, %s: told at once, no second attempt',
    async (_name, retryAfter, advice) => {
      const { text, isError, ms, requestsAtMs } = await limited(retryAfter);
      expect(text).toMatch(/^\[too_many_requests\] The API limits the rate of requests\./);
      expect(text).toMatch(advice);
      expect(isError).toBe(true);
      expect(ms).toBeLessThan(10_000);
      expect(requestsAtMs).toHaveLength(1);
    },
  );

  test('Retry-After longer than a wait: a batch tells it and a whole number of seconds', async () => {
    const handler: Handler = reply(429, {}, { 'retry-after': '9'.repeat(400) });
    const own = await FakeApi.start([pendingRecord('good')]);
    const ownSession = await Session.start({ fakeApi: own });
    // The first request knows one of two chunks; the other one is limited.
    const ids = ['good', ...Array.from({ length: 59 }, (_, index) => `nowhere-${index}`)];
    own.always = (request, ...rest) =>
      ((request.body.ids as string[]).includes('good') ? own.answer : handler)(request, ...rest);
    const { structuredContent } = await ownSession.call('kling_get_tasks_batch', { task_ids: ids, wait_seconds: 3 });
    expect(structuredContent?.result).toMatchObject({
      counts: { pending: 1, not_found: 49, lookup_failed: 10 },
      poll_after_seconds: 86_400,
      lookup_errors: [{ code: 'too_many_requests', message: expect.stringContaining('after 86400 s') }],
    });
    await ownSession.close();
    await own.close();
  });
});
