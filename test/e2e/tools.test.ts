import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { FakeApi } from '../support/fake-api.js';
import { completedRecord, DOCUMENTED_ID, documented, failedRecord, pendingRecord, taskOf } from '../support/records.js';
import { Session } from '../support/server-process.js';

const { version } = packageJson;

let fakeApi: FakeApi;
let session: Session;

beforeEach(async () => {
  fakeApi = await FakeApi.start([
    documented,
    completedRecord('task-2'),
    failedRecord('failed-1'),
    pendingRecord('pending-1'),
  ]);
  session = await Session.start({ fakeApi });
});

afterEach(async () => {
  await session.close();
  await fakeApi.close();
});

describe('tools/list', () => {
  test('the complete answer matches the snapshot', async () => {
    const { tools } = await session.client.listTools();
    expect(tools).toMatchSnapshot();
  });

  test('what a model sees of it is at most 1,500 tokens', async () => {
    const { tools } = await session.client.listTools();
    const seen = tools.map(({ _meta, ...tool }) => tool);
    expect(encode(JSON.stringify({ tools: seen })).length).toBeLessThanOrEqual(1500);
  });
});

test('the handshake tells the model how to use the tools', () => {
  expect(session.client.getInstructions()).toMatch(/kling_get_task.*wait_seconds/);
});

describe('kling_get_task', () => {
  test('returns everything about the documented completed task', async () => {
    const { structuredContent, content } = await session.call('kling_get_task', { task_id: DOCUMENTED_ID });
    // No resource_link: it breaks frameworks, and doubles the URL for the others.
    expect(content).toEqual([{ type: 'text', text: JSON.stringify(structuredContent) }]);
    expect(structuredContent).toEqual({ result: taskOf(documented, { taskId: DOCUMENTED_ID }) });
  });

  test('asks the API once, and names the product, its version and that of Node', async () => {
    await session.call('kling_get_task', { task_id: DOCUMENTED_ID });
    expect(fakeApi.requests).toHaveLength(1);
    expect(fakeApi.requests[0]).toMatchObject({
      headers: {
        accept: 'application/json',
        'user-agent': `kling-tasks-mcp/${version} node/${process.versions.node}`,
      },
    });
  });

  test('a failed task is a normal result with its reason', async () => {
    const { structuredContent, isError } = await session.call('kling_get_task', { task_id: 'failed-1' });
    expect(isError).toBeFalsy();
    expect(structuredContent?.result).toMatchObject({
      status: 'failed',
      error: { code: 'risk_control', message: 'The prompt was refused by the safety system.' },
      trace_id: 'trace-1',
    });
  });

  test('a pending task after a wait has no request, which the model would read again and again', async () => {
    const args = { task_id: 'pending-1', wait_seconds: 1 };
    const { structuredContent } = await session.call('kling_get_task', args);
    expect(structuredContent?.result).toMatchObject({ status: 'pending', poll_after_seconds: 1 });
    expect(structuredContent?.result).not.toHaveProperty('request');
  });
});

describe('kling_get_tasks_batch', () => {
  test('returns many tasks in the order of the input', async () => {
    const ids = ['failed-1', 'nowhere', 'task-2', 'pending-1', DOCUMENTED_ID.toUpperCase()];
    const { structuredContent, content } = await session.call('kling_get_tasks_batch', { task_ids: ids });
    expect(structuredContent?.result).toMatchObject({
      counts: { pending: 1, completed: 2, failed: 1, not_found: 1, lookup_failed: 0 },
      tasks: [ids[0], ids[2], ids[3], ids[4]].map((task_id) => ({ task_id })),
      not_found: ['nowhere'],
      poll_after_seconds: 10,
    });
    expect(content).toEqual([{ type: 'text', text: JSON.stringify(structuredContent) }]);
    expect(fakeApi.requests.map(({ body }) => body)).toEqual([{ action: 'retrieve_batch', ids }]);
  });
});
