import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VIEW_URI } from '../../src/tools/view-uri.js';
import { FakeApi } from '../support/fake-api.js';
import { completedRecord, failedRecord, pendingRecord } from '../support/records.js';
import { Session } from '../support/server-process.js';
import { browserPath, launchBrowser } from './support/browser.js';
import { RESOURCE_DOMAINS } from './support/policy.js';
import { VIDEO } from './support/tasks.js';
import { ViewHost, viewHtml } from './support/view-host.js';

describe.skipIf(!browserPath)('the view behind the built server', () => {
  let browser: Browser;
  let fakeApi: FakeApi;
  let session: Session;
  let isReady = false;

  beforeAll(async () => {
    browser = await launchBrowser();
    const rendering = () =>
      isReady ? completedRecord('rendering', VIDEO) : pendingRecord('rendering', 'processing', 20);
    fakeApi = await FakeApi.start([rendering, failedRecord('failed')]);
    session = await Session.start({ fakeApi });
  });
  afterAll(async () => {
    await session?.close();
    await fakeApi?.close();
    await browser?.close();
  });

  test('the server hands out this very page, with the policy that the other tests use', async () => {
    const { contents } = await session.client.readResource({ uri: VIEW_URI });
    expect(contents).toEqual([
      {
        uri: VIEW_URI,
        mimeType: 'text/html;profile=mcp-app',
        text: await viewHtml(),
        _meta: { ui: { csp: { resourceDomains: RESOURCE_DOMAINS }, prefersBorder: true } },
      },
    ]);
  });

  test("a task that the server says is pending becomes a video, by the view's own waiting", async () => {
    const view = await ViewHost.open(browser, {
      callTool: async ({ name, arguments: args }) => {
        isReady = true;
        return { ...(await session.call(name, args)) };
      },
    });
    const args = { task_id: 'rendering' };
    await view.result({ ...(await session.call('kling_get_task', args)) }, args);
    await view.state('completed');
    expect(view.calls).toEqual([{ name: 'kling_get_task', arguments: { task_id: 'rendering', wait_seconds: 50 } }]);
    const width = await view.frame.locator('video').evaluate(async (video: HTMLVideoElement) => {
      if (video.readyState === 0) await new Promise((resolve) => video.addEventListener('loadedmetadata', resolve));
      return video.videoWidth;
    });
    expect(width).toBe(640);
    await view.until(() => view.asked.length === 1);
    await view.close();
  });

  test('a batch and a tool error of the server are shown', async () => {
    const view = await ViewHost.open(browser, { capabilities: {} });
    const args = { task_ids: ['failed', 'no-such-task'] };
    await view.result({ ...(await session.call('kling_get_tasks_batch', args)) }, args);
    await view.state('batch');
    expect(await view.text()).toMatch(/0 of 2 ready[\s\S]*The prompt was refused[\s\S]*Not found\s+no-such-task/);
    await view.result({ ...(await session.call('kling_get_task', { task_id: 'no-such-task' })) });
    await view.state('error');
    await view.close();
  });
});
