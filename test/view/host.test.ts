import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { describe, expect, test } from 'vitest';
import type { Json } from '../support/records.js';
import { describeView } from './support/describe-view.js';
import {
  batch,
  CDN,
  COMPLETED,
  completedTask,
  errorResult,
  failedTask,
  ID,
  PROMPT,
  pendingTask,
  resultOf,
  VIDEO,
} from './support/tasks.js';
import { CLIP, type ViewOptions } from './support/view-host.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const GONE = `${CDN}/gone.webm`;
const BOTH_MODES = { availableDisplayModes: ['inline', 'fullscreen'] };

describeView('the view and its host', (view) => {
  const press = (name: string) => view.frame.getByRole('button', { name, exact: true }).first().click();
  const styleOf = (selector: string, property: 'color' | 'backgroundColor' | 'fontFamily' | 'animationName') =>
    view.frame
      .locator(selector)
      .first()
      .evaluate((element, name) => getComputedStyle(element)[name], property);

  describe('the protocol', () => {
    test('the handshake: initialize with name, version and display modes, then initialized, then the size', async () => {
      await view.open();
      await view.until(() => view.messages.length > 2);
      expect(view.messages.map(({ method }) => method)).toEqual([
        'ui/initialize',
        'ui/notifications/initialized',
        'ui/notifications/size-changed',
      ]);
      expect(view.messages[0]?.params).toEqual({
        protocolVersion: '2026-01-26',
        appInfo: { name: 'kling-tasks-mcp', version: expect.stringMatching(/^\d+\.\d+\.\d+$/) },
        appCapabilities: { availableDisplayModes: ['inline', 'fullscreen'] },
      });
    });

    test('a ping is answered, an unknown request refused, an unknown notification ignored', async () => {
      await view.open();
      await view.post({ method: 'ui/notifications/from-the-future', params: {} });
      await view.post({ id: 'a', method: 'ping' });
      await view.post({ id: 'b', method: 'ui/from-the-future' });
      await view.until(() => view.messages.some(({ id }) => id === 'b'));
      expect(view.messages).toContainEqual({ jsonrpc: '2.0', id: 'a', result: {} });
      expect(view.messages.find(({ id }) => id === 'b')).toMatchObject({ error: { code: -32601 } });
    });

    test('embedded by something that is no host, it says that there is nothing to show', async () => {
      await view.page.goto('https://view.test/');
      await view.page.getByText('This app passed on no result.').first().waitFor();
      await view.page.goto('https://host.test/');
    });
  });

  describe('buttons', () => {
    test('open, save and full screen go through the host', async () => {
      await view.open({ context: BOTH_MODES, result: COMPLETED });
      for (const name of ['Open', 'Save', 'Full screen', 'Leave full screen']) await press(name);
      await view.frame.getByRole('button', { name: 'Full screen', exact: true }).waitFor();
      expect(view.asked).toEqual([
        { kind: 'open-link', params: { url: VIDEO } },
        { kind: 'download-file', params: { contents: [{ type: 'resource_link', uri: VIDEO, name: 'clip.webm' }] } },
        { kind: 'request-display-mode', params: { mode: 'fullscreen' } },
        { kind: 'request-display-mode', params: { mode: 'inline' } },
      ]);
    });

    test('a host without any capability: only what needs none', async () => {
      await view.open({ capabilities: {}, context: {}, result: COMPLETED });
      expect(await view.frame.getByRole('button').allInnerTexts()).toEqual(['Copy link']);
    });

    test('where nothing may be copied, each text stands there once, selected', async () => {
      await view.open();
      await view.result(resultOf(completedTask({ other_media: [{ kind: 'file', url: `${CDN}/model.glb` }] })));
      await view.state('completed');
      await view.frame.evaluate(() => {
        document.execCommand = () => false;
      });
      const buttons = view.frame.getByRole('button', { name: 'Copy link' });
      for (const index of [0, 1, 0]) await buttons.nth(index).click();
      const fields = view.frame.locator('textarea');
      expect(await fields.evaluateAll((all) => all.map((each) => (each as HTMLTextAreaElement).value))).toEqual([
        VIDEO,
        `${CDN}/model.glb`,
      ]);
      const selected = (area: HTMLTextAreaElement) => area.value.slice(area.selectionStart, area.selectionEnd);
      expect(await fields.first().evaluate(selected)).toBe(VIDEO);
    });

    test('what the host refuses is told beside them, once, and they keep their names', async () => {
      await view.open({ refuses: true, result: COMPLETED });
      const before = await view.frame.locator('button').allInnerTexts();
      for (const name of ['Open', 'Open', 'Save']) await press(name);
      await view.until(() => view.asked.length === 3);
      await view.frame.locator('.actions').getByText('This app did not allow it.').waitFor();
      expect(await view.frame.locator('[role=status]').textContent()).toBe('This app did not allow it.');
      expect(await view.frame.locator('.refused').count()).toBe(1);
      expect(await view.frame.locator('button').allInnerTexts()).toEqual(before);
    });

    test('all can be reached and used with the keyboard', async () => {
      await view.open({ result: COMPLETED });
      const open = view.frame.getByRole('button', { name: 'Open' });
      await open.focus();
      expect(await open.evaluate((element) => getComputedStyle(element).outlineStyle)).not.toBe('none');
      await view.page.keyboard.press('Enter');
      await view.until(() => view.asked.length === 1);
      for (const key of ['Tab', 'Tab', 'Tab', 'Enter']) await view.page.keyboard.press(key);
      await view.frame.getByText(PROMPT).waitFor();
    });

    test.each([
      [320, ['', '', '', '']],
      [600, ['Open', 'Save', 'Copy link', 'Full screen']],
    ])('at %i px they stand in one row beside the heading, with names in any case', async (width, labels) => {
      await view.open({ context: BOTH_MODES, width: `${width}px`, result: COMPLETED });
      const buttons = view.frame.locator('.caption button');
      await buttons.nth(3).waitFor();
      expect(await buttons.allInnerTexts()).toEqual(labels);
      const middles = await view.frame
        .locator('.caption :is(h1, button)')
        .evaluateAll((all) =>
          all.map((each) => each.getBoundingClientRect()).map(({ top, bottom }) => (top + bottom) / 2),
        );
      expect(Math.max(...middles) - Math.min(...middles)).toBeLessThan(3);
      for (const name of ['Open', 'Save', 'Copy link', 'Full screen'])
        expect(await view.frame.getByRole('button', { name, exact: true }).count()).toBe(1);
    });
  });

  describe('media that does not load', () => {
    test('is looked up once more, since its address may have expired', async () => {
      await view.open({ callTool: () => COMPLETED, result: resultOf(completedTask({ video_url: GONE })) });
      await view.frame.locator(`video[src="${VIDEO}"]`).waitFor();
      expect(view.calls).toEqual([{ name: 'kling_get_task', arguments: { task_id: ID, wait_seconds: 0 } }]);
      await press('Open');
      await view.until(() => view.asked.length === 1);
      expect(view.asked[0]?.params).toEqual({ url: VIDEO });
    });

    test('says so when that does not help, keeps the link, and offers to look again', async () => {
      let url = GONE;
      await view.open({ callTool: () => resultOf(completedTask({ video_url: url })) });
      await view.result(resultOf(completedTask({ video_url: GONE })));
      await view.shows('Could not load the video');
      expect(await view.text()).toContain('The link may have expired.');
      expect(await view.frame.getByRole('button').allInnerTexts()).toEqual(['Look again']);
      expect(view.calls).toHaveLength(1);
      await view.frame.locator('figure a').click();
      await view.until(() => view.asked.length === 1);
      expect(view.asked).toEqual([{ kind: 'open-link', params: { url: GONE } }]);
      url = VIDEO;
      await press('Look again');
      await view.shows('Video ready');
      expect(await view.playFirstVideo()).toBe(640);
    });

    test("that the host's policy blocks can be opened, without any lookup", async () => {
      const url = 'https://elsewhere.example/video.webm';
      await view.open({ files: { [url]: { body: CLIP, type: 'video/webm' } } });
      const other_media = [{ kind: 'image', url: `${url}.png` }];
      await view.result(resultOf(completedTask({ video_url: url, other_media })));
      await view.shows('This app cannot play it here. Open it instead.');
      await view.shows('This app cannot show it here. Open it instead.');
      expect(await view.text()).toContain('Video ready');
      await press('Open');
      await view.until(() => view.asked.length === 1);
      expect([...view.loads, ...view.calls]).toEqual([]);
    });

    test('of a batch is looked up in one call, which waits for its turn', async () => {
      const gone = (task_id: string) => completedTask({ task_id, video_url: `${CDN}/gone-${task_id}.webm` });
      const [answer, answered] = view.later();
      const done = (...ids: string[]) => batch(ids.map((task_id) => completedTask({ task_id })));
      await view.open({ answers: [answered, done('b', 'a')] });
      const tasks = [gone('a'), gone('b'), pendingTask(60, { task_id: 'c' })];
      await view.result(batch(tasks), { task_ids: ['a', 'b', 'c'] });
      await view.until(() => view.calls.length === 1 && view.loads.length === 2);
      const errors = () =>
        view.frame.locator('video').evaluateAll((all) => all.map((video) => (video as HTMLVideoElement).error?.code));
      await expect.poll(errors).toEqual([4, 4]);
      await view.pass(10);
      answer(done('c'));
      await view.frame.locator(`video[src="${VIDEO}"]`).nth(2).waitFor();
      expect(view.calls.map((call) => call.arguments.task_ids)).toEqual([['c'], expect.arrayContaining(['a', 'b'])]);
      expect(view.mostOpenCalls).toBe(1);
    });

    test('of a task that was looked up once is not looked up again by itself', async () => {
      await view.open({
        callTool: (_, index) => batch([completedTask({ task_id: 'a', video_url: `${CDN}/gone-${index}.webm` })]),
      });
      const tasks = [completedTask({ task_id: 'a', video_url: GONE }), completedTask({ task_id: 'b' })];
      await view.result(batch(tasks), { task_ids: ['a', 'b'] });
      await view.shows('Could not load the video. The link may have expired.');
      expect(await view.callsAfter(10)).toBe(1);
    });
  });

  describe('the look', () => {
    test("follows the host's theme, colours and fonts, and changes at run time", async () => {
      const variables = {
        '--color-background-primary': 'light-dark(rgb(250, 249, 245), rgb(38, 38, 36))',
        '--font-sans': 'Georgia',
      };
      const css = { fonts: '@font-face { font-family: "Host Sans"; src: local("Arial") }' };
      await view.open({ context: { theme: 'light', styles: { variables, css } }, result: COMPLETED });
      expect(await styleOf('html', 'backgroundColor')).toBe('rgb(250, 249, 245)');
      expect(await styleOf('body', 'fontFamily')).toBe('Georgia');
      expect(await view.frame.evaluate(() => [...document.fonts].map(({ family }) => family))).toEqual(['Host Sans']);
      const video = await view.frame.locator('video').elementHandle();
      await view.context({ theme: 'dark' });
      await view.frame.waitForFunction(() => getComputedStyle(document.documentElement).colorScheme === 'dark');
      expect(await styleOf('html', 'backgroundColor')).toBe('rgb(38, 38, 36)');
      expect(await styleOf('h1', 'color')).toBe('rgb(242, 241, 238)');
      // What plays goes on.
      expect(await video?.evaluate((element) => element.isConnected)).toBe(true);
    });

    test('follows the system where the host names no theme, and keeps still where that is asked for', async () => {
      await view.open({ context: {}, media: { colorScheme: 'dark', reducedMotion: 'reduce' } });
      expect(await styleOf('html', 'backgroundColor')).toBe('rgb(33, 33, 33)');
      expect(await styleOf('.spinner', 'animationName')).toBe('none');
    });

    test("writes dates and numbers in the host's locale and time zone, also when they change", async () => {
      await view.open({ context: { locale: 'de-DE', timeZone: 'Asia/Tokyo' }, result: COMPLETED });
      await view.shows('5,1 Sek. · took 5 Min. 17 Sek. · 03.03.2025, 11:44');
      await view.context({ locale: 'fr-FR', timeZone: 'UTC' });
      await view.shows('3 mars 2025, 02:44');
      await view.context({ locale: 'no such locale', timeZone: 'Nowhere/Land' });
      await view.shows('2025');
      await view.context({ locale: 'ar-EG', timeZone: 'UTC' });
      await view.shows(/[٠-٩]{4}/);
    });

    test('tells the host its height, so that nothing is cut off', async () => {
      await view.open({ result: resultOf(failedTask()) });
      await view.frame.waitForFunction(() => document.documentElement.scrollHeight <= window.innerHeight);
      const last = view.messages.filter(({ method }) => method === 'ui/notifications/size-changed').at(-1);
      const height = await view.frame.evaluate(() => document.documentElement.getBoundingClientRect().height);
      expect(last?.params).toMatchObject({ height: Math.ceil(height) });
    });

    test('keeps free edges free, and tells no size in full screen', async () => {
      const safeAreaInsets = { top: 40, right: 0, bottom: 0, left: 0 };
      await view.open({ context: { displayMode: 'fullscreen', safeAreaInsets }, result: COMPLETED });
      expect(await view.frame.locator('main').evaluate((main) => main.getBoundingClientRect().top)).toBe(56);
      expect(view.messages.map(({ method }) => method)).not.toContain('ui/notifications/size-changed');
    });
  });

  describe('in any state', () => {
    const words = 'word '.repeat(90);
    const completed = (fields: Json) => resultOf(completedTask(fields));
    const many = [
      completedTask({ task_id: 'a', other_media: [{ kind: 'file', url: `${CDN}/${'z'.repeat(300)}` }] }),
      pendingTask(5, { task_id: 'b', request: { prompt: 'p'.repeat(80) } }),
      failedTask({ task_id: 'c'.repeat(128) }),
      pendingTask(4000, { task_id: 'd' }),
      completedTask({ task_id: 'v', video_url: undefined, output: { voice_id: 'v'.repeat(60) } }),
    ];
    const rest = {
      not_found: ['d'.repeat(128)],
      lookup_errors: [{ task_ids: ['e'.repeat(128)], code: 'api_error', message: words }],
      not_shown: ['f'],
    };
    /** By what each is known. */
    const RESULTS: Record<string, Json> = {
      'Making your': resultOf(pendingTask()),
      'Still not finished': resultOf(pendingTask(4000)),
      'Video ready': completed({ left_out: 2 }),
      'Could not load': completed({ video_url: `${GONE}?${'s'.repeat(800)}` }),
      'This app cannot': completed({ video_url: 'https://elsewhere.example/v' }),
      'refused by': resultOf(failedTask()),
      '{"code"': resultOf(failedTask({ error: { code: 'x'.repeat(64), message: `{"code":"${'y'.repeat(200)}"}` } })),
      'Voice ready': completed({ type: 'voices', video_url: undefined, output: { voice_id: 'v-17' } }),
      'Result ready': completed({ video_url: undefined, output: { a: { b: words } } }),
      'No connection': errorResult(`[network_error] ${words}`),
      'Nothing to show': { content: [] },
      '2 of 8': batch(many, rest),
    };
    const walk = async (options: ViewOptions, visit: () => Promise<unknown>, script = '') => {
      await view.open({ callTool: () => errorResult('[network_error] No connection.'), ...options });
      await view.frame.evaluate(script);
      await view.input({ task_id: 'first' });
      await view.shows('Waiting for your video');
      expect(await visit()).toEqual([]);
      for (const [text, result] of Object.entries(RESULTS)) {
        await view.result(result, { task_id: text });
        await view.shows(text);
        expect([text, await visit()]).toEqual([text, []]);
      }
      await view.input({ task_id: 'last' });
      await view.cancelled();
      await view.shows('Stopped waiting');
      expect(await visit()).toEqual([]);
    };

    test.each([280, 480, 1600])('it fits a width of %i px', async (width) => {
      const options = { width: `${width}px`, viewport: { width: width + 40, height: 900 }, context: BOTH_MODES };
      await walk(options, () =>
        view.frame.evaluate(() => {
          const { scrollWidth, clientWidth } = document.documentElement;
          return scrollWidth === clientWidth ? [] : [scrollWidth];
        }),
      );
    });

    test.each(['light', 'dark'])('axe-core finds nothing, %s', async (theme) => {
      const visit = () =>
        view.frame.evaluate(async () => {
          const { axe } = window as unknown as { axe: { run(): Promise<AxeResults> } };
          const { violations } = await axe.run();
          return violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);
        });
      await walk({ context: { ...BOTH_MODES, theme } }, visit, AXE);
    });
  });
});
