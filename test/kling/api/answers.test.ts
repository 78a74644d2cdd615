import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { meet, stopClock } from '../../support/api-client.js';
import { BAD_RESPONSE_HINT, RETRY_HINT } from '../../support/error-texts.js';
import { FakeApi, type Handler, reply } from '../../support/fake-api.js';
import { flood, gzipBomb } from '../../support/faults.js';
import { completedRecord } from '../../support/records.js';

const MIB = 1024 * 1024;
const [A, B] = [completedRecord('a'), completedRecord('b')];

let fakeApi: FakeApi;

beforeAll(async () => {
  fakeApi = await FakeApi.start();
  stopClock();
});

afterAll(async () => {
  vi.useRealTimers();
  await fakeApi.close();
});

describe('the records of an answer', () => {
  const FAILED = { ...A, success: false, error: 'x' };
  const NESTED = { ...A, task: { id: 'b' } };
  test.each<[string, string[], unknown, unknown[]]>([
    ['a record', ['a'], A, [A]],
    ['a record in an envelope', ['a'], { task: A }, [A]],
    ['a record that holds an error', ['a'], FAILED, [FAILED]],
    ['a record that has a task of its own', ['a'], NESTED, [NESTED]],
    ['{}', ['a'], {}, []],
    ['null', ['a'], null, []],
    ['an empty envelope', ['a'], { task: {} }, []],
    ['null in an envelope', ['a'], { task: null }, []],
    ['a list', ['a', 'b'], { items: [A, B], count: 2 }, [A, B]],
    ['a list of envelopes', ['a', 'b'], { items: [{ task: A }, B] }, [A, B]],
    ['a list of more than records', ['a', 'b'], { items: [A, null, 5, 'x', []] }, [A]],
    ['{} for a batch', ['a', 'b'], {}, []],
    ['null for a batch', ['a', 'b'], null, []],
    ['null for the list', ['a', 'b'], { items: null, count: 0 }, []],
  ])('%s', async (_name, ids, body, records) => {
    expect(await meet(fakeApi, reply(200, body), ids)).toMatchObject({ records, text: '', pausesMs: [] });
  });

  test('a record with an error status', async () => {
    expect((await meet(fakeApi, reply(500, A))).records).toEqual([A]);
    expect((await meet(fakeApi, reply(500, { task: A }))).records).toEqual([A]);
  });

  test('an integer that is too large for a number keeps its digits', async () => {
    const { records } = await meet(fakeApi, reply(200, '{"id":"a","element_id":829836802793406551}'));
    expect(records).toEqual([{ id: 'a', element_id: '829836802793406551' }]);
  });
});

describe('an answer that cannot come from the API: bad_response at once, no second attempt', () => {
  const bad = (what: string) => ({ text: `[bad_response] ${what}. ${BAD_RESPONSE_HINT}`, pausesMs: [] });
  test.each<[string, Handler, string]>([
    ['a gzip bomb', gzipBomb, 'a compressed body (HTTP 200)'],
    ['truncated JSON', reply(200, '{"id":"faulty","resp'), 'something that is not JSON (HTTP 200)'],
    ['a list', reply(200, []), 'JSON that is no record'],
    ['a string', reply(200, '"done"'), 'JSON that is no record'],
    ['an empty 200', reply(200, ''), 'an empty body (HTTP 200)'],
    ['HTML with 200', reply(200, '<title>Welcome</title>'), 'something that is not JSON (HTTP 200)'],
  ])('%s', async (_name, handler, what) => {
    expect(await meet(fakeApi, handler)).toMatchObject(bad(`The API answered with ${what}`));
  });

  test('a batch without a list', async () => {
    const outcome = await meet(fakeApi, reply(200, { count: 0 }), ['a', 'b']);
    expect(outcome).toMatchObject(bad('The API answered a batch without a list of items'));
  });

  test('a redirect to another origin: never followed, the token never sent there', async () => {
    const elsewhere = await FakeApi.start([], createServer());
    for (const status of [301, 302, 303, 307, 308]) {
      const handler = reply(status, '', { location: `${elsewhere.url}/kling/tasks` });
      expect(await meet(fakeApi, handler)).toMatchObject(bad(`The API answered with a redirect (HTTP ${status})`));
    }
    expect(elsewhere.sockets.size).toBe(0);
    expect(elsewhere.requests).toEqual([]);
    await elsewhere.close();
  });

  test('more than 8 MiB: may be due to a single task, does not blame the base URL, is not read to its end', async () => {
    let sentBytes: Promise<number> | undefined;
    const handler: Handler = (request, response, raw) => {
      sentBytes = new Promise((resolve) => raw.socket.on('close', () => resolve(raw.socket.bytesWritten)));
      flood(request, response, raw);
    };
    const { text, error, pausesMs } = await meet(fakeApi, handler);
    const hint = "Repeating it is useless; the vendor's support can look at the task.";
    expect(text).toBe(`[bad_response] The answer is larger than 8 MiB. ${hint}`);
    expect(error?.divisible).toBe(true);
    expect(pausesMs).toEqual([]);
    expect(await sentBytes).toBeGreaterThan(8 * MIB);
    expect(await sentBytes).toBeLessThan(40 * MIB);
  });
});

test('no encoding is asked for, and one does not hide an error status', async () => {
  const { text } = await meet(fakeApi, reply(502, 'not really', { 'content-encoding': 'br' }));
  expect(text).toBe(`[api_error] The API had a fault (HTTP 502). ${RETRY_HINT}`);
  expect(fakeApi.requests.at(-1)?.headers['accept-encoding']).toBe('identity');
});
