import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { FakeApi } from '../support/fake-api.js';
import { completedRecord, pendingRecord } from '../support/records.js';
import { StatelessClient } from '../support/stateless-client.js';

let fakeApi: FakeApi;
let session: StatelessClient;

beforeEach(async () => {
  fakeApi = await FakeApi.start([completedRecord('task-1'), pendingRecord('pending-1')]);
  session = await StatelessClient.start({ fakeApi });
});

afterEach(async () => {
  await session.close();
  await fakeApi.close();
});

describe('The official client, pinned to 2026-07-28', () => {
  test('connects, and reads the name and the capabilities of the server', () => {
    const { client } = session;
    expect(client.getServerVersion()).toEqual({
      name: packageJson.name,
      title: 'Kling tasks',
      version: packageJson.version,
    });
    expect(client.getServerCapabilities()).toEqual({
      tools: {},
      resources: {},
      extensions: { 'io.modelcontextprotocol/tasks': {}, 'io.modelcontextprotocol/ui': {} },
    });
    expect(client.getInstructions()).toContain('kling_get_task');
  });

  test('lists the tools', async () => {
    const { tools } = await session.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['kling_get_task', 'kling_get_tasks_batch']);
    for (const { _meta } of tools) expect(_meta).toMatchObject({ ui: { resourceUri: 'ui://kling-tasks/view.html' } });
  });

  test('calls the tools; results fit the output schemas', async () => {
    await session.client.listTools();
    const one = await session.client.callTool({ name: 'kling_get_task', arguments: { task_id: 'task-1' } });
    expect(one.structuredContent).toMatchObject({ result: { status: 'completed' } });
    const task_ids = ['task-1', 'pending-1', 'nobody'];
    const many = await session.client.callTool({ name: 'kling_get_tasks_batch', arguments: { task_ids } });
    expect(many.structuredContent).toMatchObject({ result: { counts: { completed: 1, pending: 1, not_found: 1 } } });
  });

  test('receives the faults of a call as results, and an unknown tool as an error', async () => {
    const { client } = session;
    const bad = await client.callTool({ name: 'kling_get_task', arguments: { task_id: 'a b' } });
    expect(bad).toMatchObject({ isError: true });
    await expect(client.callTool({ name: 'kling_create', arguments: {} })).rejects.toMatchObject({ code: -32602 });
  });

  test('gets progress while a call waits', async () => {
    const progress: unknown[] = [];
    await session.client.callTool(
      { name: 'kling_get_task', arguments: { task_id: 'pending-1', wait_seconds: 6 } },
      { onprogress: (each) => progress.push(each) },
    );
    expect(progress.length).toBeGreaterThan(0);
    expect(progress[0]).toMatchObject({ total: 6, message: expect.stringContaining('0 of 1') });
  });

  test('cancels a call', async () => {
    fakeApi.hold();
    const controller = new AbortController();
    const call = session.client.callTool(
      { name: 'kling_get_task', arguments: { task_id: 'task-1' } },
      { signal: controller.signal },
    );
    await fakeApi.received(1);
    controller.abort('enough');
    await expect(call).rejects.toThrow();
    await session.client.listTools();
  });

  test('lists the view, and no templates', async () => {
    const { resources } = await session.client.listResources();
    expect(resources).toEqual([
      {
        uri: 'ui://kling-tasks/view.html',
        name: expect.any(String),
        title: expect.any(String),
        description: expect.stringContaining('page'),
        mimeType: 'text/html;profile=mcp-app',
        annotations: { audience: ['user'] },
      },
    ]);
    expect((await session.client.listResourceTemplates()).resourceTemplates).toEqual([]);
    await expect(session.client.readResource({ uri: 'ui://x' })).rejects.toMatchObject({ code: -32602 });
  });

  test('listens to changes, of which there are none', async () => {
    const subscription = await session.client.listen({ toolsListChanged: true });
    await subscription.close();
    await session.client.listTools();
  });
});
