import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeApi, type TaskSource } from '../support/fake-api.js';
import { ModernClient } from '../support/modern-client.js';
import { completedRecord, pendingRecord } from '../support/records.js';
import { ENTRY } from '../support/server-process.js';

const VIEW_URI = 'ui://kling-tasks/view.html';

let fakeApi: FakeApi;
let session: ModernClient;

beforeEach(async () => {
  fakeApi = await FakeApi.start([completedRecord('task-1'), pendingRecord('pending-1')]);
  session = await ModernClient.start({ fakeApi });
});

afterEach(async () => {
  await session.close();
  await fakeApi.close();
});

/** A young task that is done at the second look at it. */
function rendering(id: string): TaskSource {
  // The fake API reads the id once when the task is added.
  let looks = -1;
  return () => (looks++ < 1 ? pendingRecord(id, 'processing', 5) : completedRecord(id));
}

describe('The official client, pinned to 2026-07-28', () => {
  test('lists and calls the tools; results fit the output schemas', async () => {
    const { client } = session;
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['kling_get_task', 'kling_get_tasks_batch']);
    const one = await client.callTool({ name: 'kling_get_task', arguments: { task_id: 'task-1' } });
    expect(one.structuredContent).toMatchObject({ result: { status: 'completed' } });
    const task_ids = ['task-1', 'pending-1', 'nobody'];
    const many = await client.callTool({ name: 'kling_get_tasks_batch', arguments: { task_ids } });
    expect(many.structuredContent).toMatchObject({ result: { counts: { completed: 1, pending: 1, not_found: 1 } } });
    const bad = await client.callTool({ name: 'kling_get_task', arguments: { task_id: 'a b' } });
    expect(bad).toMatchObject({ isError: true });
    await expect(client.callTool({ name: 'kling_create', arguments: {} })).rejects.toMatchObject({ code: -32602 });
  });

  test('gets progress while a call waits, and cancels it', async () => {
    const controller = new AbortController();
    const progress: unknown[] = [];
    const call = session.client.callTool(
      { name: 'kling_get_task', arguments: { task_id: 'pending-1', wait_seconds: 50 } },
      {
        signal: controller.signal,
        onprogress: (each) => {
          progress.push(each);
          controller.abort('enough');
        },
      },
    );
    await expect(call).rejects.toThrow();
    expect(progress).toMatchObject([{ total: 50, message: expect.stringContaining('0 of 1') }]);
    await session.client.listTools();
  });

  test('reads the view: the built page, with what it may load', async () => {
    const { client } = session;
    const { resources } = await client.listResources();
    expect(resources).toEqual([
      {
        uri: VIEW_URI,
        name: expect.any(String),
        title: expect.any(String),
        description: expect.stringContaining('page'),
        mimeType: 'text/html;profile=mcp-app',
        annotations: { audience: ['user'] },
      },
    ]);
    const domains = ['acedata.cloud', 'klingai.com', 'kling.ai', 'kechuangai.com'];
    const csp = { resourceDomains: domains.map((domain) => `https://*.${domain}`) };
    const text = readFileSync(join(dirname(ENTRY), 'view.html'), 'utf8');
    expect((await client.readResource({ uri: VIEW_URI })).contents).toEqual([
      { uri: VIEW_URI, mimeType: 'text/html;profile=mcp-app', text, _meta: { ui: { csp, prefersBorder: true } } },
    ]);
    expect((await client.listResourceTemplates()).resourceTemplates).toEqual([]);
    await expect(client.readResource({ uri: 'ui://x' })).rejects.toMatchObject({ code: -32602 });
  });

  test('follows a task to its outcome, with the official requester of the tasks extension', async () => {
    fakeApi.add(rendering('rendering'));
    const tasks = session.withTasks();
    const execution = await tasks.callTool('kling_get_task', { task_id: 'rendering', wait_seconds: 50 });
    const { outcome } = await execution.settle();
    expect(outcome).toMatchObject({
      result: { structuredContent: { result: { status: 'completed', video_url: expect.any(String) } } },
    });
    await tasks.close();
  });
});
