import { describe, expect, test } from 'vitest';
import { describeView } from './support/describe-view.js';
import {
  batch,
  CDN,
  COMPLETED,
  completedTask,
  errorResult,
  failedTask,
  PROMPT,
  pendingTask,
  REQUEST,
  resultOf,
} from './support/tasks.js';

/** A host that lets no view call tools, so that what is shown stays. */
const QUIET = { capabilities: { openLinks: {} } };
const WAV = Buffer.concat([
  Buffer.from(
    'RIFF\x34\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\x10\0\0\0',
    'latin1',
  ),
  Buffer.alloc(16, 128),
]);
const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"/>';

describeView('what the view shows', (view) => {
  test('pending: the clock ticks, and a long prompt takes two lines', async () => {
    await view.open({ ...QUIET, result: resultOf(pendingTask(84)) });
    await view.shows('1:24');
    await view.pass(2);
    await view.shows('1:26');
    const prompt = view.frame.locator('.prompt');
    const lines = await prompt.evaluate((p) => p.clientHeight / parseFloat(getComputedStyle(p).lineHeight));
    expect(Math.round(lines)).toBe(2);
    expect(await view.text()).not.toMatch(/%/);
  });

  test('completed: the video, with facts and prompt', async () => {
    await view.open({ result: resultOf(completedTask({ request: { ...REQUEST, aspect_ratio: '9:16' } })) });
    const video = view.frame.locator('video');
    expect(await video.evaluate((v: HTMLVideoElement) => [v.controls, v.playsInline, v.preload])).toEqual([
      true,
      true,
      'metadata',
    ]);
    expect(await view.playFirstVideo()).toBe(640);
    // Its own aspect ratio, whatever was asked for.
    expect(await video.evaluate((v) => v.clientWidth / v.clientHeight)).toBeCloseTo(16 / 9, 1);
    expect(await view.text()).toMatch(
      /Video ready[\s\S]*kling-v2-master · 5\.1 sec · took 5 min 17 sec · Mar 3, 2025, 2:44/,
    );
    const prompt = view.frame.getByText(PROMPT);
    expect(await prompt.isVisible()).toBe(false);
    await view.frame.locator('summary').click();
    expect(await prompt.isVisible()).toBe(true);
    expect(view.calls).toEqual([]);
  });

  test('completed: further videos, pictures, sounds and files, what failed and what did not fit', async () => {
    const other_media = [
      { kind: 'video', url: `${CDN}/2.webm` },
      { kind: 'image', url: `${CDN}/3.svg` },
      { kind: 'audio', url: `${CDN}/4.wav` },
      { kind: 'file', url: `${CDN}/5.zip` },
    ];
    const files = {
      [`${CDN}/3.svg`]: { body: SVG, type: 'image/svg+xml' },
      [`${CDN}/4.wav`]: { body: WAV, type: 'audio/wav' },
    };
    await view.open({ ...QUIET, files });
    await view.result(resultOf(completedTask({ other_media, error: { message: 'One of five failed.' }, left_out: 3 })));
    await view.frame.locator('.further img').evaluate((img: HTMLImageElement) => img.decode());
    await view.frame.locator('.further audio').waitFor();
    expect(await view.frame.locator('.further a').getAttribute('href')).toBe(`${CDN}/5.zip`);
    expect(await view.text()).toMatch(
      /Part of it failed: One of five failed\.[\s\S]*5\.zip[\s\S]*3 more did not fit\./,
    );
    // One plays at a time.
    const paused = await view.frame.evaluate(async () => {
      const videos = [...document.querySelectorAll('video')];
      for (const video of videos) {
        video.muted = true;
        await video.play();
      }
      return videos.map((video) => video.paused);
    });
    expect(paused).toEqual([true, false]);
  });

  test('a voice: its name and id, to be copied', async () => {
    await view.open(QUIET);
    const voice = { type: 'voices', video_url: undefined };
    await view.result(resultOf(completedTask({ ...voice, output: { voice_id: 'v-17', voice_name: 'Nova' } })));
    await view.shows('Voice ready');
    expect(await view.text()).toMatch(/Nova · v-17/);
    expect(await view.copied('Copy ID')).toBe('v-17');
    expect(await view.frame.locator('button').allInnerTexts()).toEqual(['Copy ID']);
    const items = [{ voice_id: 'v-1', voice_name: 'Ada' }, { voice_id: 'v-2' }];
    await view.result(resultOf(completedTask({ ...voice, output: { items } })), { task_id: 'presets' });
    await view.shows('Ada · v-1');
    expect(await view.frame.getByRole('button', { name: 'Copy ID' }).count()).toBe(2);
  });

  test('another output: as it is', async () => {
    await view.open(QUIET);
    await view.result(resultOf(completedTask({ video_url: undefined, output: { value: 'Hello there' } })));
    await view.shows('Result ready');
    expect(await view.frame.locator('pre').innerText()).toBe('Hello there');
    await view.result(resultOf(completedTask({ video_url: undefined, output: { scores: [1] } })), { task_id: 'x' });
    await view.shows('"scores": [');
  });

  test('failed: code, trace id and task id can be read and copied', async () => {
    await view.open({ ...QUIET, result: resultOf(failedTask()) });
    await view.shows('The prompt was refused by the safety system.');
    expect(await view.text()).toMatch(/Code\s+risk_control\s+Trace ID\s+0a907f69\S+\s+Task ID\s+20068983/);
    expect(await view.copied('Copy details')).toMatch(
      /^The prompt was refused by the safety system\.\nCode: risk_control\nTrace ID: 0a907f69\S+\nTask ID: 20068983\S+$/,
    );
    expect(await view.frame.locator('[role=status]').textContent()).toBe('Copied');
    expect(await view.frame.locator('textarea').count()).toBe(0);
  });

  test('torn down while it plays: the video stays, stops, and is not built anew', async () => {
    await view.open({ result: COMPLETED });
    await view.playFirstVideo();
    const video = await view.frame.locator('video').elementHandle();
    await view.teardown();
    await view.context({ locale: 'de-DE', theme: 'dark' });
    await view.frame.waitForFunction(() => getComputedStyle(document.documentElement).colorScheme === 'dark');
    expect(await video?.evaluate((v: HTMLVideoElement) => [v.paused, v.isConnected])).toEqual([true, true]);
  });

  test('the text counts where the host dropped the structured content, and the other way round', async () => {
    await view.open(QUIET);
    const { content, structuredContent } = COMPLETED;
    await view.result({ content });
    await view.state('completed');
    await view.result({ content: [], structuredContent: { result: failedTask() } }, { task_id: 'b' });
    await view.state('failed');
    await view.result({ content: [{ type: 'text', text: 'Something else' }], structuredContent }, { task_id: 'c' });
    await view.state('completed');
    await view.result({ content: [] }, { task_id: 'd' });
    await view.shows('This app passed on no result. Ask again.');
    await view.result(errorResult('[used_up] The balance is used up. Tell the user.'), { task_id: 'e' });
    await view.shows('Top up at AceDataCloud.');
    expect(await view.text()).not.toContain('Tell');
  });

  describe('a batch', () => {
    const [fox, mug] = [{ request: { prompt: 'A red fox' } }, { request: {} }];

    test('a tile for each task, by its prompt, in its state', async () => {
      await view.open(QUIET);
      const tasks = [
        completedTask({ task_id: 'a', ...fox, other_media: [{ kind: 'image', url: `${CDN}/2.png` }], left_out: 2 }),
        pendingTask(60, { task_id: 'b', ...mug }),
        failedTask({ task_id: 'c', ...fox }),
        completedTask({ task_id: 'd', ...mug, type: 'voices', video_url: undefined, output: { voice_id: 'v-17' } }),
      ];
      const lookup_errors = [{ task_ids: ['f', 'g'], code: 'api_error', message: 'The API answered with 502.' }];
      await view.result(batch(tasks, { not_found: ['e'], lookup_errors, not_shown: ['h'] }));
      await view.shows('2 of 8 ready');
      const texts = await view.frame.locator('.tile').allInnerTexts();
      expect(texts.map((text) => text.replace(/\s+/g, ' ').trim())).toEqual([
        expect.stringMatching(/^A red fox #1 · 5\.1 sec Picture 2 2 more did not fit\./),
        expect.stringMatching(/^1:0\d Video #2$/),
        'The prompt was refused by the safety system. A red fox #3 · Failed Details',
        'Voice #4 · 5.1 sec v-17 Copy ID',
      ]);
      const rest = (await view.frame.locator('.rest').innerText()).replace(/\s+/g, ' ');
      expect(rest).toBe(
        'Not found e Could not check AceDataCloud has a problem. Your video is not affected. f g ' +
          '1 more did not fit Ask for these ids. h',
      );
    });

    test('a failed task tells its whole reason, its code and its ids, to be read and copied', async () => {
      await view.open(QUIET);
      const message = `The picture could not be read${', nor could the other one'.repeat(8)}.`;
      const error = { code: 'image_unreadable', message };
      await view.result(batch([failedTask({ task_id: 'a', error }), completedTask({ task_id: 'b' })]));
      const tile = view.frame.locator('.tile').first();
      const isCut = (p: Element) => p.scrollHeight > p.clientHeight;
      expect(await tile.locator('.reason').evaluate(isCut)).toBe(true);
      await tile.locator('summary').click();
      expect(await tile.locator('details > p').innerText()).toBe(message);
      expect(await tile.locator('dl').innerText()).toMatch(/image_unreadable[\s\S]*0a907f69[\s\S]*a/);
      expect(await view.copied('Copy details')).toMatch(/^The picture[\s\S]*\nTask ID: a$/);
    });

    test('of one is drawn as the single task', async () => {
      await view.open(QUIET);
      await view.result(batch([pendingTask(60, { task_id: 'a', ...fox })]), { task_ids: ['a'] });
      await view.shows('Making your video');
      expect(await view.text()).toMatch(/^Making your video\s+A red fox\s+Usually[\s\S]+1:0\d$/);
      await view.result(batch([completedTask({ task_id: 'a', ...fox })]), { task_ids: ['b'] });
      await view.shows('Video ready');
      expect(await view.frame.locator('.tile').count()).toBe(0);
    });

    test('of 60: all in order, and only what is in view loads', async () => {
      const tasks = Array.from({ length: 60 }, (_, index) =>
        index % 10 === 9
          ? failedTask({ task_id: `t-${index}` })
          : completedTask({ task_id: `t-${index}`, video_url: `${CDN}/${index}.webm` }),
      );
      await view.open({ result: batch(tasks), input: { task_ids: tasks.map(({ task_id }) => task_id) } });
      await view.shows('54 of 60 ready');
      const numbers = await view.frame.locator('.tile .facts bdi:first-child').allInnerTexts();
      expect(numbers).toEqual(tasks.map((_, index) => `#${index + 1}`));
      await view.until(() => view.loads.length > 0);
      expect(await view.frame.locator('video[preload=metadata]').count()).toBeLessThan(40);
      await view.frame.locator('video').last().scrollIntoViewIfNeeded();
      await view.until(() => view.loads.includes(`${CDN}/58.webm`));
    });

    test.each([
      [320, 3, 1],
      [320, 20, 2],
      [480, 20, 2],
      [800, 20, 4],
    ])('at %i px, %i tasks stand in %i columns', async (width, count, columns) => {
      await view.open({ ...QUIET, width: `${width}px`, viewport: { width: width + 40, height: 900 } });
      const tasks = Array.from({ length: count }, (_, index) => completedTask({ task_id: `t-${index}` }));
      await view.result(batch(tasks));
      const lefts = await view.frame
        .locator('.tile')
        .evaluateAll((tiles) => tiles.map((tile) => tile.getBoundingClientRect().left));
      expect(new Set(lefts).size).toBe(columns);
    });

    test('its tiles have a border also where the host has none', async () => {
      const variables = {
        '--color-border-primary': 'white',
        '--color-background-primary': 'white',
        '--color-background-secondary': 'white',
      };
      await view.open({ ...QUIET, context: { theme: 'light', styles: { variables } } });
      await view.result(batch([pendingTask(60, { task_id: 'a' }), pendingTask(60, { task_id: 'b' })]));
      const border = await view.frame
        .locator('.tile')
        .first()
        .evaluate((tile) => getComputedStyle(tile).borderTopColor);
      expect(border).not.toMatch(/255, 255, 255|1 1 1|\/ 0\)/);
    });
  });
});
