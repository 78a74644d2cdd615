import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
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
  VIDEO,
} from './support/tasks.js';
import { CLIP, ViewHost, type ViewOptions } from './support/view-host.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const NEVER = () => new Promise(() => {});
const GONE = `${CDN}/gone.webm`;
const colourOf = (view: ViewHost, selector: string, property: 'color' | 'backgroundColor') =>
  view.frame
    .locator(selector)
    .first()
    .evaluate((element, name) => getComputedStyle(element)[name], property);

describe.skipIf(!browserPath)('the view and its host', () => {
  let browser: Browser;
  let view: ViewHost;
  const open = async (options: ViewOptions = {}) => {
    view = await ViewHost.open(browser, { callTool: NEVER, ...options });
    return view;
  };

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterEach(() => view?.close());
  afterAll(() => browser?.close());

  describe('buttons', () => {
    test('open and save go through the host, full screen too', async () => {
      await open({ context: { availableDisplayModes: ['inline', 'fullscreen'] } });
      await view.result(resultOf(completedTask()));
      await view.frame.getByRole('button', { name: 'Open' }).click();
      await view.frame.getByRole('button', { name: 'Save' }).click();
      await view.frame.getByRole('button', { name: 'Full screen' }).click();
      await view.frame.getByRole('button', { name: 'Leave full screen' }).click();
      await view.frame.getByRole('button', { name: 'Full screen', exact: true }).waitFor();
      expect(view.asked).toEqual([
        { kind: 'open-link', params: { url: VIDEO } },
        { kind: 'download-file', params: { contents: [{ type: 'resource_link', uri: VIDEO, name: 'clip.webm' }] } },
        { kind: 'request-display-mode', params: { mode: 'fullscreen' } },
        { kind: 'request-display-mode', params: { mode: 'inline' } },
      ]);
    });

    test('a host without any capability: only what needs none', async () => {
      await open({ capabilities: {}, context: {} });
      await view.result(resultOf(completedTask()));
      await view.state('completed');
      expect(await view.frame.locator('button').allInnerTexts()).toEqual(['Copy link']);
      expect(view.asked).toEqual([]);
    });

    test('where nothing may be copied, the text stands there, selected', async () => {
      await open();
      await view.result(resultOf(completedTask()));
      await view.state('completed');
      await view.frame.evaluate(() => {
        document.execCommand = () => false;
      });
      await view.frame.getByRole('button', { name: 'Copy link' }).click();
      const field = view.frame.locator('textarea');
      await field.waitFor();
      expect(
        await field.evaluate((area: HTMLTextAreaElement) => area.value.slice(area.selectionStart, area.selectionEnd)),
      ).toBe(VIDEO);
    });

    test('of two buttons each keeps its text to copy by hand, once', async () => {
      await open();
      await view.result(resultOf(completedTask({ other_media: [{ kind: 'file', url: `${CDN}/model.glb` }] })));
      await view.state('completed');
      await view.frame.evaluate(() => {
        document.execCommand = () => false;
      });
      const buttons = view.frame.getByRole('button', { name: 'Copy link' });
      for (const index of [0, 1, 0]) await buttons.nth(index).click();
      const texts = await view.frame
        .locator('textarea')
        .evaluateAll((areas) => areas.map((area) => (area as HTMLTextAreaElement).value));
      expect(texts).toEqual([VIDEO, `${CDN}/model.glb`]);
    });

    test('what the host refuses is told beside them, once, and they keep their names', async () => {
      await open({ refuses: true });
      await view.result(resultOf(completedTask()));
      await view.state('completed');
      const before = await view.frame.locator('button').allInnerTexts();
      for (const name of ['Open', 'Open', 'Save']) await view.frame.getByRole('button', { name }).click();
      await view.until(() => view.asked.length === 3);
      await view.frame.locator('.actions').getByText('The host refused.').waitFor();
      expect(await view.frame.locator('[role=status]').textContent()).toBe('The host refused.');
      expect(await view.frame.locator('.refused').count()).toBe(1);
      expect(await view.frame.locator('button').allInnerTexts()).toEqual(before);
    });

    test('a refusal in the header of a batch is announced once', async () => {
      await open({ refuses: true, clock: true, context: { availableDisplayModes: ['inline', 'fullscreen'] } });
      await view.result(resultOf(batchOf([pendingTask(60, { task_id: 'a' })])), { task_ids: ['a'] });
      await view.frame.getByRole('button', { name: 'Full screen' }).click();
      await view.frame.locator('header .refused').waitFor();
      // The page draws anew every second.
      await view.page.clock.runFor(3000);
      expect(await view.frame.locator('[role=status]').textContent()).toBe('The host refused.');
    });

    test('all can be reached and used with the keyboard', async () => {
      await open();
      await view.result(resultOf(completedTask()));
      await view.state('completed');
      const open_ = view.frame.getByRole('button', { name: 'Open' });
      await open_.focus();
      expect(
        await open_.evaluate((element) => element.matches(':focus-visible') && getComputedStyle(element).outlineStyle),
      ).toBe('solid');
      await view.page.keyboard.press('Enter');
      await view.until(() => view.asked.length === 1);
      await view.page.keyboard.press('Tab');
      await view.page.keyboard.press('Tab');
      await view.page.keyboard.press('Tab');
      await view.page.keyboard.press('Enter');
      await view.frame.getByText(PROMPT).waitFor();
    });
  });

  describe('media that does not load', () => {
    test('is looked up once more, since its address may have expired', async () => {
      await open({ callTool: () => resultOf(completedTask()) });
      await view.result(resultOf(completedTask({ video_url: GONE })));
      await view.frame.locator(`video[src="${VIDEO}"]`).waitFor();
      expect(view.calls).toEqual([{ name: 'kling_get_task', arguments: { task_id: ID, wait_seconds: 0 } }]);
      await view.frame.getByRole('button', { name: 'Open' }).click();
      await view.until(() => view.asked.length === 1);
      expect(view.asked[0]?.params).toEqual({ url: VIDEO });
    });

    test('becomes a link with one plain sentence when that does not help', async () => {
      await open({ callTool: () => resultOf(completedTask({ video_url: GONE })) });
      await view.result(resultOf(completedTask({ video_url: GONE })));
      const link = view.frame.locator('figure a');
      await link.waitFor();
      expect(await view.frame.locator('figure').innerText()).toBe(
        `It could not be loaded; its link may have expired:\n\n${GONE}`,
      );
      expect(view.calls).toHaveLength(1);
      expect(view.loads).toEqual([GONE, GONE]);
      await link.click();
      await view.until(() => view.asked.length === 1);
      expect(view.asked).toEqual([{ kind: 'open-link', params: { url: GONE } }]);
    });

    test("that the host's policy blocks becomes a link, without any lookup", async () => {
      const url = 'https://elsewhere.example/video.webm';
      await open({ files: { [url]: { body: CLIP, type: 'video/webm' } } });
      await view.result(
        resultOf(completedTask({ video_url: url, other_media: [{ kind: 'image', url: `${url}.png` }] })),
      );
      await view.frame.locator('figure a').nth(1).waitFor();
      expect(await view.frame.locator('figure').first().innerText()).toContain(
        'This host does not load files from there',
      );
      expect(view.loads).toEqual([]);
      expect(view.calls).toEqual([]);
    });

    test('of a batch is looked up in one call', async () => {
      const gone = (id: string) => completedTask({ task_id: id, video_url: `${CDN}/${id}.webm` });
      await open({
        callTool: () => resultOf(batchOf([completedTask({ task_id: 'b' }), completedTask({ task_id: 'a' })])),
      });
      await view.result(resultOf(batchOf([gone('a'), gone('b')])), { task_ids: ['a', 'b'] });
      await view.frame.locator(`video[src="${VIDEO}"]`).nth(1).waitFor();
      const ids = view.calls.flatMap((call) => call.arguments.task_ids);
      expect(ids.sort()).toEqual(['a', 'b']);
      expect(view.mostOpenCalls).toBe(1);
    });
  });

  describe('the look', () => {
    test("follows the host's theme, colours and fonts, and changes at run time", async () => {
      await open({
        context: {
          theme: 'light',
          styles: {
            variables: {
              '--color-background-primary': 'light-dark(rgb(250, 249, 245), rgb(38, 38, 36))',
              '--font-sans': 'Georgia',
            },
            css: { fonts: '@font-face { font-family: "Host Sans"; src: local("Arial") }' },
          },
        },
      });
      await view.result(resultOf(completedTask()));
      await view.state('completed');
      expect(await colourOf(view, 'html', 'backgroundColor')).toBe('rgb(250, 249, 245)');
      expect(await view.frame.evaluate(() => getComputedStyle(document.body).fontFamily)).toBe('Georgia');
      expect(await view.frame.evaluate(() => [...document.fonts].map(({ family }) => family))).toEqual(['Host Sans']);
      const video = await view.frame.locator('video').elementHandle();
      await view.context({ theme: 'dark' });
      await view.frame.waitForFunction(() => getComputedStyle(document.documentElement).colorScheme === 'dark');
      expect(await colourOf(view, 'html', 'backgroundColor')).toBe('rgb(38, 38, 36)');
      expect(await colourOf(view, 'h1', 'color')).toBe('rgb(242, 241, 238)');
      // What plays goes on.
      expect(await video?.evaluate((element) => element.isConnected)).toBe(true);
    });

    test('follows the system where the host names no theme', async () => {
      await open({ context: {}, browserContext: { colorScheme: 'dark' } });
      expect(await colourOf(view, 'html', 'backgroundColor')).toBe('rgb(33, 33, 33)');
    });

    test("writes dates and numbers in the host's locale and time zone, also when they change", async () => {
      await open({ context: { locale: 'de-DE', timeZone: 'Asia/Tokyo' } });
      await view.result(resultOf(completedTask()));
      await view.frame.getByText('5,1 Sek. · took 5 Min. 17 Sek. · 03.03.2025, 11:44').waitFor();
      await view.context({ locale: 'fr-FR', timeZone: 'UTC' });
      await view.frame.getByText('3 mars 2025, 02:44').waitFor();
      await view.context({ locale: 'no such locale', timeZone: 'Nowhere/Land' });
      await view.frame.getByText('2025').waitFor();
    });

    test('stands right to left where the host does, with English sentences from left to right', async () => {
      await open({ context: { locale: 'ar-EG' }, callTool: NEVER });
      await view.result(resultOf(pendingTask()));
      await view.state('pending');
      expect(await view.frame.locator('html').getAttribute('dir')).toBe('rtl');
      const places = await view.frame.evaluate(() => {
        const left = (selector: string) => document.querySelector(selector)?.getBoundingClientRect().left ?? 0;
        return { clock: left('.clock'), spinner: left('.spinner') };
      });
      expect(places.clock).toBeLessThan(places.spinner);
      const { unicodeBidi, textAlign } = await view.frame.locator('.note').evaluate((note) => {
        const style = getComputedStyle(note);
        return { unicodeBidi: style.unicodeBidi, textAlign: style.textAlign };
      });
      expect({ unicodeBidi, textAlign }).toEqual({ unicodeBidi: 'plaintext', textAlign: 'right' });
      expect(await view.frame.locator('.clock').innerText()).toMatch(/^[٠-٩]+:[٠-٩]{2}$/);
    });

    test('keeps each fact in its place between those that read from right to left', async () => {
      await open({ context: { locale: 'he-IL', timeZone: 'UTC' } });
      await view.result(resultOf(completedTask()));
      await view.state('completed');
      const parts = view.frame.locator('.facts > bdi');
      expect(await parts.allInnerTexts()).toEqual([
        'kling-v2-master',
        expect.stringMatching(/^5.1/),
        expect.stringMatching(/^took 5.* 17/),
        expect.stringContaining('2025'),
      ]);
      const sides = await parts.evaluateAll((all) =>
        all.map((part) => {
          const { left, right } = part.getBoundingClientRect();
          return { left, right };
        }),
      );
      for (const [index, { left }] of sides.entries()) {
        if (index > 0) expect(left).toBeGreaterThan(sides[index - 1]?.right ?? 0);
      }
    });

    test('at 280 px, the button for full screen leaves a batch its width', async () => {
      await open({ width: '280px', context: { availableDisplayModes: ['inline', 'fullscreen'] } });
      await view.result(resultOf(batchOf([pendingTask(5, { task_id: 'a' })])), { task_ids: ['a'] });
      await view.state('batch');
      const widthOf = (selector: string) =>
        view.frame.locator(selector).evaluate((element) => element.getBoundingClientRect().width);
      expect(await widthOf('header .texts')).toBe(await widthOf('header'));
    });

    test.each([280, 720, 1600])('fits a width of %i px, in every state', async (width) => {
      await open({ width: `${width}px`, browserContext: { viewport: { width: width + 40, height: 900 } } });
      const many = [
        completedTask({ task_id: 'a' }),
        pendingTask(5, { task_id: 'b' }),
        failedTask({ task_id: 'c'.repeat(128) }),
      ];
      const long = 'word '.repeat(90);
      const results = {
        pending: resultOf(pendingTask(4000)),
        failed: resultOf(failedTask({ error: { code: 'x'.repeat(64), message: `No ${'y'.repeat(200)}` } })),
        completed: resultOf(completedTask({ other_media: [{ kind: 'file', url: `${CDN}/${'z'.repeat(300)}` }] })),
        batch: resultOf(batchOf(many, { not_found: ['d'.repeat(128)] })),
        error: errorResult(`[api_error] ${long}`),
      };
      for (const [state, result] of Object.entries(results)) {
        await view.result(result, { task_id: state });
        await view.state(state);
        const { inner, outer } = await view.frame.evaluate(() => ({
          inner: document.documentElement.scrollWidth,
          outer: document.documentElement.clientWidth,
        }));
        expect([state, inner]).toEqual([state, outer]);
      }
    });

    test('tells the host its height, so that nothing is cut off', async () => {
      await open();
      await view.result(resultOf(failedTask()));
      await view.state('failed');
      const isWhole = () => document.documentElement.scrollHeight <= window.innerHeight;
      await view.frame.waitForFunction(isWhole);
      const last = view.messages.filter(({ method }) => method === 'ui/notifications/size-changed').at(-1);
      const height = await view.frame.evaluate(() => document.documentElement.getBoundingClientRect().height);
      expect(last?.params).toMatchObject({ height: Math.ceil(height) });
    });

    test('uses the height of the screen in full screen, and keeps free edges free', async () => {
      await open({ context: { displayMode: 'fullscreen', safeAreaInsets: { top: 40, right: 0, bottom: 0, left: 0 } } });
      await view.page.evaluate(() => {
        const frame = document.querySelector('iframe');
        if (frame) frame.style.height = '860px';
      });
      await view.result(resultOf(completedTask({ request: {} })));
      await view.state('completed');
      expect(await view.frame.locator('main').evaluate((main) => main.getBoundingClientRect().top)).toBe(56);
      expect(
        view.messages.filter(
          ({ method, params }) => method === 'ui/notifications/size-changed' && Object(params).height > 500,
        ),
      ).toEqual([]);
    });

    test('keeps still for those who want less motion', async () => {
      await open({ browserContext: { reducedMotion: 'reduce' } });
      await view.result(resultOf(pendingTask()));
      expect(await view.frame.locator('.spinner').evaluate((spinner) => getComputedStyle(spinner).animationName)).toBe(
        'none',
      );
    });
  });

  test('a batch of 100: all in order, and only what is in view loads', async () => {
    const tasks = Array.from({ length: 100 }, (_, index) =>
      index % 10 === 9
        ? failedTask({ task_id: `t-${index}` })
        : completedTask({ task_id: `t-${index}`, video_url: `${CDN}/${index}.webm` }),
    );
    const files = Object.fromEntries(
      tasks.map((_, index) => [`${CDN}/${index}.webm`, { body: CLIP, type: 'video/webm' }]),
    );
    await open({ files });
    await view.result(resultOf(batchOf(tasks)), { task_ids: tasks.map(({ task_id }) => task_id) });
    await view.frame.getByText('90 of 100 ready').first().waitFor();
    expect(await view.frame.locator('.tile .code').allInnerTexts()).toEqual(tasks.map(({ task_id }) => task_id));
    await view.until(() => view.loads.length > 0);
    expect(await view.frame.locator('video[preload=metadata]').count()).toBeLessThan(50);
    const last = view.frame.locator('video').last();
    await last.scrollIntoViewIfNeeded();
    await view.until(() => view.loads.includes(`${CDN}/98.webm`));
  });

  describe('axe-core finds nothing', () => {
    const many = [completedTask({ task_id: 'a' }), pendingTask(5, { task_id: 'b' }), failedTask({ task_id: 'c' })];
    const states: Record<string, (view: ViewHost) => Promise<unknown>> = {
      nothing: (view) => view.input({ task_id: ID }),
      pending: (view) => view.result(resultOf(pendingTask(4000))),
      completed: (view) =>
        view.result(
          resultOf(completedTask({ output: { voice_id: 'v' }, other_media: [{ kind: 'video', url: GONE }] })),
        ),
      failed: (view) => view.result(resultOf(failedTask())),
      error: (view) => view.result(errorResult('[network_error] It could not be reached.'), { task_id: 'other' }),
      cancelled: (view) => view.cancelled('Stopped.'),
      batch: (view) =>
        view.result(
          resultOf(batchOf(many, { not_found: ['d'], lookup_errors: [{ task_ids: ['e'], message: 'No.' }] })),
        ),
      closed: async (view) => {
        await view.result(resultOf(pendingTask()));
        await view.teardown();
      },
    };

    test.each(['light', 'dark'] as const)('in any state, %s', async (theme) => {
      await open({
        context: { theme, availableDisplayModes: ['inline', 'fullscreen'] },
        browserContext: { bypassCSP: false },
      });
      await view.frame.evaluate(AXE);
      for (const [state, show] of Object.entries(states)) {
        await show(view);
        await view.state(state);
        const { violations } = await axe(view);
        expect(violations.map(({ id, nodes }) => [state, id, nodes.map(({ html }) => html)])).toEqual([]);
      }
    });
  });
});

async function axe(view: ViewHost): Promise<Pick<AxeResults, 'violations'>> {
  return view.frame.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<AxeResults> } };
    const { violations } = await axe.run();
    return { violations: JSON.parse(JSON.stringify(violations)) };
  });
}
