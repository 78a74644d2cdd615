import { describe, expect, test, vi } from 'vitest';
import {
  ACCOUNT_HINT,
  BAD_REQUEST_HINT,
  DISABLED_HINT,
  FORBIDDEN_HINT,
  lookupError,
  lookupErrorLike,
  NO_REPEAT_HINT,
  RETRY_HINT,
  TOKEN_HINT,
  URL_HINT,
} from '../support/error-texts.js';
import { errorReply, type Handler, reply } from '../support/fake-api.js';
import { type Encounter, encounter } from '../support/faults.js';
import { inProcess } from '../support/in-process.js';

// Most of the time of these tests is pauses between attempts.
vi.setConfig({ maxConcurrency: 30 });

/** The result of a call when the API answers like this. */
function answered(always: Handler): Promise<Encounter> {
  return inProcess({ always, requestTimeoutSeconds: 20 }, (tools) => encounter(tools, tools.fakeApi));
}

describe.concurrent('Upstream faults', () => {
  test.each([
    [400, 'token_mismatched', 'The API token is not for this service', TOKEN_HINT],
    [400, 'api_not_implemented', 'The API does not offer this lookup', URL_HINT],
    [400, 'bad_request', 'The API refused the request', BAD_REQUEST_HINT],
    [400, 'no_token', 'The API received no token', TOKEN_HINT],
    [400, 'disabled', 'The API token or the service is disabled', DISABLED_HINT],
    [401, 'invalid_token', 'The API does not accept the token', TOKEN_HINT],
    [401, 'token_expired', 'The API token has expired', TOKEN_HINT],
    [401, 'token_mismatched', 'The API token is not for this service', TOKEN_HINT],
    [401, 'authorization_missing', 'The API received no token', TOKEN_HINT],
    [403, 'used_up', 'The balance of the account is used up', ACCOUNT_HINT],
    [403, 'disabled', 'The API token or the service is disabled', DISABLED_HINT],
    [403, 'forbidden', 'The API refused access', FORBIDDEN_HINT],
    [404, 'no_api', 'The API has nothing at this address', URL_HINT],
    [402, 'a_code_of_tomorrow', 'The API refused the lookup', ACCOUNT_HINT],
    [401, 'unauthorized', 'The API refused the lookup', TOKEN_HINT],
    [409, 'another_code', 'The API refused the lookup', NO_REPEAT_HINT],
  ])('every code of the API, %i %s: told with what to do, and never repeated', async (status, code, what, hint) => {
    const { text, isError, requestsAtMs } = await answered(errorReply(status, code));
    expect(text).toBe(lookupError(code, `${what} (HTTP ${status}): about ${code}. ${hint}`, 'trace-of-error'));
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
    expect(text).toBe(lookupError('api_error', `${what} ${RETRY_HINT}`, 'trace-of-error'));
    expect(isError).toBe(true);
    expect(requestsAtMs).toHaveLength(3);
  });

  test.each([
    [400, 'bad_request', `The API refused the request (HTTP 400). ${BAD_REQUEST_HINT}`],
    [401, 'invalid_token', `The API does not accept the token (HTTP 401). ${TOKEN_HINT}`],
    [402, 'http_402', `The API refused the lookup (HTTP 402). ${NO_REPEAT_HINT}`],
    [403, 'forbidden', `The API refused access (HTTP 403). ${FORBIDDEN_HINT}`],
    [404, 'no_api', `The API has nothing at this address (HTTP 404). ${URL_HINT}`],
    [418, 'http_418', `The API refused the lookup (HTTP 418). ${NO_REPEAT_HINT}`],
  ])('HTML with %i: %s, by the status alone', async (status, code, sentences) => {
    const { text, requestsAtMs } = await answered(
      reply(status, '<html><h1>No</h1></html>', { 'content-type': 'text/html' }),
    );
    expect(text).toBe(lookupError(code, sentences));
    expect(requestsAtMs).toHaveLength(1);
  });

  const invalidToken = `The API does not accept the token (HTTP`;
  test.each<[string, number, unknown, string]>([
    [
      'as object',
      401,
      { error: { code: 'invalid_token', message: 'No.' } },
      lookupError('invalid_token', `${invalidToken} 401): No. ${TOKEN_HINT}`),
    ],
    [
      'with a detail',
      401,
      { error: { code: 'invalid_token', detail: 'No' } },
      lookupError('invalid_token', `${invalidToken} 401): No. ${TOKEN_HINT}`),
    ],
    [
      'as string, a code',
      401,
      { error: 'invalid_token' },
      lookupError('invalid_token', `${invalidToken} 401). ${TOKEN_HINT}`),
    ],
    [
      'as string, a sentence',
      401,
      { error: 'The caller is unknown.' },
      lookupError('invalid_token', `${invalidToken} 401): The caller is unknown. ${TOKEN_HINT}`),
    ],
    [
      'with status 200',
      200,
      { error: { code: 'used_up', message: 'Empty' }, success: false },
      lookupError('used_up', `The balance of the account is used up (HTTP 200): Empty. ${ACCOUNT_HINT}`),
    ],
    [
      'as string with status 200',
      200,
      { error: 'used_up' },
      lookupError('used_up', `The balance of the account is used up (HTTP 200). ${ACCOUNT_HINT}`),
    ],
    [
      'whose code contradicts the status',
      403,
      { error: { code: 'token_expired' } },
      lookupError('token_expired', `The API token has expired (HTTP 403). ${TOKEN_HINT}`),
    ],
    [
      'whose code is none',
      409,
      { error: { code: 'Not a Code!', message: 'Conflict' } },
      lookupError('http_409', `The API refused the lookup (HTTP 409): Conflict. ${NO_REPEAT_HINT}`),
    ],
    [
      'whose message is HTML',
      400,
      { error: { code: 'bad_request', message: '<b>x</b>' } },
      lookupError('bad_request', `The API refused the request (HTTP 400). ${BAD_REQUEST_HINT}`),
    ],
    [
      'that holds the id of the request',
      401,
      { id: 'r-1', error: { code: 'invalid_token' } },
      lookupError('invalid_token', `${invalidToken} 401). ${TOKEN_HINT}`),
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
    expect(text).toMatch(
      lookupErrorLike('api_error', /The API had a fault \(HTTP 200\)(: Oops)?\. Try again in a minute\.$/),
    );
    expect(requestsAtMs).toHaveLength(3);
  });

  test.each(['internal_error', 'configuration', 'bad_response', 'network_error'])(
    'code %s of the API: it has not the meaning of ours',
    async (code) => {
      const { text, requestsAtMs } = await answered(errorReply(400, code));
      const sentences = `The API refused the lookup (HTTP 400): about ${code}. ${NO_REPEAT_HINT}`;
      expect(text).toBe(lookupError(code, sentences, 'trace-of-error'));
      expect(requestsAtMs).toHaveLength(1);
    },
  );

  test('error that names a callback: the address is not shown', async () => {
    const message = 'callback https://hook.example/cb?secret=s3cret is not reachable';
    const { text } = await answered(errorReply(400, 'bad_request', message));
    expect(text).toMatch(/^\[bad_request\] .*: callback \[url\] is not reachable\. /);
  });

  test.each(['task_not_found', 'invalid_arguments'])('code %s of the API: told as a failed lookup', async (code) => {
    const { text } = await answered(errorReply(409, code));
    const sentences = `The API refused the lookup (HTTP 409): about ${code}. ${NO_REPEAT_HINT}`;
    expect(text).toBe(lookupError(code, sentences, 'trace-of-error'));
  });

  test('error with a long message and a long trace id: what to do is told to its end within 500 characters', async () => {
    const body = { error: { code: 'token_mismatched', message: 'words '.repeat(100) }, trace_id: 't'.repeat(64) };
    const { text } = await answered(reply(401, body));
    expect(text.length).toBeLessThanOrEqual(500);
    expect(text.endsWith(` ${TOKEN_HINT} (trace_id ${'t'.repeat(64)})`)).toBe(true);
  });

  test('error of 10,000 characters: at most 500 reach the model, the trace id among them', async () => {
    const { text } = await answered(errorReply(400, 'bad_request', 'words and words '.repeat(625)));
    expect(text.length).toBeLessThanOrEqual(500);
    expect(text).toMatch(/ \(HTTP 400\): words and .*…\. Check the task id; .*\. \(trace_id trace-of-error\)$/);
  });
});
