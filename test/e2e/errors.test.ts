import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ACCOUNT_HINT,
  BAD_REQUEST_HINT,
  BAD_RESPONSE_HINT,
  CONNECTION_HINT,
  FORBIDDEN_HINT,
  lookupError,
  lookupErrorLike,
  NO_REPEAT_HINT,
  RETRY_HINT,
  TIMEOUT_HINT,
  TOKEN_HINT,
  URL_HINT,
} from '../support/error-texts.js';
import { errorReply, FakeApi, type Handler, reply, TOKEN } from '../support/fake-api.js';
import { hang } from '../support/faults.js';
import { inProcess, type ToolCaller } from '../support/in-process.js';
import type { Json } from '../support/records.js';
import { Session } from '../support/server-process.js';

const REPAIR = `Set this under "env" in the MCP client's settings and restart the server; until then no call can succeed.`;
const NOTHING_LOOKED_UP = 'Correct it and call again; nothing was looked up.';
const ID_RULE = 'must be one bare task id (1 to 128 letters, digits, "-" or "_"), without quotes or URL';
const WAIT_RULE = 'wait_seconds must be a whole number of seconds from 0 to 50';

let fakeApi: FakeApi;
let session: Session;

beforeAll(async () => {
  fakeApi = await FakeApi.start();
  session = await Session.start({ fakeApi });
});

afterAll(async () => {
  await session.close();
  await fakeApi.close();
});

/** The text of the tool error that a call returns; fails if it returns anything else. */
async function errorText(own: ToolCaller, args: Json = { task_id: 'task-1' }): Promise<string> {
  const { isError, content, structuredContent } = await own.call('kling_get_task', args);
  expect(isError).toBe(true);
  expect(structuredContent).toBeUndefined();
  expect(content).toHaveLength(1);
  return content[0]?.text ?? '';
}

/** The same from a server of its own with this environment. */
async function errorTextWith(env: Record<string, string | undefined>, always?: Handler): Promise<string> {
  const own = await FakeApi.start();
  own.always = always;
  const ownSession = await Session.start({ fakeApi: own, env });
  const text = await errorText(ownSession);
  await ownSession.close();
  await own.close();
  return text.replaceAll(own.url.replace('http://', ''), 'HOST');
}

