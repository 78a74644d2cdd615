import { createServer } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { errorReply, FakeApi, type Handler, reply, TOKEN } from '../support/fake-api.js';
import { hang } from '../support/faults.js';
import type { Json } from '../support/records.js';
import { Session } from '../support/server-process.js';

const REPAIR = `Set this under "env" in the MCP client's settings and restart the server; until then no call can succeed.`;
const NOTHING_LOOKED_UP = 'Correct it and call again; nothing was looked up.';
const ID_RULE = 'must be a task id: 1 to 128 letters, digits, "-" or "_"';
const WAIT_RULE = 'wait_seconds must be a whole number of seconds from 0 to 50 (the maximum that KLING_MAX_WAIT sets)';

let fakeApi: FakeApi;
let session: Session;

beforeAll(async () => {
  fakeApi = await FakeApi.start();
  session = await Session.start({ fakeApi });
});

afterEach(() => fakeApi.byTask.clear());

afterAll(async () => {
  await session.close();
  await fakeApi.close();
});

/** The text of the error that a call becomes, which is all that it becomes. */
async function errorText(own: Session, args: Json = { task_id: 'task-1' }): Promise<string> {
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
    ['a wait too long', { task_id: 'a', wait_seconds: 51 }, `${WAIT_RULE}.`],
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
      '[used_up] The balance of the account is used up (HTTP 403): Used up. Top it up at https://platform.acedata.cloud. ' +
        '(trace_id trace-of-error)',
    ],
    ['bad_request', reply(400, {}), '[bad_request] The API refused the request (HTTP 400). Check the task id.'],
    [
      'invalid_token',
      reply(401, {}),
      '[invalid_token] The API does not accept the token (HTTP 401). Check ACEDATACLOUD_API_TOKEN; tokens are made at ' +
        'https://platform.acedata.cloud.',
    ],
    [
      'forbidden',
      reply(403, {}),
      '[forbidden] The API refused access (HTTP 403). Check the rights of the token at https://platform.acedata.cloud.',
    ],
    [
      'no_api',
      reply(404, {}),
      '[no_api] The API has nothing at this address (HTTP 404). Check ACEDATACLOUD_API_BASE_URL.',
    ],
    ['http_NNN', reply(451, {}), '[http_451] The API refused the lookup (HTTP 451). Do not repeat it unchanged.'],
    [
      'too_many_requests',
      reply(429, {}, { 'retry-after': '90' }),
      '[too_many_requests] The API limits the rate of requests. Try again after 90 s.',
    ],
    ['api_error', reply(503, {}), '[api_error] The API had a fault (HTTP 503). Try again in a minute.'],
    [
      'bad_response',
      reply(200, []),
      '[bad_response] The API answered with JSON that is no record. Check ACEDATACLOUD_API_BASE_URL. If it is right, ' +
        "report this to the vendor's support.",
    ],
  ])('%s: reads as the table says', async (_name, handler, expected) => {
    fakeApi.byTask.set('task-1', handler);
    expect(await errorText(session)).toBe(expected);
  });

  test('network_error: says which failure it is, and names the host', async () => {
    const gone = await FakeApi.start([], createServer());
    await gone.close();
    const text = await errorTextWith({ ACEDATACLOUD_API_BASE_URL: gone.url, KLING_REQUEST_TIMEOUT: '1' });
    expect(text.replaceAll(gone.url.replace('http://', ''), 'HOST')).toBe(
      '[network_error] No answer from HOST: connection refused. Check the internet connection, ' +
        'ACEDATACLOUD_API_BASE_URL and the proxy, if there is one.',
    );
  });

  test('timeout: says how long it was', async () => {
    expect(await errorTextWith({ KLING_REQUEST_TIMEOUT: '1.5' }, hang)).toMatch(
      /^\[timeout\] No answer from HOST within (1\.[5-9]|[2-9]\.\d) s\. Try again; a longer KLING_REQUEST_TIMEOUT allows slower answers\.$/,
    );
  });

  test('a batch of which nothing could be learnt: the same error', async () => {
    fakeApi.faults.push(errorReply(401, 'invalid_token'));
    const { isError, content } = await session.call('kling_get_tasks_batch', { task_ids: ['a', 'b'] });
    expect(isError).toBe(true);
    expect(content[0]?.text).toMatch(/^\[invalid_token\] .* \(trace_id trace-of-error\)$/);
    expect(JSON.stringify(content)).not.toContain(TOKEN);
  });
});
