import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { FakeApi } from '../support/fake-api.js';
import { modern } from '../support/protocol.js';
import { completedRecord, DOCUMENTED_ID, documented, failedRecord, pendingRecord, taskOf } from '../support/records.js';
import { ENTRY, Session } from '../support/server-process.js';

let fakeApi: FakeApi;
let session: Session;

beforeAll(async () => {
  const failed = failedRecord('failed-1');
  fakeApi = await FakeApi.start([documented, completedRecord('task-2'), failed, pendingRecord('pending-1')]);
  session = await Session.start({ fakeApi });
});

afterAll(async () => {
  await session.close();
  await fakeApi.close();
});

test('tools/list is as in the snapshot, and what a model sees of it has at most 1,500 tokens', async () => {
  const { tools } = await session.client.listTools();
  const readable = inspect(tools, { depth: Infinity, breakLength: 120, compact: true });
  await expect(readable).toMatchFileSnapshot('tools-list.txt');
  const seen = tools.map(({ _meta, ...tool }) => tool);
  expect(encode(JSON.stringify({ tools: seen })).length).toBeLessThanOrEqual(1500);
});

test('the handshake tells the model how to use the tools', () => {
  expect(session.client.getInstructions()).toMatch(/kling_get_task.*wait_seconds/);
});

test('the view is the built page', async () => {
  const { contents } = await session.client.readResource({ uri: 'ui://kling-tasks/view.html' });
  expect(contents).toMatchObject([{ text: readFileSync(join(dirname(ENTRY), 'view.html'), 'utf8') }]);
});

describe('kling_get_task', () => {
  const args = { task_id: DOCUMENTED_ID };
  const result = { result: taskOf(documented, { taskId: DOCUMENTED_ID }) };

  test('returns everything about the documented completed task, with one request', async () => {
    const before = fakeApi.requests.length;
    const { structuredContent, content } = await session.call('kling_get_task', args);
    // No resource_link: it breaks frameworks, and doubles the URL for the others.
    expect(content).toEqual([{ type: 'text', text: JSON.stringify(structuredContent) }]);
    expect(structuredContent).toEqual(result);
    const agent = `kling-tasks-mcp/${packageJson.version} node/${process.versions.node}`;
    const headers = { accept: 'application/json', 'user-agent': agent };
    expect(fakeApi.requests.slice(before)).toMatchObject([{ headers }]);
  });

  test('returns the same in 2026-07-28', async () => {
    const call = modern('modern', 'tools/call', { name: 'kling_get_task', arguments: args });
    expect(await session.server.ask(call)).toMatchObject({
      result: { resultType: 'complete', structuredContent: result },
    });
  });

  test('without a usable token: names the variable, where to set it, and that the server must be restarted', async () => {
    const unedited = await Session.start({ fakeApi, env: { ACEDATACLOUD_API_TOKEN: 'your-token' } });
    const { isError, content } = await unedited.call('kling_get_task', args);
    expect(isError).toBe(true);
    expect(content[0]?.text).toBe(
      '[configuration] ACEDATACLOUD_API_TOKEN is still the placeholder your-token: create one at ' +
        'https://platform.acedata.cloud. Set this under "env" in the MCP client\'s settings, or in the .env that sets the ' +
        'token, and restart the server; until then no call can succeed.',
    );
    await unedited.close();
  });
});

test('kling_get_tasks_batch returns many tasks in the order of the input, the failed one with its reason', async () => {
  const ids = ['failed-1', 'nowhere', 'task-2', 'pending-1', DOCUMENTED_ID.toUpperCase()];
  const { structuredContent, content, isError } = await session.call('kling_get_tasks_batch', { task_ids: ids });
  const error = { code: 'risk_control', message: 'The prompt was refused by the safety system.' };
  expect(isError).toBeFalsy();
  expect(structuredContent?.result).toMatchObject({
    counts: { pending: 1, completed: 2, failed: 1, not_found: 1, lookup_failed: 0 },
    tasks: [{ task_id: ids[0], error, trace_id: 'trace-1' }, ...[2, 3, 4].map((index) => ({ task_id: ids[index] }))],
    not_found: ['nowhere'],
    poll_after_seconds: 10,
  });
  expect(content).toEqual([{ type: 'text', text: JSON.stringify(structuredContent) }]);
  expect(fakeApi.requests.at(-1)?.body).toEqual({ action: 'retrieve_batch', ids });
});
