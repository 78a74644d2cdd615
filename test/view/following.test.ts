import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { browserPath, launchBrowser } from './support/browser.js';
import { batchOf, completedTask, errorResult, failedTask, ID, pendingTask, resultOf } from './support/tasks.js';
import { ViewHost, type ViewOptions } from './support/view-host.js';

type Json = Record<string, unknown>;

const NEVER = () => new Promise(() => {});
const waitsOf = (view: ViewHost) => view.calls.map((call) => call.arguments.wait_seconds);
const WAITED = { request: undefined, poll_after_seconds: 1 };

describe.skipIf(!browserPath)('following a pending task', () => {
  let browser: Browser;
  let view: ViewHost;
  /** Opens it with a clock that the test moves. */
  const open = async (callTool: ViewOptions['callTool'], options: ViewOptions = {}) => {
    view = await ViewHost.open(browser, { clock: true, callTool: callTool ?? NEVER, ...options });
    return view;
  };
  const pass = (seconds: number) => view.page.clock.runFor(seconds * 1000);
  const called = (count: number) => view.until(() => view.calls.length >= count);
  /** Time goes on until so many calls have been made. */
  const passUntilCalled = async (count: number) => {
    for (let steps = 0; view.calls.length < count && steps < 40; steps++) await pass(4);
    await called(count);
  };
  /** Resolves once the view has made use of all answers so far. */
  const settle = () => view.frame.evaluate(() => new Promise((resolve) => queueMicrotask(() => resolve(0))));

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterEach(() => view?.close());
  afterAll(() => browser?.close());

  test('the wait ends in a video that plays, and the model is told once', async () => {
    const answers = [pendingTask(120, WAITED), completedTask()];
    await open((_, index) => resultOf(answers[index] ?? {}));
    await view.result(resultOf(pendingTask()));
    await passUntilCalled(2);
    await view.state('completed');
    expect(view.calls).toEqual([
      { name: 'kling_get_task', arguments: { task_id: ID, wait_seconds: 50 } },
      { name: 'kling_get_task', arguments: { task_id: ID, wait_seconds: 50 } },
    ]);
    const played = await view.frame.locator('video').evaluate(async (video: HTMLVideoElement) => {
      video.muted = true;
      await video.play();
      await new Promise<void>((resolve) => {
        video.ontimeupdate = () => video.currentTime > 0.2 && resolve();
      });
      return video.videoWidth;
    });
    expect(played).toBe(640);
    expect(view.loads).toContain('https://cdn.acedata.cloud/clip.webm');
    await view.until(() => view.asked.length === 1);
    expect(view.asked[0]).toMatchObject({
      kind: 'update-model-context',
      params: { content: [{ type: 'text', text: JSON.stringify({ result: completedTask() }) }] },
    });
    await pass(300);
    expect(view.asked).toHaveLength(1);
    expect(view.calls).toHaveLength(2);
    expect(view.mostOpenCalls).toBe(1);
  });

  test('a failure that its own wait brings is shown, and the model is told', async () => {
    await open(() => resultOf(failedTask()));
    await view.result(resultOf(pendingTask()));
    await view.state('failed');
    await view.until(() => view.asked.length === 1);
    expect(await view.frame.locator('[role=status]').textContent()).toContain('refused by the safety system');
  });

  test('an outcome that the host brought is not told to the model', async () => {
    await open(undefined);
    await view.result(resultOf(completedTask()));
    await view.state('completed');
    await pass(60);
    expect(view.asked).toEqual([]);
    expect(view.calls).toEqual([]);
  });

  test('a host that takes no text for the model is not given any', async () => {
    await open(() => resultOf(completedTask()), {
      capabilities: { serverTools: {}, updateModelContext: { image: {} } },
    });
    await view.result(resultOf(pendingTask()));
    await view.state('completed');
    await settle();
    expect(view.messages.map(({ method }) => method)).not.toContain('ui/update-model-context');
  });

  test('a host that lets no view call tools: asks nothing, and says that asking again refreshes it', async () => {
    await open(undefined, { capabilities: {} });
    await view.result(resultOf(pendingTask()));
    await view.state('pending');
    await pass(600);
    expect(await view.text()).toContain('Ask again to see how it is doing.');
    expect(view.messages.filter(({ method }) => method === 'tools/call')).toEqual([]);
    expect(await view.frame.locator('button').count()).toBe(0);
  });

  test('what it says of a task that it cannot look up changes with the age of the task', async () => {
    await open(undefined, { capabilities: {} });
    await view.result(resultOf(pendingTask(290)));
    await view.frame.getByText('Most take 1 to 5 minutes. Ask again').first().waitFor();
    await pass(20);
    await view.frame.getByText('this one takes longer').first().waitFor();
    await pass(60);
    await view.frame.getByText('It was running when last looked up.').first().waitFor();
    expect(await view.frame.locator('.spinner, .clock').count()).toBe(0);
  });

  test('a batch that it cannot look up is not said to run for longer than a minute', async () => {
    await open(undefined, { capabilities: {} });
    await view.result(resultOf(batchOf([pendingTask(60, { task_id: 'a' })])), { task_ids: ['a'] });
    await view.frame.getByText('Most take 1 to 5 minutes').first().waitFor();
    expect(await view.frame.locator('.tile .clock').count()).toBe(1);
    await pass(70);
    await view.frame.getByText('It was running when last looked up.').first().waitFor();
    await view.frame.getByText('Was running').first().waitFor();
    expect(await view.frame.locator('.clock').count()).toBe(0);
  });

  test('what was asked for is looked up first where the result lacks it, and kept when a wait leaves it out', async () => {
    const answers = [pendingTask(61), pendingTask(110, WAITED)];
    await open((_, index) => (answers[index] ? resultOf(answers[index]) : NEVER()));
    await view.result(resultOf(pendingTask(60, WAITED)));
    await view.frame.getByText('White ceramic coffee mug').first().waitFor();
    await passUntilCalled(3);
    expect(waitsOf(view)).toEqual([0, 50, 50]);
    expect(await view.text()).toContain('White ceramic coffee mug');
  });

  test('an old result, as of a conversation that is opened again, is looked up once before any wait', async () => {
    const now = Date.now();
    await open((_, index) => (index === 0 ? resultOf(pendingTask(400)) : NEVER()));
    // It was pending 84 s after it began, and that was five minutes ago.
    await view.result(resultOf(pendingTask(84, { created_at: new Date(now - 384_000).toISOString() })));
    await passUntilCalled(2);
    expect(waitsOf(view)).toEqual([0, 50]);
  });

  test('an old result shows the time since the task began', async () => {
    await open(undefined);
    await view.result(resultOf(pendingTask(84, { created_at: new Date(Date.now() - 3_600_000).toISOString() })));
    await view.state('pending');
    expect(await view.text()).toMatch(/1:00:0\d/);
  });

  test('30 minutes after the task began it stops, and says so; a look by hand starts it anew', async () => {
    let outcome: Json = pendingTask(29 * 60 + 58, WAITED);
    await open(() => resultOf(outcome));
    await view.result(resultOf(pendingTask(29 * 60 + 50)));
    await called(1);
    // It waits for what is left of the 30 minutes.
    expect(waitsOf(view)[0]).toBeLessThanOrEqual(10);
    await settle();
    await pass(10);
    await view.frame.getByText('over 30 minutes').first().waitFor();
    await pass(600);
    expect(view.calls).toHaveLength(1);
    outcome = completedTask();
    await view.frame.getByRole('button', { name: 'Look again' }).click();
    await view.state('completed');
    expect(waitsOf(view).at(-1)).toBe(0);
    // The button that had the focus is gone.
    expect(await view.frame.evaluate(() => document.activeElement?.tagName)).toBe('H1');
  });

  test('a hidden document makes no calls', async () => {
    await open((_, index) => (index === 0 ? resultOf(pendingTask(120, WAITED)) : NEVER()));
    await view.setHidden(true);
    await view.result(resultOf(pendingTask()));
    await view.state('pending');
    await pass(120);
    expect(view.calls).toEqual([]);
    await view.setHidden(false);
    await called(1);
    await view.setHidden(true);
    await pass(120);
    expect(view.calls).toHaveLength(1);
    await view.setHidden(false);
    await called(2);
    expect(view.mostOpenCalls).toBe(1);
  });

  test('a call that stands behind another one is measured when its turn comes', async () => {
    let answer: (result: Json) => void = () => {};
    const first = new Promise<Json>((resolve) => {
      answer = resolve;
    });
    await open((_, index) => (index === 0 ? first : NEVER()));
    await view.result(resultOf(pendingTask(60)));
    await called(1);
    await view.result(resultOf(pendingTask(60, { task_id: 'other' })), { task_id: 'other' });
    await view.setHidden(true);
    answer(resultOf(pendingTask(110)));
    await settle();
    await view.page.clock.fastForward(2 * 3_600_000);
    await view.setHidden(false);
    await called(2);
    // By then it has been running for more than 30 minutes: it is looked up once, without waiting.
    expect(view.calls[1]?.arguments).toEqual({ task_id: 'other', wait_seconds: 0 });
  });

  test('teardown in mid-wait cancels the call, and none follows', async () => {
    await open(NEVER);
    await view.result(resultOf(pendingTask()));
    await called(1);
    await view.teardown();
    await view.state('closed');
    const call = view.messages.find(({ method }) => method === 'tools/call');
    expect(view.messages).toContainEqual({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: call?.id, reason: 'called off' },
    });
    await pass(600);
    expect(view.calls).toHaveLength(1);
  });

  test('a pause follows the pace that the answer asks for', async () => {
    await open((_, index) =>
      index === 0 ? resultOf(pendingTask(90, { ...WAITED, poll_after_seconds: 20 })) : NEVER(),
    );
    await view.result(resultOf(pendingTask()));
    await called(1);
    await settle();
    await pass(18);
    expect(view.calls).toHaveLength(1);
    await pass(4);
    await called(2);
  });

  test('a handle of the protocol: asks without waiting from then on', async () => {
    const handle = { resultType: 'task', taskId: 'x', status: 'working', content: [] };
    const answers = [handle, resultOf(pendingTask(100)), resultOf(completedTask())];
    await open((_, index) => answers[index]);
    await view.result(resultOf(pendingTask()));
    await passUntilCalled(3);
    await view.state('completed');
    expect(waitsOf(view)).toEqual([50, 0, 0]);
  });

  test('a handle as the first result: asks what the host had asked', async () => {
    await open((_, index) => resultOf(index === 0 ? pendingTask(100) : completedTask()));
    await view.result(
      { resultType: 'task', taskId: 'x', status: 'working', content: [] },
      { task_id: ID, wait_seconds: 50 },
    );
    await passUntilCalled(2);
    await view.state('completed');
    expect(waitsOf(view)).toEqual([0, 0]);
  });

  test('a handle whose call is cancelled is followed no more', async () => {
    await open(NEVER);
    await view.result({ resultType: 'task', taskId: 'x', status: 'working', content: [] });
    await called(1);
    await view.cancelled('The user has cancelled it.');
    await view.frame.getByText('The lookup was cancelled').first().waitFor();
    await pass(300);
    expect(view.calls).toHaveLength(1);
  });

  test("a host's time-out counts as passing: shorter waits follow after a pause", async () => {
    await open((_, index) => {
      if (index < 2) throw new Error('Request timed out');
      return index === 2 ? resultOf(completedTask()) : NEVER();
    });
    await view.result(resultOf(pendingTask()));
    await called(1);
    await settle();
    await pass(3);
    expect(view.calls).toHaveLength(1);
    await passUntilCalled(3);
    await view.state('completed');
    expect(waitsOf(view)).toEqual([50, 25, 12]);
  });

  test('faults that do not pass end it after a while, with a way to go on', async () => {
    await open(() => errorResult('[network_error] The API could not be reached.'));
    await view.result(resultOf(pendingTask()));
    await passUntilCalled(6);
    await view.frame.getByText('This view no longer follows it. The API could not be reached.').first().waitFor();
    await pass(600);
    expect(view.calls).toHaveLength(6);
    expect(await view.frame.getByRole('button', { name: 'Look again' }).count()).toBe(1);
  });

  test('an error that repeating cannot mend ends it at once', async () => {
    await open(() => errorResult('[invalid_token] The API refused the token.'));
    await view.result(resultOf(pendingTask()));
    await view.frame.getByText('This view no longer follows it. The API refused the token.').first().waitFor();
    await pass(600);
    expect(view.calls).toHaveLength(1);
    expect(await view.text()).toContain('White ceramic coffee mug');
  });

  test('a host that never answers is given up, and its call cancelled', async () => {
    await open((_, index) => (index === 0 ? NEVER() : resultOf(completedTask())));
    await view.result(resultOf(pendingTask()));
    await called(1);
    await passUntilCalled(2);
    await view.state('completed');
    expect(view.messages.map(({ method }) => method)).toContain('notifications/cancelled');
  });

  test('a host that also passes on the results of these calls changes nothing', async () => {
    await open(async (_, index) => {
      const result = resultOf(index < 3 ? pendingTask(100, { ...WAITED, poll_after_seconds: 10 }) : completedTask());
      await view.result(result, { task_id: ID, wait_seconds: 50 });
      return result;
    });
    await view.result(resultOf(pendingTask()));
    await called(1);
    await settle();
    await pass(8);
    expect(view.calls).toHaveLength(1);
    await passUntilCalled(4);
    await view.state('completed');
    await view.until(() => view.asked.length === 1);
    await pass(60);
    expect(view.calls).toHaveLength(4);
    expect(view.asked).toHaveLength(1);
    expect(view.messages.map(({ method }) => method)).not.toContain('notifications/cancelled');
  });

  test('a batch: only pending ones are asked for again, and the grid keeps its order', async () => {
    const ids = ['a', 'b', 'c', 'd'];
    const pending = (id: string) => pendingTask(60, { task_id: id });
    const done = (id: string) => completedTask({ task_id: id });
    const answers = [batchOf([pending('c'), done('a')]), batchOf([done('c')])];
    await open((_, index) => resultOf(answers[index] ?? {}));
    const first = batchOf([pending('a'), done('b'), pending('c'), failedTask({ task_id: 'd' })], { not_found: ['e'] });
    await view.result(resultOf(first), { task_ids: [...ids, 'e'] });
    await passUntilCalled(2);
    await view.frame.getByText('3 of 5 ready').first().waitFor();
    expect(view.calls).toEqual([
      { name: 'kling_get_tasks_batch', arguments: { task_ids: ['a', 'c'], wait_seconds: 0 } },
      { name: 'kling_get_tasks_batch', arguments: { task_ids: ['c'], wait_seconds: 50 } },
    ]);
    expect(await view.frame.locator('.tile .code').allInnerTexts()).toEqual(ids);
    await view.until(() => view.asked.length === 1);
    const last = batchOf([done('a'), done('b'), done('c'), failedTask({ task_id: 'd' })], { not_found: ['e'] });
    expect(view.asked[0]).toMatchObject({ params: { content: [{ text: JSON.stringify({ result: last }) }] } });
  });

  test('a batch: an id whose lookup can never succeed is not asked for again, except by hand', async () => {
    const both = ['a', 'b'].map((task_id) => pendingTask(60, { task_id }));
    const done = (task_id: string) => completedTask({ task_id });
    const lookup_errors = [{ task_ids: ['b'], code: 'used_up', message: 'The balance is used up.' }];
    const answers = [batchOf(both, { lookup_errors }), batchOf([done('a')]), batchOf([done('b')])];
    await open((_, index) => resultOf(answers[index] ?? {}));
    await view.result(resultOf(batchOf(both)), { task_ids: ['a', 'b'] });
    await passUntilCalled(2);
    await view.frame.getByText('This view no longer follows it. The balance is used up.').first().waitFor();
    await pass(600);
    expect(view.calls.map((call) => call.arguments.task_ids)).toEqual([['a', 'b'], ['a']]);
    expect(await view.frame.locator('.tile .line').allInnerTexts()).toEqual([
      '1. 5.1 sec · took 5 min 17 sec',
      '2. Was running',
    ]);
    await view.frame.getByRole('button', { name: 'Look again' }).click();
    await view.frame.getByText('2 of 2 ready').first().waitFor();
    expect(view.calls[2]?.arguments).toEqual({ task_ids: ['b'], wait_seconds: 0 });
    // The first time was when the first one ended and the other could not be followed any more.
    await view.until(() => view.asked.length === 2);
    expect(view.asked[1]).toMatchObject({
      params: { content: [{ text: JSON.stringify({ result: batchOf([done('a'), done('b')]) }) }] },
    });
  });

  test('a batch: one that has been running for over 30 minutes is looked up once, and the others are waited for', async () => {
    const openedMs = Date.now();
    let nowMs = openedMs;
    const ages: Record<string, number> = { a: 60, b: 1900 };
    const pending = (id: string) => pendingTask((ages[id] ?? 0) + (nowMs - openedMs) / 1000, { task_id: id });
    await open(async (call) => {
      nowMs = await view.frame.evaluate(() => Date.now());
      return resultOf(batchOf([call.arguments.task_ids].flat().map((id) => pending(`${id}`))));
    });
    await view.result(resultOf(batchOf(['a', 'b'].map(pending))), { task_ids: ['a', 'b'] });
    // Longer than the minute after which a result counts as old.
    for (let steps = 0; nowMs - openedMs < 150_000 && steps < 100; steps++) await pass(4);
    expect(view.calls[0]?.arguments).toEqual({ task_ids: ['a', 'b'], wait_seconds: 0 });
    const later = view.calls.slice(1).map((call) => call.arguments);
    expect(later).toEqual(later.map(() => ({ task_ids: ['a'], wait_seconds: 50 })));
    expect(later.length).toBeGreaterThan(5);
  });

  test('an old result of a task that had been running for over 30 minutes is looked up once', async () => {
    const ageSeconds = 40 * 60;
    await open(() => resultOf(pendingTask(90 * 60)));
    const created_at = new Date(Date.now() - 90 * 60_000).toISOString();
    await view.result(resultOf(pendingTask(ageSeconds, { created_at })));
    await view.frame.getByText('over 30 minutes').first().waitFor();
    await pass(300);
    expect(waitsOf(view)).toEqual([0]);
  });

  test('a batch: what has ended is told to the model, even if another one is followed no more', async () => {
    await open(() => resultOf(batchOf([completedTask({ task_id: 'a' }), pendingTask(1900, { task_id: 'b' })])));
    const first = batchOf([pendingTask(60, { task_id: 'a' }), pendingTask(1900, { task_id: 'b' })]);
    await view.result(resultOf(first), { task_ids: ['a', 'b'] });
    await passUntilCalled(1);
    await view.frame.getByText('1 of 2 ready').first().waitFor();
    await pass(20);
    await view.frame.getByText('over 30 minutes').first().waitFor();
    await view.until(() => view.asked.length === 1);
    const text = JSON.stringify(view.asked[0]?.params);
    expect(text).toContain('\\"completed\\":1,');
    // Nothing has ended since.
    await view.frame.getByRole('button', { name: 'Look again' }).click();
    await passUntilCalled(2);
    await pass(20);
    await view.frame.getByRole('button', { name: 'Look again' }).waitFor();
    expect(view.asked).toHaveLength(1);
  });

  test('a batch: it says at once that no lookup can succeed any more', async () => {
    const lookup_errors = [{ task_ids: ['b'], code: 'used_up', message: 'The balance is used up.' }];
    const pending = pendingTask(60, { task_id: 'b' });
    await open(() => resultOf(batchOf([pending], { lookup_errors, poll_after_seconds: 60 })));
    await view.result(resultOf(batchOf([pending])), { task_ids: ['b'] });
    // Not only after the pause, which would be a minute.
    await view.frame.getByText('This view no longer follows it. The balance is used up.').first().waitFor();
    expect(view.calls).toHaveLength(1);
  });

  test('a batch: the button that has the focus keeps it when the counts change', async () => {
    let answer: (result: Json) => void = () => {};
    const answered = new Promise<Json>((resolve) => {
      answer = resolve;
    });
    await open(() => answered, { context: { availableDisplayModes: ['inline', 'fullscreen'] } });
    await view.result(resultOf(batchOf([pendingTask(60, { task_id: 'a' })])), { task_ids: ['a'] });
    await view.frame.getByRole('button', { name: 'Full screen' }).focus();
    answer(resultOf(batchOf([completedTask({ task_id: 'a' })])));
    await view.frame.getByText('1 of 1 ready').first().waitFor();
    expect(await view.frame.evaluate(() => document.activeElement?.textContent)).toBe('Full screen');
  });

  test('never two calls at once: a video that has to be looked up again waits for its turn', async () => {
    let answer: (result: Json) => void = () => {};
    const answered = new Promise<Json>((resolve) => {
      answer = resolve;
    });
    const gone = completedTask({ task_id: 'a', video_url: 'https://cdn.acedata.cloud/gone.webm' });
    await open((_, index) => (index === 0 ? answered : resultOf(batchOf([completedTask({ task_id: 'a' })]))));
    await view.result(resultOf(batchOf([gone, pendingTask(60, { task_id: 'b' })])), { task_ids: ['a', 'b'] });
    await called(1);
    await view.until(() => view.loads.length > 0);
    await pass(10);
    await settle();
    expect(view.calls).toHaveLength(1);
    answer(resultOf(batchOf([completedTask({ task_id: 'b' })])));
    await called(2);
    await view.frame.locator('video[src$="/clip.webm"]').nth(1).waitFor();
    expect(view.calls[1]?.arguments).toEqual({ task_ids: ['a'], wait_seconds: 0 });
    expect(view.mostOpenCalls).toBe(1);
  });

  test('a batch: a video that plays goes on while others are asked for', async () => {
    const playing = completedTask({ task_id: 'a' });
    await open((_, index) => (index === 0 ? resultOf(batchOf([completedTask({ task_id: 'b' })])) : NEVER()));
    await view.setHidden(true);
    await view.result(resultOf(batchOf([playing, pendingTask(60, { task_id: 'b' })])), { task_ids: ['a', 'b'] });
    const video = view.frame.locator('video').first();
    await video.evaluate((element: HTMLVideoElement) => {
      element.muted = element.loop = true;
      return element.play();
    });
    await view.setHidden(false);
    await view.frame.getByText('2 of 2 ready').first().waitFor();
    expect(await video.evaluate((element: HTMLVideoElement) => element.paused)).toBe(false);
  });
});
