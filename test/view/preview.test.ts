import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserPath, launchBrowser } from './support/browser.js';

describe.skipIf(!browserPath)('the preview', () => {
  let browser: Browser;
  let preview: ChildProcess;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    preview = spawn(process.execPath, ['--import', 'tsx', 'scripts/preview.ts'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface({ input: preview.stdout ?? process.stdin }), 'line');
    browser = await launchBrowser();
    page = await browser.newPage();
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.clock.install();
    await page.goto(/http:\S+/.exec(String(line))?.[0] ?? '');
  });
  afterAll(async () => {
    await browser?.close();
    if (!preview) return;
    preview.kill('SIGINT');
    await once(preview, 'exit');
  });

  const view = () => page.frameLocator('iframe');
  const choose = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const shows = (text: string) => view().getByText(text).first().waitFor();

  test('shows a wait, a pending task of each age, and others, whatever was chosen before', async () => {
    await choose('Wait, ready after 20 s');
    await shows('Waiting for your video');
    await page.clock.runFor(3000);
    await shows('Making your video');
    await choose('For 20 minutes');
    await shows('Taking longer than usual.');
    await choose('For 40 minutes');
    await shows('Still not finished');
    await page.getByLabel('Theme').selectOption('dark');
    await choose('Short reason');
    await page.getByLabel('downloadFile').uncheck();
    await page.getByLabel('Locale').selectOption('de-DE');
    for (const name of ['Of 20', 'Cancelled', 'Video']) await choose(name);
    await shows('Video ready');
    await choose('For 5 s');
    await shows('Making your video');
    await choose('Tear it down');
    await shows('View closed');
    expect(errors).toEqual([]);
  });
});
