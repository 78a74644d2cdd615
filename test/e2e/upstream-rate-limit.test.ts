import { describe, expect, test, vi } from 'vitest';
import { lookupErrorLike } from '../support/error-texts.js';
import { type Handler, reply } from '../support/fake-api.js';
import { type Encounter, encounter } from '../support/faults.js';
import { inProcess } from '../support/in-process.js';
import { completedRecord, pendingRecord } from '../support/records.js';

// Most of the time of these tests is pauses between attempts.
vi.setConfig({ maxConcurrency: 20 });

/** 429 with the header, which is made when the request arrives; the given number of times, then the task. */
function limited(retryAfter: () => string | undefined, times = Number.POSITIVE_INFINITY): Promise<Encounter> {
  let left = times;
  const always: Handler = (...args) => {
    if (left-- <= 0) return reply(200, completedRecord('faulty'))(...args);
    const value = retryAfter();
    reply(
      429,
      { error: { code: 'too_many_requests', message: 'Slow down' } },
      value === undefined ? {} : { 'retry-after': value },
    )(...args);
  };
  return inProcess({ always, requestTimeoutSeconds: 20 }, (tools) => encounter(tools, tools.fakeApi));
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
      lookupErrorLike('too_many_requests', /The API limits the rate of requests\. Try again after (1|10) s\.$/),
    );
    const [first, second, ...more] = gapsOf(outcome);
    expect(first).toBeGreaterThan(700);
    expect(second).toBeGreaterThan(1400);
    expect(more).toEqual([]);
  });

  test.each<[string, () => string, RegExp]>([
    ['in seconds', () => '3600', / Try again after 3600 s\.$/],
    // Node's Date header, from which the date counts, may be a second or two old on a busy machine.
    ['as a date', () => HTTP_DATE(3_600_000), / Try again after 3(59|60)\d s\.$/],
    ['absurdly', () => '9'.repeat(400), / Try again after 86400 s\.$/],
  ])(
    'Retry-After longer than the time left, %s: told at once, no second attempt',
    async (_name, retryAfter, advice) => {
      const { text, isError, ms, requestsAtMs } = await limited(retryAfter);
      expect(text).toMatch(lookupErrorLike('too_many_requests', /The API limits the rate of requests\./));
      expect(text).toMatch(advice);
      expect(isError).toBe(true);
      expect(ms).toBeLessThan(10_000);
      expect(requestsAtMs).toHaveLength(1);
    },
  );

  test('Retry-After longer than a wait: a batch reports it with a whole number of seconds', async () => {
    const limit: Handler = reply(429, {}, { 'retry-after': '9'.repeat(400) });
    await inProcess({ tasks: [pendingRecord('good')] }, async ({ fakeApi, call }) => {
      // The first request knows one of two chunks; the other one is limited.
      const ids = ['good', ...Array.from({ length: 59 }, (_, index) => `nowhere-${index}`)];
      fakeApi.always = (request, ...rest) =>
        ((request.body.ids as string[]).includes('good') ? fakeApi.answer : limit)(request, ...rest);
      const { structuredContent } = await call('kling_get_tasks_batch', { task_ids: ids, wait_seconds: 3 });
      expect(structuredContent?.result).toMatchObject({
        counts: { pending: 1, not_found: 49, lookup_failed: 10 },
        poll_after_seconds: expect.any(Number),
        lookup_errors: [{ code: 'too_many_requests', message: expect.stringContaining('after 86400 s') }],
      });
      // What is left of it at the end of the wait.
      const poll_after_seconds = Number(structuredContent?.result.poll_after_seconds);
      expect(Number.isInteger(poll_after_seconds)).toBe(true);
      expect(poll_after_seconds).toBeGreaterThan(86_380);
      expect(poll_after_seconds).toBeLessThanOrEqual(86_400);
    });
  });

  test.each([0, 20])(
    'Retry-After longer than a later call can wait, one of wait_seconds %i: told at once, without a request',
    async (wait_seconds) => {
      const always = reply(429, {}, { 'retry-after': '120' });
      await inProcess({ always, requestTimeoutSeconds: 20 }, async ({ fakeApi, call }) => {
        await call('kling_get_task', { task_id: 'a' });
        const startMs = performance.now();
        const { isError, content } = await call('kling_get_task', { task_id: 'b', wait_seconds });
        expect(isError).toBe(true);
        expect(content[0]?.text).toMatch(lookupErrorLike('too_many_requests', /.* Try again after 1(1\d|20) s\.$/));
        expect(performance.now() - startMs).toBeLessThan(5000);
        expect(fakeApi.requests).toHaveLength(1);
      });
    },
  );

  test('Retry-After that a later call can wait for: it waits, and then succeeds', async () => {
    await inProcess({ tasks: [completedRecord('good')], requestTimeoutSeconds: 3 }, async ({ fakeApi, call }) => {
      fakeApi.faults.push(reply(429, {}, { 'retry-after': '4' }));
      const { isError } = await call('kling_get_task', { task_id: 'good' });
      expect(isError).toBe(true);
      const { structuredContent } = await call('kling_get_task', { task_id: 'good', wait_seconds: 10 });
      expect(structuredContent?.result).toMatchObject({ status: 'completed' });
      const [first, second, ...more] = fakeApi.requests.map(({ atMs }) => atMs);
      expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(3900);
      expect(more).toEqual([]);
    });
  });

  test.each([
    ['an hour slow', -3_600_000],
    ['a day fast', 86_400_000],
  ])('Retry-After as a date, by a server whose clock is %s: counted from its own Date', async (_name, offMs) => {
    const dateAfter = (ms: number) => new Date(Date.now() + offMs + ms).toUTCString();
    const limit: Handler = (...args) => {
      reply(429, {}, { date: dateAfter(0), 'retry-after': dateAfter(4000) })(...args);
    };
    await inProcess({ tasks: [completedRecord('good')] }, async (tools) => {
      tools.fakeApi.faults.push(limit);
      const outcome = await encounter(tools, tools.fakeApi, 'good');
      expect(outcome.structured).toMatchObject({ status: 'completed' });
      const [gap, ...more] = gapsOf(outcome);
      expect(gap).toBeGreaterThan(3900);
      // Counted from the local clock it would be an hour and more, or no time at all.
      expect(gap).toBeLessThan(12_000);
      expect(more).toEqual([]);
    });
  });
});
