import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KlingError } from '../../src/kling/api/error.js';
import { createLookups, failingLookups, type Lookups } from '../../src/kling/lookup.js';
import { clientOf } from '../support/api-client.js';
import { errorReply, FakeApi, reply } from '../support/fake-api.js';
import { completedRecord, pendingRecord } from '../support/records.js';

let fakeApi: FakeApi;
let lookups: Lookups;
let debug: string[];

beforeEach(async () => {
  fakeApi = await FakeApi.start([completedRecord('a'), pendingRecord('b')]);
  debug = [];
  lookups = createLookups(clientOf(fakeApi, {}, (line) => debug.push(line)));
});

afterEach(() => fakeApi.close());

/** What a lookup tells about each id: a status, `not_found` or the code of an error. */
async function lookUp(...ids: string[]): Promise<Record<string, string>> {
  const results = await lookups.lookUp(ids, performance.now() + 20_000, new AbortController().signal);
  const words = [...results].map(([id, result]) => {
    if (result.kind === 'found') expect(result.task.task_id).toBe(id);
    return [
      id,
      result.kind === 'found' ? result.task.status : result.kind === 'fault' ? result.error.code : result.kind,
    ];
  });
  return Object.fromEntries(words);
}

test('one request gives a result for each id, in the spelling that was asked for', async () => {
  expect(await lookUp('B', 'nowhere', 'a')).toEqual({ B: 'pending', nowhere: 'not_found', a: 'completed' });
  expect(fakeApi.requests).toHaveLength(1);
});

describe('a record', () => {
  test('is known by the task that its response names, where it has no id', async () => {
    const { id: _, ...nameless } = completedRecord('a');
    fakeApi.always = reply(200, nameless);
    expect(await lookUp('a')).toEqual({ a: 'completed' });
  });

  test.each([
    ['of another task', completedRecord('x')],
    ['without an id', { a: 1 }],
    ['whose id is null', { id: null, type: 'videos' }],
  ])('%s is a bad_response to a lookup of one task', async (_name, body) => {
    fakeApi.always = reply(200, body);
    expect(await lookUp('a')).toEqual({ a: 'bad_response' });
  });

  test('that nobody asked for is ignored in a batch, and told to the log', async () => {
    fakeApi.always = reply(200, { items: [completedRecord('x'), completedRecord('a'), {}], count: 3 });
    expect(await lookUp('a', 'b')).toEqual({ a: 'completed', b: 'not_found' });
    expect(debug).toContain('2 records that nobody asked for were ignored');
  });

  test('that comes twice counts as it came first', async () => {
    fakeApi.always = reply(200, { items: [pendingRecord('a'), completedRecord('A'), completedRecord('b')] });
    expect(await lookUp('a', 'b')).toEqual({ a: 'pending', b: 'completed' });
  });
});

describe('a fault', () => {
  test('of the API is the result of each id', async () => {
    fakeApi.always = errorReply(401, 'invalid_token');
    expect(await lookUp('a', 'b')).toEqual({ a: 'invalid_token', b: 'invalid_token' });
    expect(fakeApi.requests).toHaveLength(1);
  });

  test('of the configuration is the result of each id, without a request', async () => {
    lookups = failingLookups(new KlingError('configuration', 'No token.'));
    expect(await lookUp('a', 'b')).toEqual({ a: 'configuration', b: 'configuration' });
    expect(fakeApi.requests).toEqual([]);
  });
});

test('a rate limit is that of the client', async () => {
  fakeApi.faults.push(reply(429, {}, { 'retry-after': '600' }));
  expect(await lookUp('a')).toEqual({ a: 'too_many_requests' });
  expect(lookups.rateLimit.quietMs).toBeGreaterThan(290_000);
  expect(lookups.rateLimit.quietMs).toBeLessThanOrEqual(300_000);
  expect(lookups.rateLimit.retryAfterMs).toBeGreaterThan(590_000);
  expect(lookups.requestTimeoutMs).toBe(20_000);
});
