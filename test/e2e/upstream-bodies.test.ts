import { createServer } from 'node:http';
import { describe, expect, test, vi } from 'vitest';
import { BAD_RESPONSE_HINT, lookupError, RETRY_HINT } from '../support/error-texts.js';
import { FakeApi, reply } from '../support/fake-api.js';
import { encounter, expectUsable, flood, gzipBomb, meet } from '../support/faults.js';
import { inProcess } from '../support/in-process.js';
import { completedRecord } from '../support/records.js';
import { Session } from '../support/server-process.js';

// Most of the time of these tests is pauses between attempts.
vi.setConfig({ maxConcurrency: 6 });

const HTML = `<!DOCTYPE html><html><head><title>Bad gateway</title></head><body>${'<p>x</p>'.repeat(500)}</body></html>`;
const html = (status: number) => reply(status, HTML, { 'content-type': 'text/html' });

const NOT_THE_ONE = 'The API answered with a record that is not the one asked for.';

/** The body is bounded at 8 MiB; as bytes, as text and as what the collector has not taken yet. */
const GROWTH_LIMIT_MIB = 64;

describe.concurrent('Upstream faults', () => {
  test.each([
    ['a gzip bomb', gzipBomb, 'The API answered with a compressed body (HTTP 200).'],
    [
      'truncated JSON',
      reply(200, '{"id":"faulty","resp'),
      'The API answered with something that is not JSON (HTTP 200).',
    ],
    ['JSON that is no record, an array', reply(200, []), 'The API answered with JSON that is no record.'],
    ['JSON that is no record, a number', reply(200, 42), 'The API answered with JSON that is no record.'],
    ['JSON that is no record, a string', reply(200, '"done"'), 'The API answered with JSON that is no record.'],
    ['JSON that is no record, true', reply(200, true), 'The API answered with JSON that is no record.'],
    ['JSON that is no record, an object without id', reply(200, { a: 1 }), NOT_THE_ONE],
    ['JSON that is no record, an object whose id is null', reply(200, { id: null, type: 'videos' }), NOT_THE_ONE],
    ['the record of another task', reply(200, completedRecord('another')), NOT_THE_ONE],
    ['empty 200', reply(200, ''), 'The API answered with an empty body (HTTP 200).'],
    ['204', reply(204, ''), 'The API answered with an empty body (HTTP 204).'],
    ['HTML with 200', html(200), 'The API answered with something that is not JSON (HTTP 200).'],
  ])('%s: bad_response at once, no second attempt, no memory for the body', async (_name, fault, what) => {
    const { isError, text, ms, requestsAtMs, grownMib } = await meet(fault, 8);
    expect(text).toBe(lookupError('bad_response', `${what} ${BAD_RESPONSE_HINT}`));
    expect(isError).toBe(true);
    expect(ms).toBeLessThan(8000);
    expect(requestsAtMs).toHaveLength(1);
    expect(grownMib).toBeLessThan(GROWTH_LIMIT_MIB);
  });

  test('300 MiB of body: bad_response that does not blame the base URL, no memory for the body', async () => {
    const { isError, text, ms, requestsAtMs, grownMib } = await meet(flood, 8);
    const hint = "Repeating it is useless; the vendor's support can look at the task.";
    expect(text).toBe(lookupError('bad_response', `The answer is larger than 8 MiB. ${hint}`));
    expect(isError).toBe(true);
    expect(ms).toBeLessThan(8000);
    expect(requestsAtMs).toHaveLength(1);
    expect(grownMib).toBeLessThan(GROWTH_LIMIT_MIB);
  });

  test.each([
    ['in another spelling of the id', { ...completedRecord('FAULTY') }],
    ['that names the task in its response alone', { ...completedRecord('faulty'), id: undefined }],
  ])('a record %s: the task', async (_name, record) => {
    const { structured } = await inProcess({ always: reply(200, record) }, (tools) => encounter(tools, tools.fakeApi));
    expect(structured).toMatchObject({ task_id: 'faulty', status: 'completed' });
  });

  test('JSON that is no record, null: task_not_found', async () => {
    const { text, requestsAtMs } = await meet(reply(200, null), 8);
    expect(text).toMatch(/^\[task_not_found\] No task faulty exists for this account\./);
    expect(requestsAtMs).toHaveLength(1);
  });

  test.each([502, 524])('HTML with %i: api_error after three attempts, without the HTML', async (status) => {
    const { text, ms, requestsAtMs } = await meet(html(status), 8);
    expect(text).toBe(lookupError('api_error', `The API had a fault (HTTP ${status}). ${RETRY_HINT}`));
    expect(ms).toBeLessThan(8000);
    expect(requestsAtMs).toHaveLength(3);
    const [first = 0, second = 0, third = 0] = requestsAtMs;
    expect(second - first).toBeGreaterThan(700);
    expect(third - second).toBeGreaterThan(1400);
  });

  test('compressed body with 502: api_error by its status', async () => {
    const { text } = await meet(reply(502, 'not really', { 'content-encoding': 'br' }), 8);
    expect(text).toBe(lookupError('api_error', `The API had a fault (HTTP 502). ${RETRY_HINT}`));
  });

  test('body that names the encoding it was asked for, in capitals: read as it is', async () => {
    const { structured } = await meet(reply(200, completedRecord('faulty'), { 'content-encoding': 'Identity' }), 8);
    expect(structured).toMatchObject({ status: 'completed' });
  });

  test('redirects 301 to 308 to another origin: bad_response, never followed, the token never sent there', async () => {
    const elsewhere = await FakeApi.start([completedRecord('faulty')], createServer());
    const fakeApi = await FakeApi.start([completedRecord('good')]);
    const session = await Session.start({ fakeApi });
    for (const status of [301, 302, 303, 307, 308]) {
      fakeApi.faults.push(reply(status, HTML, { location: `${elsewhere.url}/kling/tasks` }));
      const { text, isError } = await encounter(session, fakeApi);
      const what = `The API answered with a redirect (HTTP ${status}).`;
      expect(text).toBe(lookupError('bad_response', `${what} ${BAD_RESPONSE_HINT}`));
      expect(isError).toBe(true);
      await expectUsable(session);
    }
    expect(fakeApi.requests).toHaveLength(10);
    expect(elsewhere.requests).toEqual([]);
    expect(elsewhere.sockets.size).toBe(0);
    await session.close();
    await fakeApi.close();
    await elsewhere.close();
  });
});
