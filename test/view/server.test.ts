import { afterAll, beforeAll, expect, test } from 'vitest';
import { FakeApi } from '../support/fake-api.js';
import { completedRecord, failedRecord, pendingRecord } from '../support/records.js';
import { Session } from '../support/server-process.js';
import { describeView } from './support/describe-view.js';
import { VIDEO } from './support/tasks.js';

describeView('the view behind the built server', (view) => {
  let fakeApi: FakeApi;
  let session: Session;
  let isReady = false;

  beforeAll(async () => {
    const rendering = () =>
      isReady ? completedRecord('rendering', VIDEO) : pendingRecord('rendering', 'processing', 20);
    fakeApi = await FakeApi.start([rendering, failedRecord('failed')]);
    session = await Session.start({ fakeApi });
  });
  afterAll(async () => {
    await session?.close();
    await fakeApi?.close();
  });

  test('a wait becomes a pending card, and a playing video at the end', async () => {
    const ask = async (name: string, args: Record<string, unknown>) => ({ ...(await session.call(name, args)) });
    await view.open({ callTool: ({ name, arguments: args }) => ask(name, args) });
    const input = { task_id: 'rendering', wait_seconds: 50 };
    await view.input(input);
    await view.passUntilCalled(1);
    await view.shows('Making your video');
    const result = await ask('kling_get_task', { task_id: 'rendering' });
    isReady = true;
    await view.onlyResult(result);
    await view.passUntilCalled(2);
    await view.shows('Video ready');
    expect(await view.playFirstVideo()).toBe(640);
    await view.until(() => view.asked.length === 1);
  });

  test('a batch and a tool error are shown', async () => {
    await view.open({ capabilities: {} });
    const input = { task_ids: ['failed', 'no-such-task'] };
    await view.result({ ...(await session.call('kling_get_tasks_batch', input)) }, input);
    await view.shows('0 of 2 ready');
    expect(await view.text()).toMatch(/The prompt was refused[\s\S]*Not found\s+no-such-task/);
    const unknown = { task_id: 'no-such-task' };
    await view.result({ ...(await session.call('kling_get_task', unknown)) }, unknown);
    await view.shows('Video not found');
  });
});
