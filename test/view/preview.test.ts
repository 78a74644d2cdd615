import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { browserPath, launchBrowser } from './support/browser.js';

describe.skipIf(!browserPath)('the preview', () => {
  let browser: Browser;
  let preview: ChildProcess;
  let page: Page;
  let url = '';
  const errors: string[] = [];

  beforeAll(async () => {
    preview = spawn(process.execPath, ['--import', 'tsx', 'scripts/preview.ts'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface({ input: preview.stdout ?? process.stdin }), 'line');
    url = /http:\S+/.exec(String(line))?.[0] ?? '';
    browser = await launchBrowser();
  });
  beforeEach(async () => {
    page = await browser.newPage();
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.goto(url);
    await card('pending').waitFor();
  });
  afterEach(() => page?.close());
  afterAll(async () => {
    await browser?.close();
    if (!preview) return;
    preview.kill('SIGINT');
    await once(preview, 'exit');
  });

  const choose = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const card = (state: string) => page.frameLocator('iframe').locator(`[data-state="${state}"]`);

  test('another state can be chosen right after the settings or another state', async () => {
    await page.getByLabel('Theme').selectOption('dark');
    await choose('Failed');
    await page.getByLabel('downloadFile').uncheck();
    await page.getByLabel('Locale').selectOption('de-DE');
    for (const name of ['Batch', 'Cancelled', 'Completed']) await choose(name);
    await card('completed').waitFor();
    await page.getByLabel('Theme').selectOption('light');
    expect(errors).toEqual([]);
  });

  test('full screen fills the window, and can be left', async () => {
    await choose('Completed');
    await card('completed').waitFor();
    const view = page.frameLocator('iframe');
    const isFull = () => page.locator('iframe').evaluate((frame) => frame.getBoundingClientRect().width === innerWidth);
    await view.getByRole('button', { name: 'Full screen' }).click();
    await view.getByRole('button', { name: 'Leave full screen' }).waitFor();
    expect(await isFull()).toBe(true);
    await view.getByRole('button', { name: 'Leave full screen' }).click();
    await view.getByRole('button', { name: 'Full screen', exact: true }).waitFor();
    expect(await isFull()).toBe(false);
  });
});
