import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { browserPath, launchBrowser } from './support/browser.js';
import { batchOf, CDN, completedTask, errorResult, failedTask, pendingTask, resultOf } from './support/tasks.js';
import { CLIP, ViewHost, type ViewOptions } from './support/view-host.js';

const NEVER = () => new Promise(() => {});
const pending = (task_id: string) => pendingTask(60, { task_id });
const done = (task_id: string, fields = {}) => completedTask({ task_id, ...fields });

describe.skipIf(!browserPath)("a host that passes on the results of the view's own calls", () => {
  let browser: Browser;
  let view: ViewHost;
  const open = async (options: ViewOptions) => {
    view = await ViewHost.open(browser, options);
    return view;
  };
  const mark = () =>
    view.frame
      .locator('video')
      .first()
      .evaluate((video) => video.setAttribute('data-first', ''));
  const isMarked = async () => (await view.frame.locator('video[data-first]').count()) === 1;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterEach(() => view?.close());
  afterAll(() => browser?.close());

  test('after the answer: a batch keeps its other tasks', async () => {
    await open({ callTool: () => resultOf(batchOf([done('c')])) });
    await view.result(resultOf(batchOf([done('a'), failedTask({ task_id: 'b' }), pending('c')])), {
      task_ids: ['a', 'b', 'c'],
    });
    await view.frame.getByText('2 of 3 ready').first().waitFor();
    for (const call of view.calls) await view.result(resultOf(batchOf([done('c')])), call.arguments);
    expect(await view.frame.locator('.tile .facts.code').allInnerTexts()).toEqual(['a', 'b', 'c']);
    // Another question of the host still takes its place.
    await view.result(resultOf(batchOf([done('d')])), { task_ids: ['d'] });
    await view.frame.getByText('1 of 1 ready').first().waitFor();
  });

  test('of a lookup of an expired address: a batch keeps its other tasks', async () => {
    const own = (id: string) => done(id, { video_url: `${CDN}/${id}.webm` });
    await open({
      callTool: () => resultOf(batchOf([done('a')])),
      files: { [`${CDN}/b.webm`]: { body: CLIP, type: 'video/webm' } },
    });
    await view.result(resultOf(batchOf([own('a'), own('b')])), { task_ids: ['a', 'b'] });
    await view.frame.locator('video[src$="/clip.webm"]').waitFor();
    await view.result(resultOf(batchOf([done('a')])), view.calls[0]?.arguments);
    expect(await view.frame.locator('.tile .facts.code').allInnerTexts()).toEqual(['a', 'b']);
  });

  test('after the answer, without the request: facts and prompt stay, and the video is not replaced', async () => {
    const answer = resultOf(completedTask({ request: undefined }));
    await open({ callTool: () => answer });
    await view.result(resultOf(pendingTask()));
    await view.state('completed');
    await mark();
    await view.result(answer, view.calls[0]?.arguments);
    expect(await view.text()).toContain('kling-v2-master');
    expect(await view.frame.locator('summary').count()).toBe(1);
    expect(await isMarked()).toBe(true);
  });

  test('an answer that comes late does not undo the outcome', async () => {
    await open({ callTool: () => resultOf(completedTask()) });
    await view.result(resultOf(pendingTask()));
    await view.state('completed');
    await mark();
    await view.result(resultOf(pendingTask(80)), view.calls[0]?.arguments);
    expect(await isMarked()).toBe(true);
    expect(view.calls).toHaveLength(1);
  });

  test('a passing fault is told in the pending card until the next answer, and the following goes on', async () => {
    const fault = errorResult('[too_many_requests] Too many requests.');
    const answers = [fault, resultOf(pendingTask(100)), resultOf(completedTask())];
    await open({
      clock: true,
      callTool: async (call, index) => {
        const answer = answers[index] ?? {};
        await view.result(answer, call.arguments);
        return answer;
      },
    });
    const passUntilCalled = async (count: number) => {
      for (let steps = 0; view.calls.length < count && steps < 20; steps++) await view.page.clock.runFor(2000);
      await view.until(() => view.calls.length >= count);
    };
    await view.result(resultOf(pendingTask()));
    await view.frame.getByText('This view looks again soon. Too many requests.').first().waitFor();
    expect(await view.text()).toContain('Making your video');
    await passUntilCalled(2);
    await view.frame.getByText('Most take 1 to 5 minutes. This view keeps itself up to date.').first().waitFor();
    await passUntilCalled(3);
    await view.state('completed');
  });

  test('an error that has ended the following starts nothing anew when it is passed on late', async () => {
    const error = errorResult('[invalid_token] The API refused the token.');
    await open({ clock: true, callTool: () => error });
    await view.result(resultOf(pendingTask()));
    const note = view.frame.getByText('This view no longer follows it. The API refused the token.').first();
    await note.waitFor();
    await view.result(error, view.calls[0]?.arguments);
    await view.page.clock.runFor(120_000);
    await note.waitFor();
    expect(view.calls).toHaveLength(1);
  });

  test('of a lookup whose address fails too: a batch looks its video up no second time', async () => {
    const fails = (index: number) => done('a', { video_url: `${CDN}/gone-${index}.webm` });
    await open({
      callTool: async (call, index) => {
        const result = resultOf(batchOf([fails(index + 1)]));
        await view.result(result, call.arguments);
        return result;
      },
    });
    await view.result(resultOf(batchOf([fails(0), done('b')])), { task_ids: ['a', 'b'] });
    await view.frame.getByText('its link may have expired').waitFor();
    // Long enough for another lookup, if there were one.
    await view.frame.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
    expect(view.calls).toHaveLength(1);
  });

  test('of a lookup of an expired address: the video of a batch plays on', async () => {
    const result = resultOf(batchOf([done('a')]));
    await open({ callTool: () => result });
    await view.result(resultOf(batchOf([done('a', { video_url: `${CDN}/gone.webm` })])), { task_ids: ['a'] });
    await view.frame.locator('video[src$="/clip.webm"]').waitFor();
    await mark();
    await view.result(result, view.calls[0]?.arguments);
    // What comes later has arrived too.
    await view.context({ theme: 'dark' });
    await view.frame.waitForFunction(() => getComputedStyle(document.documentElement).colorScheme === 'dark');
    expect(await isMarked()).toBe(true);
  });

  test('arguments that come after their result: a batch keeps its other tasks, and the model is told', async () => {
    const answers = [batchOf([pending('c')]), batchOf([done('c')])].map(resultOf);
    await open({
      clock: true,
      callTool: async (_, index) => {
        await view.onlyResult(answers[index] ?? {});
        return answers[index];
      },
    });
    await view.onlyResult(resultOf(batchOf([done('a'), done('b'), pending('c')])));
    await view.until(() => view.calls.length === 1);
    await view.input({ task_ids: ['a', 'b', 'c'] });
    for (let steps = 0; view.calls.length < 2 && steps < 20; steps++) await view.page.clock.runFor(2000);
    await view.frame.getByText('3 of 3 ready').first().waitFor();
    await view.until(() => view.asked.length === 1);
  });

  test('a batch that is pending is waited for after the first look', async () => {
    await open({
      clock: true,
      callTool: async (call, index) => {
        if (index === 2) return NEVER();
        const result = resultOf(batchOf([pending('a'), pending('b')]));
        // Most hosts answer first.
        setTimeout(() => view.result(result, call.arguments));
        return result;
      },
    });
    await view.result(resultOf(batchOf([pending('a'), pending('b')])), { task_ids: ['a', 'b'] });
    for (let steps = 0; view.calls.length < 3 && steps < 20; steps++) await view.page.clock.runFor(2000);
    expect(view.calls.map((call) => call.arguments.wait_seconds)).toEqual([0, 20, 20]);
  });

  test('another pending result in mid-wait: the next call begins when the first has ended', async () => {
    let answer: (result: unknown) => void = () => {};
    const first = new Promise((resolve) => {
      answer = resolve;
    });
    await open({ callTool: (_, index) => (index === 0 ? first : NEVER()) });
    await view.result(resultOf(pendingTask()));
    await view.until(() => view.calls.length === 1);
    await view.result(resultOf(pending('other')), { task_id: 'other' });
    await view.result(resultOf(pending('third')), { task_id: 'third' });
    expect(view.calls).toHaveLength(1);
    answer(resultOf(pendingTask(100)));
    await view.until(() => view.calls.length === 2);
    expect(view.calls[1]?.arguments.task_id).toBe('third');
    expect(view.mostOpenCalls).toBe(1);
  });
});
