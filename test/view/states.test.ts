import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserPath, launchBrowser } from './support/browser.js';
import { completedTask, resultOf } from './support/tasks.js';
import { ViewHost } from './support/view-host.js';

describe.skipIf(!browserPath)('the states of the view', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test('a completed task: the video plays', async () => {
    const view = await ViewHost.open(browser);
    await view.result(resultOf(completedTask()));
    await view.state('completed');
    const size = await view.frame.locator('video').evaluate(async (video: HTMLVideoElement) => {
      video.muted = true;
      await video.play();
      await new Promise((resolve) => {
        video.ontimeupdate = () => video.currentTime > 0.2 && resolve(0);
      });
      return [video.videoWidth, video.currentTime];
    });
    expect(size[0]).toBe(640);
    await view.page.screenshot({ path: '/tmp/shot.png' });
    console.log(await view.text(), view.messages);
    await view.close();
  });
});
