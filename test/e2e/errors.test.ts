import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { errorReply, FakeApi, type Handler, reply, TOKEN } from '../support/fake-api.js';
import { completedRecord } from '../support/records.js';
import { Session } from '../support/server-process.js';

// How each error comes about is shown in test/kling/api and test/config; here, how it reaches the client.

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
async function errorText(own: Session): Promise<string> {
  const { isError, content, structuredContent } = await own.call('kling_get_task', { task_id: 'task-1' });
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

  test('configuration: names the variable, where to set it, and that the server must be restarted', async () => {
    const unedited = await Session.start({ fakeApi, env: { ACEDATACLOUD_API_TOKEN: 'your-token' } });
    expect(await errorText(unedited)).toBe(
      '[configuration] ACEDATACLOUD_API_TOKEN is still the placeholder your-token: create one at ' +
        'https://platform.acedata.cloud. Set this under "env" in the MCP client\'s settings and restart the server; until ' +
        'then no call can succeed.',
    );
    await unedited.close();
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
