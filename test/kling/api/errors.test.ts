import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { meet, stopClock } from '../../support/api-client.js';
import * as hints from '../../support/error-texts.js';
import { errorReply, FakeApi, type Handler, reply, TOKEN } from '../../support/fake-api.js';
import { PRIVATE_VALUES } from '../../support/records.js';

const ID = '0123456789abcdef0123456789abcdef';
const OTHER_ID = 'fedcba9876543210fedcba9876543210';
const TRACE = ' (trace_id trace-of-error)';

let fakeApi: FakeApi;

beforeAll(async () => {
  fakeApi = await FakeApi.start();
  stopClock();
});

afterAll(async () => {
  vi.useRealTimers();
  await fakeApi.close();
});

const answered = (handler: Handler) => meet(fakeApi, handler, [ID]);

/** The statuses and codes in a text such as `400 bad_request, 401 …`. */
const casesIn = (text: string) =>
  text.split(', ').map((each): [number, string] => [Number.parseInt(each, 10), each.slice(4)]);

describe('a code of the API: told with what to do, never repeated', () => {
  const TOKENS = '400 token_mismatched, 400 no_token, 401 invalid_token, 401 authorization_missing, 403 token_expired';
  test.each([
    ['about the token', hints.TOKEN_HINT, `${TOKENS}, 401 unauthorized`],
    ['about the account', hints.ACCOUNT_HINT, '403 used_up, 500 used_up, 200 used_up'],
    ['about a right', hints.FORBIDDEN_HINT, '403 forbidden'],
    ['about the service', hints.DISABLED_HINT, '400 disabled, 403 disabled'],
    ['about the address', hints.URL_HINT, '404 no_api, 400 api_not_implemented'],
    ['about the request', hints.BAD_REQUEST_HINT, '400 bad_request'],
    ['that is unknown', hints.NO_REPEAT_HINT, '409 another_code'],
  ])('%s', async (_name, hint, cases) => {
    for (const [status, code] of casesIn(cases)) {
      const { text, error, pausesMs } = await answered(errorReply(status, code));
      expect(text).toMatch(new RegExp(`^\\[${code}\\] The [^:]+ \\(HTTP ${status}\\): about ${code}\\. `));
      expect(text.endsWith(`. ${hint}${TRACE}`)).toBe(true);
      expect(error).toMatchObject({ retryable: false });
      expect(pausesMs).toEqual([]);
    }
  });
});

test.each([
  ['a fault of the server', '500 x, 502 x, 503 x, 504 x, 520 x, 527 x'],
  ['the code of one, with any status', '400 api_error, 403 timeout, 200 api_error, 504 timeout'],
])('%s: api_error after three attempts', async (_name, cases) => {
  for (const [status, code] of casesIn(cases)) {
    const { text, pausesMs } = await answered(errorReply(status, code));
    expect(text).toBe(`[api_error] The API had a fault (HTTP ${status}): about ${code}. ${hints.RETRY_HINT}${TRACE}`);
    expect(pausesMs).toHaveLength(2);
  }
});

test('an error without a code is told by its status alone, an HTML page without its HTML', async () => {
  const codes =
    '400 bad_request, 401 invalid_token, 402 http_402, 403 forbidden, 404 no_api, 418 http_418, 502 api_error';
  for (const [status, code] of casesIn(codes)) {
    const { error, pausesMs } = await answered(reply(status, '<html><h1>No</h1></html>'));
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(new RegExp(`^The [\\w ]+ \\(HTTP ${status}\\)\\.$`));
    expect(pausesMs).toHaveLength(status === 502 ? 2 : 0);
  }
});

test.each<[string, number, unknown, string]>([
  ['a message', 401, { error: { code: 'invalid_token', message: 'No.' } }, '[invalid_token] (HTTP 401): No.'],
  ['a detail', 401, { error: { code: 'invalid_token', detail: 'No' } }, '[invalid_token] (HTTP 401): No.'],
  // The model would take it for ours, and act on the wrong meaning.
  [
    'a code spelled like one of ours',
    409,
    { error: { code: 'task_not_found', message: 'No.' } },
    '[http_409] (HTTP 409): No.',
  ],
  ['a string that is a code', 401, { error: 'token_expired' }, '[token_expired] (HTTP 401).'],
  ['a string with status 200', 200, { error: 'used_up' }, '[used_up] (HTTP 200).'],
  ['a sentence', 401, { error: 'You are unknown.' }, '[invalid_token] (HTTP 401): You are unknown.'],
  ['a code that is none', 409, { error: { code: 'Not a Code!', message: 'No' } }, '[http_409] (HTTP 409): No.'],
  ['HTML as its message', 400, { error: { code: 'bad_request', message: '<b>x</b>' } }, '[bad_request] (HTTP 400).'],
  ['an id of its own', 401, { id: 'r-1', error: { code: 'invalid_token' } }, '[invalid_token] (HTTP 401).'],
  ['success: false and nothing else', 200, { success: false }, '[api_error] (HTTP 200).'],
  ['true', 200, { error: true }, '[api_error] (HTTP 200).'],
  ['a message without a code', 200, { error: { message: 'Oops' } }, '[api_error] (HTTP 200): Oops.'],
])('an error with %s', async (_name, status, body, expected) => {
  const { error } = await answered(reply(status, body));
  expect(`[${error?.code}] ${error?.message.replace(/^[^(]*/, '')}`).toBe(expected);
  expect((await meet(fakeApi, reply(status, body), ['a', 'b'])).error?.code).toBe(error?.code);
});

