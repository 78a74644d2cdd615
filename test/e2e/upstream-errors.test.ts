import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { errorReply, FakeApi, type Handler, reply } from '../support/fake-api.js';
import { type Encounter, encounter } from '../support/faults.js';
import { Session } from '../support/server-process.js';

// One server takes all calls at once; most of their time is pauses between attempts.
vi.setConfig({ maxConcurrency: 30 });

const TOKEN_HINT = 'Check ACEDATACLOUD_API_TOKEN; tokens are made at https://platform.acedata.cloud.';
const URL_HINT = 'Check ACEDATACLOUD_API_BASE_URL.';
const RETRY_HINT = 'Try again in a minute.';
const NO_REPEAT_HINT = 'Do not repeat it unchanged.';

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

/** What a call becomes when the API answers like this. */
async function answered(handler: Handler): Promise<Encounter> {
  const id = `errors-${++calls}`;
  fakeApi.byTask.set(id, handler);
  return encounter(session, fakeApi, id);
}

describe.concurrent('Upstream faults', () => {
  test.each([
    [400, 'token_mismatched', 'The API token is not for this service', TOKEN_HINT],
    [400, 'api_not_implemented', 'The API does not offer this lookup', URL_HINT],
    [400, 'bad_request', 'The API refused the request', 'Check the task id.'],
    [400, 'no_token', 'The API received no token', TOKEN_HINT],
    [400, 'disabled', 'The API token or the service is disabled', 'Enable it at https://platform.acedata.cloud.'],
    [401, 'invalid_token', 'The API does not accept the token', TOKEN_HINT],
    [401, 'token_expired', 'The API token has expired', TOKEN_HINT],
    [401, 'token_mismatched', 'The API token is not for this service', TOKEN_HINT],
    [401, 'authorization_missing', 'The API received no token', TOKEN_HINT],
    [403, 'used_up', 'The balance of the account is used up', 'Top it up at https://platform.acedata.cloud.'],
    [403, 'disabled', 'The API token or the service is disabled', 'Enable it at https://platform.acedata.cloud.'],
    [403, 'forbidden', 'The API refused access', 'Check the rights of the token at https://platform.acedata.cloud.'],
    [404, 'no_api', 'The API has nothing at this address', URL_HINT],
    [402, 'a_code_of_tomorrow', 'The API refused the lookup', NO_REPEAT_HINT],
  ])('every code of the API, %i %s: told with what to do, and never repeated', async (status, code, what, hint) => {
    const { text, isError, requestsAtMs } = await answered(errorReply(status, code));
    expect(text).toBe(`[${code}] ${what} (HTTP ${status}): about ${code}. ${hint} (trace_id trace-of-error)`);
    expect(isError).toBe(true);
    expect(requestsAtMs).toHaveLength(1);
  });

  const serverFaults = [500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527];
  test.each(
    [...serverFaults, 400, 403, 200].flatMap((status) => [
      [status, 'api_error'] as const,
      [status, 'timeout'] as const,
    ]),
  )('every code of the API, %i %s: api_error after three attempts', async (status, code) => {
    const { text, isError, requestsAtMs } = await answered(errorReply(status, code));
    const what = `The API had a fault (HTTP ${status}): about ${code}.`;
    expect(text).toBe(`[api_error] ${what} ${RETRY_HINT} (trace_id trace-of-error)`);
    expect(isError).toBe(true);
    expect(requestsAtMs).toHaveLength(3);
  });

  test.each([
    [400, 'bad_request', 'The API refused the request (HTTP 400). Check the task id.'],
    [401, 'invalid_token', `The API does not accept the token (HTTP 401). ${TOKEN_HINT}`],
    [
      403,
      'forbidden',
      'The API refused access (HTTP 403). Check the rights of the token at https://platform.acedata.cloud.',
    ],
    [404, 'no_api', `The API has nothing at this address (HTTP 404). ${URL_HINT}`],
    [418, 'http_418', `The API refused the lookup (HTTP 418). ${NO_REPEAT_HINT}`],
  ])('HTML with %i: %s, by the status alone', async (status, code, sentences) => {
    const { text, requestsAtMs } = await answered(
      reply(status, '<html><h1>No</h1></html>', { 'content-type': 'text/html' }),
    );
    expect(text).toBe(`[${code}] ${sentences}`);
    expect(requestsAtMs).toHaveLength(1);
  });

  const invalidToken = `The API does not accept the token (HTTP`;
  test.each<[string, number, unknown, string]>([
    [
      'as object',
      401,
      { error: { code: 'invalid_token', message: 'No.' } },
      `[invalid_token] ${invalidToken} 401): No. ${TOKEN_HINT}`,
    ],
    [
      'with a detail',
      401,
      { error: { code: 'invalid_token', detail: 'No' } },
      `[invalid_token] ${invalidToken} 401): No. ${TOKEN_HINT}`,
    ],
    ['as string, a code', 401, { error: 'invalid_token' }, `[invalid_token] ${invalidToken} 401). ${TOKEN_HINT}`],
    [
      'as string, a sentence',
      401,
      { error: 'The caller is unknown.' },
      `[invalid_token] ${invalidToken} 401): The caller is unknown. ${TOKEN_HINT}`,
    ],
    [
      'with status 200',
      200,
      { error: { code: 'used_up', message: 'Empty' }, success: false },
      '[used_up] The balance of the account is used up (HTTP 200): Empty. Top it up at https://platform.acedata.cloud.',
    ],
    [
      'as string with status 200',
      200,
      { error: 'used_up' },
      '[used_up] The balance of the account is used up (HTTP 200). Top it up at https://platform.acedata.cloud.',
    ],
    [
      'whose code contradicts the status',
      403,
      { error: { code: 'token_expired' } },
      `[token_expired] The API token has expired (HTTP 403). ${TOKEN_HINT}`,
    ],
    [
      'whose code is none',
      409,
      { error: { code: 'Not a Code!', message: 'Conflict' } },
      `[http_409] The API refused the lookup (HTTP 409): Conflict. ${NO_REPEAT_HINT}`,
    ],
    [
      'whose message is HTML',
      400,
      { error: { code: 'bad_request', message: '<b>x</b>' } },
      '[bad_request] The API refused the request (HTTP 400). Check the task id.',
    ],
    [
      'that holds the id of the request',
      401,
      { id: 'r-1', error: { code: 'invalid_token' } },
      `[invalid_token] ${invalidToken} 401). ${TOKEN_HINT}`,
    ],
  ])('error %s: read as such', async (_name, status, body, expected) => {
    const { text, isError, requestsAtMs } = await answered(reply(status, body));
    expect(text).toBe(expected);
    expect(isError).toBe(true);
    expect(requestsAtMs).toHaveLength(1);
  });

  test.each<[string, unknown]>([
    ['success: false and nothing else', { success: false }],
    ['error: true', { error: true }],
    ['an error without a code', { error: { message: 'Oops' } }],
  ])('error with status 200, %s: api_error after three attempts', async (_name, body) => {
    const { text, requestsAtMs } = await answered(reply(200, body));
    expect(text).toMatch(/^\[api_error\] The API had a fault \(HTTP 200\)(: Oops)?\. Try again in a minute\.$/);
    expect(requestsAtMs).toHaveLength(3);
  });

  test.each(['internal_error', 'configuration', 'bad_response', 'network_error'])(
    'code %s of the API: it has not the meaning of ours',
    async (code) => {
      const { text, requestsAtMs } = await answered(errorReply(400, code));
      expect(text).toBe(
        `[${code}] The API refused the lookup (HTTP 400): about ${code}. Do not repeat it unchanged. (trace_id trace-of-error)`,
      );
      expect(requestsAtMs).toHaveLength(1);
    },
  );

  test('error that names a callback: the address is not told', async () => {
    const message = 'callback https://hook.example/cb?secret=s3cret is not reachable';
    const { text } = await answered(errorReply(400, 'bad_request', message));
    expect(text).toMatch(/^\[bad_request\] .*: callback \[url\] is not reachable\. /);
  });

  test('error of 10,000 characters: at most 500 reach the model, the trace id among them', async () => {
    const { text } = await answered(errorReply(400, 'bad_request', 'words and words '.repeat(625)));
    expect(text.length).toBeLessThanOrEqual(500);
    expect(text).toMatch(/ \(HTTP 400\): words and .*…\. Check the task id\. \(trace_id trace-of-error\)$/);
  });
});
