import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { KlingClient } from '../../../src/kling/api/client.js';
import { KlingError } from '../../../src/kling/api/error.js';
import { FakeApi, reply, TOKEN } from '../../support/fake-api.js';
import { completedRecord } from '../../support/records.js';

const MINUTE_MS = 60_000;

let fakeApi: FakeApi;
let client: KlingClient;

// Minutes pass for the client in no time: its clock alone is under control, while the requests are real.
beforeEach(async () => {
  fakeApi = await FakeApi.start([completedRecord('a')]);
  vi.useFakeTimers({ toFake: ['performance'] });
  const baseUrl = new URL(fakeApi.url);
  client = new KlingClient({ token: TOKEN, baseUrl, requestTimeoutMs: 30_000 }, 'kling/1');
});

afterEach(async () => {
  vi.useRealTimers();
  await fakeApi.close();
});

const lookup = () => client.lookup(['a'], performance.now() + 30_000, new AbortController().signal);

/** The error that a lookup ends with. */
async function errorOfLookup(): Promise<KlingError> {
  const error = await lookup().catch((reason: unknown) => reason);
  if (!(error instanceof KlingError)) throw new Error('no KlingError');
  return error;
}

describe('a Retry-After', () => {
  test('of an hour is reported unchanged, but obeyed for 5 minutes', async () => {
    fakeApi.faults.push(reply(429, {}, { 'retry-after': '3600' }));
    const error = await errorOfLookup();
    expect(error).toMatchObject({ code: 'too_many_requests', retryAfterMs: 60 * MINUTE_MS });
    expect(error.hint).toBe('Try again after 3600 s.');
    expect(client.quietMs).toBe(5 * MINUTE_MS);
    expect(client.retryAfterMs).toBe(60 * MINUTE_MS);

    vi.advanceTimersByTime(4 * MINUTE_MS);
    expect(client.quietMs).toBe(MINUTE_MS);
    expect(client.retryAfterMs).toBe(56 * MINUTE_MS);

    vi.advanceTimersByTime(MINUTE_MS);
    expect(client.quietMs).toBe(0);
    expect((await lookup()).records).toHaveLength(1);
  });

  test('of 40 s holds for as long', async () => {
    fakeApi.faults.push(reply(429, {}, { 'retry-after': '40' }));
    await errorOfLookup();
    expect(client.quietMs).toBe(40_000);
  });

  test('that is shorter does not end an earlier one', async () => {
    fakeApi.faults.push(reply(429, {}, { 'retry-after': '120' }), reply(429, {}, { 'retry-after': '60' }));
    await errorOfLookup();
    await errorOfLookup();
    expect(client.quietMs).toBe(2 * MINUTE_MS);
  });
});

describe('an answer', () => {
  test('has the time of its own Date, whatever the local clock says', async () => {
    const date = 'Sun, 01 Mar 2026 10:00:00 GMT';
    fakeApi.faults.push(reply(200, completedRecord('a'), { date }));
    expect((await lookup()).dateMs).toBe(Date.parse(date));
  });

  test('without a usable Date has the local time', async () => {
    fakeApi.faults.push(reply(200, completedRecord('a'), { date: 'yesterday' }));
    expect((await lookup()).dateMs).toBeGreaterThan(Date.now() - MINUTE_MS);
  });
});

describe('a request', () => {
  test('carries the user agent, and asks for one id by itself and for several as a batch', async () => {
    await lookup();
    await client.lookup(['a', 'b'], performance.now() + 30_000, new AbortController().signal);
    expect(fakeApi.requests.map(({ body }) => body)).toEqual([
      { action: 'retrieve', id: 'a' },
      { action: 'retrieve_batch', ids: ['a', 'b'] },
    ]);
    for (const { headers } of fakeApi.requests) expect(headers['user-agent']).toBe('kling/1');
  });
});