describe('the error table', () => {
  test('task_not_found: says that a video_id is no task_id and that ids belong to one account', async () => {
    expect(await errorText(session)).toBe(
      '[task_not_found] No task task-1 exists for this account. Use the task_id that the generation call returned: a ' +
        'video_id is not a task_id, and a task is visible only with a token of the account that submitted it.',
    );
  });

  test.each<[string, Json, string]>([
    ['a task_id with a slash', { task_id: 'a/b' }, `task_id ${ID_RULE}.`],
    ['no task_id', {}, `task_id ${ID_RULE}.`],
    ['a wait below zero', { task_id: 'a', wait_seconds: -1 }, `${WAIT_RULE}.`],
    ['an unknown argument', { task_id: 'a', id: 'b' }, 'unknown argument "id".'],
  ])('invalid_arguments, %s: names the field and the rule', async (_name, args, rule) => {
    const before = fakeApi.requests.length;
    expect(await errorText(session, args)).toBe(`[invalid_arguments] ${rule} ${NOTHING_LOOKED_UP}`);
    expect(fakeApi.requests).toHaveLength(before);
  });

  test('invalid_arguments, one bad id of a batch: named by its position', async () => {
    const { isError, content } = await session.call('kling_get_tasks_batch', { task_ids: ['a', 'b b', 'c'] });
    expect(isError).toBe(true);
    expect(content[0]?.text).toBe(`[invalid_arguments] task_ids[1] ${ID_RULE}. ${NOTHING_LOOKED_UP}`);
  });

  test.each<[string, Record<string, string | undefined>, string]>([
    [
      'no token',
      { ACEDATACLOUD_API_TOKEN: undefined },
      `ACEDATACLOUD_API_TOKEN is not set: create one at https://platform.acedata.cloud.`,
    ],
    [
      'an unusable token',
      { ACEDATACLOUD_API_TOKEN: 'two words' },
      `ACEDATACLOUD_API_TOKEN holds characters that no token has: copy it again.`,
    ],
    [
      'a base URL without TLS',
      { ACEDATACLOUD_API_BASE_URL: 'http://api.acedata.cloud' },
      'ACEDATACLOUD_API_BASE_URL must be an https URL without user, query or fragment (http only on localhost).',
    ],
    [
      'a malformed number',
      { KLING_REQUEST_TIMEOUT: '0' },
      `KLING_REQUEST_TIMEOUT must be a number of seconds from 1 to 1800.`,
    ],
    [
      'a malformed proxy',
      { ACEDATACLOUD_API_BASE_URL: 'https://kling.invalid', HTTPS_PROXY: 'pro xy' },
      `HTTPS_PROXY must be a URL such as http://proxy.example:8080.`,
    ],
  ])(
    'configuration, %s: names the variable, where to set it, and that retrying is useless until the restart',
    async (_name, env, what) => {
      expect(await errorTextWith(env)).toContain(`[configuration] ${what} ${REPAIR}`);
    },
  );

  test.each<[string, Handler, string]>([
    [
      "the API's own code",
      errorReply(403, 'used_up', 'Used up'),
      lookupError(
        'used_up',
        `The balance of the account is used up (HTTP 403): Used up. ${ACCOUNT_HINT}`,
        'trace-of-error',
      ),
    ],
    [
      'bad_request',
      reply(400, {}),
      lookupError('bad_request', `The API refused the request (HTTP 400). ${BAD_REQUEST_HINT}`),
    ],
    [
      'invalid_token',
      reply(401, {}),
      lookupError('invalid_token', `The API does not accept the token (HTTP 401). ${TOKEN_HINT}`),
    ],
    ['forbidden', reply(403, {}), lookupError('forbidden', `The API refused access (HTTP 403). ${FORBIDDEN_HINT}`)],
    ['no_api', reply(404, {}), lookupError('no_api', `The API has nothing at this address (HTTP 404). ${URL_HINT}`)],
    ['http_NNN', reply(451, {}), lookupError('http_451', `The API refused the lookup (HTTP 451). ${NO_REPEAT_HINT}`)],
    [
      'too_many_requests',
      reply(429, {}, { 'retry-after': '90' }),
      lookupError('too_many_requests', 'The API limits the rate of requests. Try again after 90 s.'),
    ],
    ['api_error', reply(503, {}), lookupError('api_error', `The API had a fault (HTTP 503). ${RETRY_HINT}`)],
    [
      'bad_response',
      reply(200, []),
      lookupError('bad_response', `The API answered with JSON that is no record. ${BAD_RESPONSE_HINT}`),
    ],
  ])('%s: reads as the table says', async (_name, handler, expected) => {
    const text = await inProcess({ always: handler }, (tools) => errorText(tools));
    expect(text).toBe(expected);
  });

  test('network_error: says which failure it is, and names the host', async () => {
    const gone = await FakeApi.start([], createServer());
    await gone.close();
    const text = await errorTextWith({ ACEDATACLOUD_API_BASE_URL: gone.url, KLING_REQUEST_TIMEOUT: '1' });
    expect(text.replaceAll(gone.url.replace('http://', ''), 'HOST')).toBe(
      lookupError('network_error', `No answer from HOST: connection refused. ${CONNECTION_HINT}`),
    );
  });

  test('timeout: says how long it was', async () => {
    expect(await errorTextWith({ KLING_REQUEST_TIMEOUT: '1.5' }, hang)).toMatch(
      lookupErrorLike('timeout', `No answer from HOST within (1\\.[5-9]|[2-9]\\.\\d) s\\. ${TIMEOUT_HINT}$`),
    );
  });

  test('a batch of which every lookup failed: the same error', async () => {
    fakeApi.faults.push(errorReply(401, 'invalid_token'));
    const { isError, content } = await session.call('kling_get_tasks_batch', { task_ids: ['a', 'b'] });
    expect(isError).toBe(true);
    expect(content[0]?.text).toMatch(lookupErrorLike('invalid_token', /.* \(trace_id trace-of-error\)$/));
    expect(JSON.stringify(content)).not.toContain(TOKEN);
  });
});