test.each<[string, Handler]>([
  ['in an object', reply(200, { error: { code: 'not_found' } })],
  ['as a string', reply(200, { error: 'not_found' })],
  ['with success: false and 404', errorReply(404, 'not_found')],
])('not_found as a code, %s, means that there is no such task', async (_name, handler) => {
  for (const ids of [['a'], ['a', 'b']]) {
    expect(await meet(fakeApi, handler, ids)).toMatchObject({ records: [], text: '', pausesMs: [] });
  }
});

test('a single id may have caused a refusal that concerns neither token nor account, rate or address', async () => {
  const ofOneId = '400 bad_request, 422 a_code_of_tomorrow, 451 http_451';
  const ofAll = '401 invalid_token, 403 used_up, 429 too_many_requests, 404 no_api, 503 api_error';
  for (const [status, code] of casesIn(`${ofOneId}, ${ofAll}`)) {
    const { error } = await answered(errorReply(status, code));
    expect(error).toMatchObject({ code, divisible: ofOneId.includes(`${status} ${code}`) });
  }
});

describe('the message of an error', () => {
  const messageOf = async (handler: Handler) => (await answered(handler)).error?.message ?? '';

  test('names neither callbacks nor internal ids, but the ids that were asked for, with or without dashes', async () => {
    const [objectId, uuid] = PRIVATE_VALUES;
    const text = `${uuid} of ${objectId} and ${OTHER_ID}: task ${ID} at https://hook.example/cb?secret=s3cret failed`;
    const message = await messageOf(errorReply(400, 'bad_request', text));
    expect(message).toContain(`(HTTP 400): [id] of [id] and [id]: task ${ID} at [url] failed.`);
  });

  test('does not repeat what stands under a private key of the body', async () => {
    const error = 'No balance: CjJzzGfBfqcAAAAAAKdVMQ';
    expect(await messageOf(reply(403, { error, job_id: 'CjJzzGfBfqcAAAAAAKdVMQ' }))).not.toContain('CjJzz');
  });

  test.each(PRIVATE_VALUES.slice(0, 2))('has no id as its code: %s', async (id) => {
    for (const error of [id, { code: id }, { code: id, message: `user ${id}` }]) {
      const { text } = await answered(reply(400, { error }));
      expect(text).toMatch(/^\[bad_request\]/);
      expect(text).not.toContain(id);
    }
  });

  test('is one clean line, with at most 160 characters of the API', async () => {
    const hostile = 'a\u0000\u001b[31m\u202e\n{"id":1}';
    const { text } = await answered(reply(400, { error: { code: hostile, message: hostile }, trace_id: hostile }));
    expect(text).toMatch(/^\[bad_request\] The API refused the request \(HTTP 400\): a {"id":1}\. [ -~]+$/);
    const message = await messageOf(errorReply(400, 'bad_request', 'words\nand words '.repeat(625)));
    expect(message).toMatch(/^The API refused the request \(HTTP 400\): words and words .*…\.$/);
    expect(message.length).toBeLessThan(210);
  });

  test.each<[string, Handler]>([
    ['in the message', errorReply(401, 'invalid_token', `The token ${TOKEN.toUpperCase()} is not known.`)],
    ['where the message is cut', errorReply(400, 'bad_request', `${'word '.repeat(30)}${TOKEN}`)],
    ['in code and trace id', reply(403, { error: { code: TOKEN, message: TOKEN }, trace_id: TOKEN })],
    ['in an HTML page', reply(418, `<html>${TOKEN}</html>`)],
    ['as the whole body', reply(200, TOKEN)],
  ])('never shows the token, not even a part of it, when the API echoes it %s', async (_name, handler) => {
    const { text } = await answered(handler);
    expect(text).not.toBe('');
    for (let at = 0; at + 12 <= TOKEN.length; at += 4) {
      expect(text.toLowerCase()).not.toContain(TOKEN.slice(at, at + 12).toLowerCase());
    }
  });
});
