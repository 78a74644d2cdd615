import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ACCOUNT_HINT, lookupError, lookupErrorLike, RETRY_HINT } from '../support/error-texts.js';
import { errorReply, FakeApi, type Handler, reply, TOKEN } from '../support/fake-api.js';
import { resetBeforeBody } from '../support/faults.js';
import { completedRecord, type Json } from '../support/records.js';
import { Session } from '../support/server-process.js';

// How each error comes about is shown in test/kling/api and test/config; here, how it reaches the client.

const NOTHING_LOOKED_UP = 'Correct it and call again; nothing was looked up.';
const ID_RULE = 'must be one bare task id (1 to 128 letters, digits, "-" or "_"), without quotes or URL';
const WAIT_RULE = 'wait_seconds must be a whole number of seconds from 0 to 50';

let fakeApi: FakeApi;
let session: Session;

beforeAll(async () => {
  fakeApi = await FakeApi.start();
  session = await Session.start({ fakeApi });
});

beforeEach(() => {
  fakeApi.always = undefined;
});

afterAll(async () => {
  await session.close();
  await fakeApi.close();
});

/** The text of the tool error that a call returns; fails if it returns anything else. */
async function errorText(own: Session, args: Json = { task_id: 'task-1' }): Promise<string> {
  const { isError, content, structuredContent } = await own.call('kling_get_task', args);
  expect(isError).toBe(true);
  expect(structuredContent).toBeUndefined();
  expect(content).toHaveLength(1);
  return (content[0]?.text ?? '').replaceAll(/127\.0\.0\.1:\d+/g, 'HOST');
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
    ['a misspelt task_id', { taskId: 'a' }, `task_id ${ID_RULE}; unknown: "taskId".`],
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

  test('configuration: names the variable, where to set it, and that the server must be restarted', async () => {
    const unedited = await Session.start({ fakeApi, env: { ACEDATACLOUD_API_TOKEN: 'your-token' } });
    expect(await errorText(unedited)).toBe(
      '[configuration] ACEDATACLOUD_API_TOKEN is still the placeholder your-token: create one at ' +
        'https://platform.acedata.cloud. Set this under "env" in the MCP client\'s settings and restart the server; until ' +
        'then no call can succeed.',
    );
    await unedited.close();
  });

  test("the API's own code: reads as the table says", async () => {
    fakeApi.always = errorReply(403, 'used_up', 'Used up');
    const what = 'The balance of the account is used up (HTTP 403): Used up.';
    expect(await errorText(session)).toBe(lookupError('used_up', `${what} ${ACCOUNT_HINT}`, 'trace-of-error'));
  });

  test('network_error: says which failure it is, and names the host', async () => {
    fakeApi.always = resetBeforeBody;
    const what = 'No answer from HOST: the connection was reset.';
    expect(await errorText(session)).toBe(lookupError('network_error', `${what} ${RETRY_HINT}`));
  });

  test('a batch of which every lookup failed: the same error', async () => {
    fakeApi.always = errorReply(401, 'invalid_token');
    const { isError, content } = await session.call('kling_get_tasks_batch', { task_ids: ['a', 'b'] });
    expect(isError).toBe(true);
    expect(content[0]?.text).toMatch(lookupErrorLike('invalid_token', /.* \(trace_id trace-of-error\)$/));
  });

  // The session is closed with a look for the token on stdout and, at `debug`, on stderr.
  test.each<[string, Handler]>([
    ['in a record', reply(200, { ...completedRecord('task-1'), type: TOKEN, request: { [TOKEN]: `it is ${TOKEN}` } })],
    ['in an error', errorReply(401, 'invalid_token', `The token ${TOKEN} is not known.`)],
    ['as the reason of the status', (_request, response) => response.writeHead(400, TOKEN).end('{}')],
  ])('the token that the API echoes %s: shown nowhere', async (_name, handler) => {
    fakeApi.always = handler;
    expect(JSON.stringify(await session.call('kling_get_task', { task_id: 'task-1' }))).not.toContain(TOKEN);
  });
});
