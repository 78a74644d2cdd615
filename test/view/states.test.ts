import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { browserPath, launchBrowser } from './support/browser.js';
import {
  batchOf,
  CDN,
  completedTask,
  errorResult,
  failedTask,
  ID,
  PROMPT,
  pendingTask,
  resultOf,
} from './support/tasks.js';
import { CLIP, ViewHost, type ViewOptions } from './support/view-host.js';

/** A host that lets no view call tools, so that what is shown stays. */
const QUIET = { capabilities: { openLinks: {} } };
const NEVER = () => new Promise(() => {});
const WAV = Buffer.concat([
  Buffer.from(
    'RIFF\x34\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\x10\0\0\0',
    'latin1',
  ),
  Buffer.alloc(16, 128),
]);
const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"/>';

describe.skipIf(!browserPath)('the states of the view', () => {
  let browser: Browser;
  let view: ViewHost;
  const open = async (options: ViewOptions = QUIET) => {
    view = await ViewHost.open(browser, options);
    return view;
  };

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterEach(() => view?.close());
  afterAll(() => browser?.close());

  test('the handshake: initialize with name, version and display modes, then initialized', async () => {
    await open();
    const methods = view.messages
      .map(({ method }) => method)
      .filter((method) => method !== 'ui/notifications/size-changed');
    expect(methods).toEqual(['ui/initialize', 'ui/notifications/initialized']);
    // The size is told only to a host that knows that the page is ready.
    await view.until(() => view.messages.length > 2);
    expect(view.messages.slice(0, 2).map(({ method }) => method)).toEqual(methods);
    expect(view.messages[0]).toMatchObject({
      jsonrpc: '2.0',
      params: {
        protocolVersion: '2026-01-26',
        appInfo: { name: 'kling-tasks-mcp', version: expect.stringMatching(/^\d+\.\d+\.\d+$/) },
        appCapabilities: { availableDisplayModes: ['inline', 'fullscreen'] },
      },
    });
  });

  test('a ping is answered, an unknown request refused, an unknown notification ignored', async () => {
    await open();
    const send = (message: object) =>
      view.page.evaluate((given) => window.frames[0]?.postMessage(given, '*'), { jsonrpc: '2.0', ...message });
    await send({ method: 'ui/notifications/from-the-future', params: {} });
    await send({ id: 'a', method: 'ping' });
    await send({ id: 'b', method: 'ui/from-the-future' });
    await view.until(() => view.messages.some(({ id }) => id === 'b'));
    expect(view.messages).toContainEqual({ jsonrpc: '2.0', id: 'a', result: {} });
    expect(view.messages.find(({ id }) => id === 'b')).toMatchObject({ error: { code: -32601 } });
  });

  test('nothing yet: says what is being looked up', async () => {
    await open();
    await view.input({ task_id: ID });
    await view.frame.locator('main').getByText(ID).waitFor();
    expect(await view.text()).toContain('Looking up the task');
    await view.input({ task_ids: ['a', 'b', 'c'] });
    await view.frame.locator('main').getByText('Looking up 3 tasks').waitFor();
    // Some clients send a list as a text.
    await view.input({ task_ids: '["a", "b-1"]' });
    await view.frame.locator('main').getByText('Looking up 2 tasks').waitFor();
  });

  test('pending: what is being made, how long it has been running, ticking, and how long it usually takes', async () => {
    await open();
    await view.result(resultOf(pendingTask(84)));
    await view.state('pending');
    const text = await view.text();
    expect(text).toContain('Making your video');
    expect(text).toContain('kling-v2-master · pro · 16:9');
    expect(text).toContain('White ceramic coffee mug');
    expect(text).toContain('Most take 1 to 5 minutes. Ask again to see how it is doing.');
    expect(text).not.toMatch(/%/);
    await view.frame.getByText('1:26').waitFor();
    const lines = await view.frame
      .locator('.prompt')
      .evaluate((p) => p.clientHeight / parseFloat(getComputedStyle(p).lineHeight));
    expect(Math.round(lines)).toBe(2);
  });

  test('pending for more than five minutes: says that it takes longer than most', async () => {
    await open();
    await view.result(resultOf(pendingTask(400, { type: 'lip-sync' })));
    await view.state('pending');
    expect(await view.text()).toMatch(/Making your lip-sync video[\s\S]*this one takes longer[\s\S]*6:4\d/);
  });

  test('completed: the video is there to be played, with facts, prompt and buttons', async () => {
    await open({ callTool: NEVER });
    await view.result(resultOf(completedTask()));
    await view.state('completed');
    const video = view.frame.locator('video');
    expect(await video.evaluate((v: HTMLVideoElement) => [v.controls, v.playsInline, v.preload])).toEqual([
      true,
      true,
      'metadata',
    ]);
    const played = await video.evaluate(async (v: HTMLVideoElement) => {
      v.muted = true;
      await v.play();
      await new Promise<void>((resolve) => {
        v.ontimeupdate = () => v.currentTime > 0.2 && resolve();
      });
      return { width: v.videoWidth, height: v.videoHeight, ratio: v.clientWidth / v.clientHeight };
    });
    expect(played).toMatchObject({ width: 640, height: 360 });
    expect(played.ratio).toBeCloseTo(16 / 9, 1);
    expect(await view.text()).toContain('kling-v2-master · 5.1 sec · took 5 min 17 sec · Mar 3, 2025, 2:44 AM');
    const prompt = view.frame.getByText(PROMPT);
    expect(await prompt.isVisible()).toBe(false);
    await view.frame.locator('summary').click();
    expect(await prompt.isVisible()).toBe(true);
    expect(view.calls).toEqual([]);
  });

  test('completed: the video has its own aspect ratio, whatever was asked for', async () => {
    await open();
    await view.result(resultOf(completedTask({ request: { aspect_ratio: '9:16' } })));
    const video = view.frame.locator('video');
    await video.evaluate(
      (v: HTMLVideoElement) =>
        v.readyState > 0 || new Promise((resolve) => v.addEventListener('loadedmetadata', resolve)),
    );
    expect(await video.evaluate((v) => v.clientWidth / v.clientHeight)).toBeCloseTo(16 / 9, 1);
  });

  test('completed: further videos, pictures, sounds and files stand below', async () => {
    const other_media = [
      { kind: 'video', url: `${CDN}/2.webm` },
      { kind: 'image', url: `${CDN}/3.svg` },
      { kind: 'audio', url: `${CDN}/4.wav` },
      { kind: 'file', url: `${CDN}/5.zip` },
    ];
    const files = {
      [`${CDN}/2.webm`]: { body: CLIP, type: 'video/webm' },
      [`${CDN}/3.svg`]: { body: SVG, type: 'image/svg+xml' },
      [`${CDN}/4.wav`]: { body: WAV, type: 'audio/wav' },
    };
    await open({ ...QUIET, files });
    await view.result(resultOf(completedTask({ other_media, error: { message: 'One of five failed.' } })));
    const { frame } = view;
    await frame
      .locator('.further video')
      .evaluate(
        (v: HTMLVideoElement) =>
          v.readyState > 0 || new Promise((resolve) => v.addEventListener('loadedmetadata', resolve)),
      );
    await frame.locator('.further img').evaluate((img: HTMLImageElement) => img.decode());
    await frame.locator('.further audio').waitFor();
    expect(await frame.locator('.further a').getAttribute('href')).toBe(`${CDN}/5.zip`);
    expect(await view.text()).toContain('A part of it failed: One of five failed.');
    const gaps = await frame
      .locator('.further > div')
      .evaluateAll((places) =>
        places.map(({ children: [file, buttons] }) =>
          file && buttons ? buttons.getBoundingClientRect().top - file.getBoundingClientRect().bottom : 0,
        ),
      );
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(4);
    // One plays at a time.
    const paused = await frame.evaluate(async () => {
      const [first, second] = document.querySelectorAll('video');
      if (!first || !second) return undefined;
      first.muted = second.muted = true;
      await first.play();
      await second.play();
      return [first.paused, second.paused];
    });
    expect(paused).toEqual([true, false]);
  });

  test('completed without a file: what the task returned instead', async () => {
    await open();
    await view.result(resultOf(completedTask({ type: 'voices', video_url: undefined, output: { voice_id: 'v-17' } })));
    await view.state('completed');
    expect(await view.text()).toMatch(/Voices ready[\s\S]*"voice_id": "v-17"/);
    expect(await view.frame.locator('video').count()).toBe(0);
  });

  test('failed: the reason in large, what to do, and code and trace id to copy', async () => {
    await open({ ...QUIET, browserContext: { permissions: [] } });
    await view.result(resultOf(failedTask()));
    await view.state('failed');
    expect(await view.frame.locator('h1').innerText()).toBe('The prompt was refused by the safety system.');
    const text = await view.text();
    expect(text).toContain('Change the prompt or the pictures, and try again.');
    expect(text).toMatch(/risk_control[\s\S]*0a907f69-4ae2-4a08-b34c-ee15c1c47077/);
    await view.frame.evaluate(() => {
      document.addEventListener('copy', () => {
        document.body.dataset.copied = String(document.getSelection() ?? '');
      });
    });
    await view.frame.getByRole('button', { name: 'Copy details' }).click();
    await view.frame.locator('.copied').waitFor();
    expect(await view.frame.locator('[role=status]').textContent()).toBe('Copied');
    expect(await view.frame.locator('textarea').count()).toBe(0);
  });

  test('a failure whose cause is not known brings no advice', async () => {
    await open();
    await view.result(resultOf(failedTask({ error: { message: 'It went wrong.' } })));
    await view.state('failed');
    expect(await view.text()).not.toContain('again');
  });

  test('a tool error: its sentences, without a button where repeating is useless', async () => {
    await open({ callTool: NEVER });
    await view.result(errorResult('[invalid_token] The API refused the token. Set it in the configuration.'));
    await view.state('error');
    expect(await view.text()).toMatch(
      /It could not be looked up\s+The API refused the token\. Set it in the configuration\./,
    );
    expect(await view.frame.locator('button').count()).toBe(0);
    expect(view.calls).toEqual([]);
  });

  test('a tool error that may pass: looked up again by hand', async () => {
    await open({ callTool: () => resultOf(completedTask()) });
    await view.result(errorResult('[network_error] The API could not be reached. Try again.'));
    await view.frame.getByRole('button', { name: 'Look again' }).click();
    await view.state('completed');
    expect(view.calls).toEqual([{ name: 'kling_get_task', arguments: { task_id: ID, wait_seconds: 0 } }]);
  });

  test('an absent list of ids may be null', async () => {
    await open({ callTool: () => resultOf(completedTask()) });
    await view.result(errorResult('[network_error] The API could not be reached.'), { task_id: ID, task_ids: null });
    await view.frame.getByRole('button', { name: 'Look again' }).click();
    await view.state('completed');
    expect(view.calls[0]?.name).toBe('kling_get_task');
  });

  test('an error that lost its mark on the way is still told as one', async () => {
    await open();
    await view.result({ content: [{ type: 'text', text: '[task_not_found] There is no such task.' }] });
    await view.state('error');
    expect(await view.text()).toContain('There is no such task.');
  });

  test('cancelled: says so, and that the task goes on', async () => {
    await open();
    await view.input({ task_id: ID });
    await view.cancelled('The person stopped it.');
    await view.state('cancelled');
    expect(await view.text()).toMatch(/The lookup was cancelled\s+The person stopped it\.\s+The task goes on\./);
    await view.page.evaluate(() => window.bridge.sendToolResult({ content: [] }));
    await view.state('unreadable');
  });

  test('torn down: says that it follows nothing any more, and stops what plays', async () => {
    await open({ callTool: NEVER });
    await view.result(resultOf(pendingTask()));
    await view.until(() => view.calls.length === 1);
    expect(await view.teardown()).toEqual({});
    await view.state('closed');
    expect(await view.text()).toContain('no longer follows it');
    await view.result(resultOf(completedTask()));
    await view.state('closed');
  });

  test('torn down while it plays: the video stays, and stops', async () => {
    await open();
    await view.result(resultOf(completedTask()));
    const video = view.frame.locator('video');
    await video.evaluate((v: HTMLVideoElement) => {
      v.muted = v.loop = true;
      return v.play();
    });
    await view.teardown();
    expect(await video.evaluate((v: HTMLVideoElement) => v.paused)).toBe(true);
  });

  test('torn down, and then told another locale: nothing is built or loaded anew', async () => {
    await open();
    await view.result(resultOf(completedTask()));
    const video = await view.frame.locator('video').elementHandle();
    await view.teardown();
    await view.context({ locale: 'de-DE', theme: 'dark' });
    await view.frame.waitForFunction(() => getComputedStyle(document.documentElement).colorScheme === 'dark');
    expect(await video?.evaluate((element) => element.isConnected)).toBe(true);
  });

  test('the text counts where the host dropped the structured content, and the other way round', async () => {
    await open();
    const { content, structuredContent } = resultOf(completedTask());
    await view.result({ content });
    await view.state('completed');
    await view.result({ content: [], structuredContent: JSON.parse(JSON.stringify({ result: failedTask() })) });
    await view.state('failed');
    await view.result({ content: [{ type: 'text', text: 'Something else' }], structuredContent });
    await view.state('completed');
  });

  test('another result of the host takes the place of the one before, whatever it was', async () => {
    await open();
    const { frame } = view;
    const single = resultOf(completedTask());
    await view.result(resultOf(batchOf(['a', 'b', 'c'].map((task_id) => pendingTask(60, { task_id })))));
    await frame.locator('.tile').nth(2).waitFor();
    await view.result(single);
    await view.state('completed');
    await view.result(resultOf(batchOf(['d', 'e'].map((task_id) => pendingTask(60, { task_id })))));
    await view.state('batch');
    expect(await frame.locator('.tile .code').allInnerTexts()).toEqual(['d', 'e']);
    await view.result(single);
    await view.state('completed');
    expect(await frame.locator('.tile').count()).toBe(0);
  });

  test('a batch: counts, each task in its state, and what was not found or looked up', async () => {
    await open();
    const tasks = [
      completedTask({ task_id: 'a' }),
      pendingTask(60, { task_id: 'b' }),
      failedTask({ task_id: 'c' }),
      completedTask({ task_id: 'd', video_url: undefined, output: { voice_id: 'v-17' } }),
    ];
    const lookup_errors = [{ task_ids: ['f', 'g'], code: 'api_error', message: 'The API answered with 502.' }];
    await view.result(resultOf(batchOf(tasks, { not_found: ['e'], lookup_errors })));
    await view.state('batch');
    expect(await view.frame.locator('h1').innerText()).toBe('2 of 7 ready');
    const counts = await view.frame.locator('.counts li').allInnerTexts();
    expect(counts).toEqual(['2 ready', '1 running', '1 failed', '1 not found', '2 not looked up']);
    const text = await view.text();
    expect(text).toMatch(/1:0\d[\s\S]*The prompt was refused by the safety system\.[\s\S]*v-17/);
    expect(text).toMatch(/Not found\s+e\s+Not looked up\. The API answered with 502\.\s+f\s+g/);
  });

  test('a batch: a failed task tells its whole reason, its code and its trace id, to be read and copied', async () => {
    await open();
    const message = `The picture could not be read${', nor could the other one'.repeat(8)}.`;
    const error = { code: 'image_unreadable', message };
    await view.result(resultOf(batchOf([failedTask({ task_id: 'a', error })])), { task_ids: ['a'] });
    const tile = view.frame.locator('.tile');
    const isCut = (p: Element) => p.scrollHeight > p.clientHeight;
    expect(await tile.locator('.reason').evaluate(isCut)).toBe(true);
    await tile.locator('summary').click();
    const whole = tile.locator('details > p');
    expect(await whole.innerText()).toBe(message);
    expect(await whole.evaluate(isCut)).toBe(false);
    const rest = 'image_unreadable[^]*0a907f69-4ae2-4a08-b34c-ee15c1c47077[^]*a';
    expect(await tile.locator('dl').innerText()).toMatch(new RegExp(rest));
    await view.frame.evaluate(() => {
      document.execCommand = () => {
        document.body.dataset.copied = document.querySelector('textarea')?.value;
        return true;
      };
    });
    await tile.getByRole('button', { name: 'Copy details' }).click();
    expect(await view.frame.locator('body').getAttribute('data-copied')).toMatch(new RegExp(`^${message}[^]*${rest}$`));
  });

  test('embedded by something that is no host: says that there is nothing to show', async () => {
    await open();
    await view.page.goto('https://view.test/');
    await view.page.locator('[data-state="unreadable"]').waitFor();
  });

  test('a handle of the protocol counts as pending', async () => {
    await open();
    await view.result({ resultType: 'task', taskId: 'Kling task x', status: 'working', content: [] });
    await view.state('pending');
    expect(await view.text()).toMatch(/Still running[\s\S]*Most take 1 to 5 minutes/);
  });
});
