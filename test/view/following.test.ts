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
  pendingTask,
  resultOf,
} from './support/tasks.js';
import { NEVER } from './support/view-host.js';

/** A pending task as a wait that ran out tells it. */
const waited = (age: number, fields: Json = {}) =>
  resultOf(pendingTask(age, { request: undefined, poll_after_seconds: 1, ...fields }));
const pending = (task_id: string, age = 60) => pendingTask(age, { task_id });
const done = (task_id: string, fields: Json = {}) => completedTask({ task_id, ...fields });
const refuse = (message: string) => {
  throw new Error(message);
};

describeView('following a pending task', (view) => {
  test('the wait ends in a video that plays, and the model is told once', async () => {
    await view.open({ answers: [waited(120), COMPLETED], result: resultOf(pendingTask()) });
    await view.passUntilCalled(2);
    expect(await view.playFirstVideo()).toBe(640);
    expect(view.calls).toEqual(
      [50, 50].map((wait_seconds) => ({ name: 'kling_get_task', arguments: { task_id: ID, wait_seconds } })),
    );
    await view.until(() => view.asked.length === 1);
    expect(view.asked[0]).toEqual({
      kind: 'update-model-context',
      params: { content: [{ type: 'text', text: JSON.stringify({ result: completedTask() }) }] },
    });
    await view.pass(300);
    expect(view.asked).toHaveLength(1);
    expect(view.calls).toHaveLength(2);
    expect(view.mostOpenCalls).toBe(1);
  });

  test('a host that takes no text for the model is not given any', async () => {
    const capabilities = { serverTools: {}, updateModelContext: { image: {} } };
    await view.open({ capabilities, callTool: () => resultOf(failedTask()), result: resultOf(pendingTask()) });
    await view.state('failed');
    await view.settle();
    expect(view.messages.map(({ method }) => method)).not.toContain('ui/update-model-context');
  });

  test('a host that lets no view call tools is not asked', async () => {
    await view.open({ capabilities: {}, result: resultOf(pendingTask()) });
    await view.shows('Usually 1 to 5 minutes. Ask again for news.');
    await view.pass(240);
    expect(await view.text()).toMatch(/Making your video[\s\S]*Ask again for news\.\s+5:2\d/);
    expect(view.messages.map(({ method }) => method)).not.toContain('tools/call');
    expect(await view.frame.locator('button, .spinner').count()).toBe(0);
  });

  test('a result that lacks the request is looked up first, and keeps it when a wait leaves it out', async () => {
    await view.open({ answers: [resultOf(pendingTask(61)), waited(110)], result: waited(60) });
    await view.shows('White ceramic coffee mug');
    await view.passUntilCalled(3);
    expect(view.waits()).toEqual([0, 50, 50]);
    expect(await view.text()).toContain('White ceramic coffee mug');
  });

  test('30 minutes after the task began it stops, and says so; a look by hand starts it anew', async () => {
    let outcome = waited(30 * 60);
    await view.open({ callTool: () => outcome, result: resultOf(pendingTask(29 * 60 + 50)) });
    await view.state('overdue');
    // It waited for what was left of the 30 minutes.
    expect(view.waits()[0]).toBeLessThanOrEqual(10);
    expect(await view.callsAfter(200)).toBe(1);
    expect(await view.text()).toMatch(/Still not finished[\s\S]*It may never finish\.[\s\S]*Task ID\s+20068983/);
    expect(await view.copied('Copy details')).toBe(`Task ID: ${ID}`);
    outcome = COMPLETED;
    await view.frame.getByRole('button', { name: 'Look again' }).click();
    await view.state('completed');
    expect(view.waits()).toEqual([expect.any(Number), 0]);
    // The button that had the focus is gone.
    expect(await view.frame.evaluate(() => document.activeElement?.tagName)).toBe('H1');
  });

  test('an old result of an hour ago is looked up, once if the task is still pending', async () => {
    await view.open({ callTool: () => resultOf(pendingTask(3600)) });
    await view.result(resultOf(pendingTask(84, { created_at: new Date(Date.now() - 3_600_000).toISOString() })));
    await view.state('overdue');
    await view.pass(300);
    expect(view.waits()).toEqual([0]);
    expect(await view.text()).toMatch(/1:0[0-5]:\d\d/);
  });

  test('a hidden document makes no calls', async () => {
    await view.open({ answers: [waited(120)] });
    await view.setHidden(true);
    await view.result(resultOf(pendingTask()));
    expect(await view.callsAfter(120)).toBe(0);
    await view.setHidden(false);
    await view.until(() => view.calls.length === 1);
    await view.setHidden(true);
    await view.settle();
    expect(await view.callsAfter(120)).toBe(1);
    await view.page.clock.fastForward(2 * 3_600_000);
    await view.setHidden(false);
    await view.until(() => view.calls.length === 2);
    // By then it may have ended long ago.
    expect(view.waits()).toEqual([50, 0]);
    expect(view.mostOpenCalls).toBe(1);
  });

  test('teardown in mid-wait cancels the call, and none follows', async () => {
    await view.open({ result: resultOf(pendingTask()) });
    await view.until(() => view.calls.length === 1);
    expect(await view.teardown()).toEqual({});
    await view.shows('View closed');
    const call = view.messages.find(({ method }) => method === 'tools/call');
    expect(view.messages).toContainEqual({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: call?.id, reason: 'called off' },
    });
    await view.result(COMPLETED);
    await view.pass(200);
    expect(await view.text()).toMatch(/View closed[\s\S]*Ask again for news\./);
    expect(view.calls).toHaveLength(1);
  });

  test('a pause follows the pace that the answer asks for', async () => {
    await view.open({ answers: [waited(90, { poll_after_seconds: 20 })], result: resultOf(pendingTask()) });
    await view.until(() => view.calls.length === 1);
    await view.settle();
    expect(await view.callsAfter(18)).toBe(1);
    await view.passUntilCalled(2);
  });

  test.each<[string, () => unknown]>([
    ['a handle of the protocol', () => ({ resultType: 'task', taskId: 'x', status: 'working', content: [] })],
    // Of Inspector 2, in 2026-07-28.
    ['the error for one', () => refuse("Unsupported result type 'task' for tools/call")],
  ])('%s: asks without waiting from then on, at once', async (_, callTool) => {
    const answers = [resultOf(pendingTask(100)), COMPLETED];
    await view.open({ callTool: (_, index) => answers[index - 1] ?? callTool(), result: resultOf(pendingTask()) });
    await view.until(() => view.calls.length === 2);
    await view.passUntilCalled(3);
    await view.state('completed');
    expect(view.waits()).toEqual([50, 0, 0]);
  });

  test('another error of the host: asks without waiting, after a pause; a second one ends it', async () => {
    await view.open({ callTool: (_, index) => (index < 2 ? refuse('Request timed out') : COMPLETED) });
    await view.result(resultOf(pendingTask()));
    await view.until(() => view.calls.length === 1);
    await view.settle();
    expect(await view.callsAfter(8)).toBe(1);
    await view.passUntilCalled(2);
    await view.shows('Could not check any more.');
    await view.pass(200);
    expect(view.waits()).toEqual([50, 0]);
    await view.frame.getByRole('button', { name: 'Look again' }).click();
    await view.state('completed');
  });

  test('a host that never answers a wait is given up, its call cancelled, and asked without waiting', async () => {
    await view.open({ answers: [NEVER(), COMPLETED], result: resultOf(pendingTask()) });
    await view.passUntilCalled(2);
    await view.state('completed');
    expect(view.waits()).toEqual([50, 0]);
    expect(view.messages.map(({ method }) => method)).toContain('notifications/cancelled');
  });

  test('faults that do not pass end it after a while, with a way to go on', async () => {
    await view.open({ callTool: () => errorResult('[network_error] The API could not be reached.') });
    await view.result(resultOf(pendingTask()));
    await view.shows('Could not check just now. Trying again soon.');
    await view.passUntilCalled(6);
    await view.shows('Could not check any more. No connection. Check your internet connection or proxy.');
    expect(await view.callsAfter(200)).toBe(6);
    expect(await view.frame.getByRole('button', { name: 'Look again' }).count()).toBe(1);
  });

  test('a fault that passes is forgotten with the next answer', async () => {
    const answers = [errorResult('[too_many_requests] Too many.'), { content: [] }, waited(100)];
    await view.open({ answers, result: resultOf(pendingTask()) });
    await view.shows('Could not check just now. Trying again soon.');
    await view.passUntilCalled(4);
    await view.shows('Usually 1 to 5 minutes. Updates by itself.');
  });

  test('an error that repeating cannot mend ends it at once', async () => {
    const answers = [errorResult('[invalid_token] The API refused the token.')];
    await view.open({ answers, result: resultOf(pendingTask()) });
    await view.shows('Could not check any more. AceDataCloud refused your token.');
    expect(await view.callsAfter(200)).toBe(1);
    expect(await view.text()).toContain('White ceramic coffee mug');
  });

  describe('a batch', () => {
    test('is looked up, then waited for: only pending ones, in their order, and the model is told the news', async () => {
      const answers = [batch([pending('a'), pending('c')]), batch([pending('c'), done('a')]), batch([done('c')])];
      await view.open({ answers });
      const tasks = [pending('a'), done('b'), pending('c'), failedTask({ task_id: 'd' })];
      await view.result(batch(tasks, { not_found: ['e'] }), { task_ids: ['a', 'b', 'c', 'd', 'e'] });
      await view.passUntilCalled(3);
      await view.shows('3 of 5 ready');
      // A wait for several returns with the last one, so it is shorter.
      expect(view.calls.map((call) => call.arguments)).toEqual([
        { task_ids: ['a', 'c'], wait_seconds: 0 },
        { task_ids: ['a', 'c'], wait_seconds: 20 },
        { task_ids: ['c'], wait_seconds: 50 },
      ]);
      const facts = await view.frame.locator('.tile .facts').allInnerTexts();
      expect(facts).toEqual(['#1 · 5.1 sec', '#2 · 5.1 sec', '#3 · 5.1 sec', '#4 · Failed']);
      await view.until(() => view.asked.length === 1);
      expect(view.told().tasks.map(({ task_id }: Json) => task_id)).toEqual(['a', 'c']);
    });

    test('one that has been running for over 30 minutes is left alone, and the others are waited for', async () => {
      await view.open({ answers: [batch([pending('a')]), batch([pending('a')])] });
      await view.result(batch([pending('a'), pending('b', 1900)]), { task_ids: ['a', 'b'] });
      await view.passUntilCalled(3);
      expect(view.calls.map((call) => call.arguments.task_ids)).toEqual([['a'], ['a'], ['a']]);
      const overdue = view.frame.locator('.tile').nth(1);
      expect(await overdue.innerText()).toMatch(/Still not finished\s+3\d:\d\d/);
    });

    test('tells the model no more than 36,000 characters, and names the rest', async () => {
      const ids = Array.from({ length: 60 }, (_, index) => `t-${index}`);
      const long = (id: string) => done(id, { video_url: `${CDN}/${id}.webm?${'x'.repeat(1000)}` });
      await view.open({ callTool: () => batch(ids.map(long)) });
      await view.result(batch(ids.map((id) => pending(id))), { task_ids: ids });
      await view.until(() => view.asked.length === 1);
      expect(JSON.stringify({ result: view.told() }).length).toBeLessThan(36_000);
      const { tasks, not_shown } = view.told();
      expect([...tasks.map(({ task_id }: Json) => task_id), ...not_shown]).toEqual(ids);
    });

    test('shows the tasks that did not fit when a person asks for them, and follows them', async () => {
      const answers = [batch([done('b'), pending('c')]), batch([done('c')])];
      await view.open({ answers });
      const counts = { completed: 2, pending: 1, failed: 0, not_found: 0, lookup_failed: 0 };
      await view.result(batch([done('a')], { not_shown: ['b', 'c'], counts }), { task_ids: ['a', 'b', 'c'] });
      await view.shows('2 of 3 ready');
      await view.shows('2 more did not fit');
      await view.frame.getByRole('button', { name: 'Show them' }).click();
      await view.passUntilCalled(2);
      await view.shows('3 of 3 ready');
      expect(view.calls.map((call) => call.arguments.task_ids)).toEqual([['b', 'c'], ['c']]);
      expect(await view.text()).not.toContain('did not fit');
    });

    test('a video that plays goes on while others are asked for, and a focused button keeps the focus', async () => {
      const [answer, answered] = view.later();
      await view.open({ context: { availableDisplayModes: ['inline', 'fullscreen'] }, answers: [answered] });
      await view.result(batch([done('a'), pending('b')]), { task_ids: ['a', 'b'] });
      await view.playFirstVideo();
      await view.frame.getByRole('button', { name: 'Full screen' }).focus();
      const video = view.frame.locator('video').first();
      await video.evaluate((element: HTMLVideoElement) => {
        element.loop = true;
      });
      answer(batch([done('b')]));
      await view.shows('2 of 2 ready');
      expect(await video.evaluate((element: HTMLVideoElement) => element.paused)).toBe(false);
      expect(await view.frame.evaluate(() => document.activeElement?.textContent)).toBe('Full screen');
    });
  });

  describe("in a host that passes on the questions and results of the view's own calls", () => {
    test.each(['before', 'after'])('%s the answer: nothing changes', async (when) => {
      const answers = [waited(60), resultOf(pendingTask(100)), COMPLETED];
      await view.open({
        callTool: async (call, index) => {
          const echo = view.result(answers[index] ?? {}, call.arguments);
          if (when === 'before') await echo;
          return answers[index];
        },
      });
      await view.result(resultOf(pendingTask()));
      await view.passUntilCalled(3);
      await view.state('completed');
      await view.until(() => view.asked.length === 1);
      await view.pass(60);
      expect(view.waits()).toEqual([50, 50, 50]);
      expect(view.asked).toHaveLength(1);
      expect(view.messages.map(({ method }) => method)).not.toContain('notifications/cancelled');
    });

    test("while the host's own call runs: the look is no result", async () => {
      const look = resultOf(pendingTask(5));
      await view.open({ callTool: () => look, input: { task_id: ID, wait_seconds: 50 } });
      await view.passUntilCalled(1);
      await view.shows('Making your video');
      await view.result(look, view.calls[0]?.arguments);
      expect(await view.callsAfter(40)).toBe(1);
    });

    test('a fault is not taken for the result, nor an answer that comes late for news', async () => {
      const error = errorResult('[invalid_token] The API refused the token.');
      await view.open({ callTool: () => error, result: resultOf(pendingTask()) });
      await view.state('stopped');
      await view.result(error, view.calls[0]?.arguments);
      await view.pass(120);
      await view.shows('Could not check any more. AceDataCloud refused your token.');
      expect(view.calls).toHaveLength(1);
      await view.open({ result: COMPLETED });
      await view.result(resultOf(pendingTask(80)));
      await view.pass(10);
      await view.state('completed');
    });

    test('a batch keeps its other tasks, and the video that plays', async () => {
      await view.open({ callTool: () => batch([done('a')]) });
      const [gone, own] = ['gone', 'own'].map((name) => ({ video_url: `${CDN}/${name}.webm` }));
      await view.result(batch([done('a', gone), done('b', own)]), { task_ids: ['a', 'b'] });
      await view.frame.locator('video[src$="/clip.webm"]').evaluate((video) => video.setAttribute('data-first', ''));
      await view.result(batch([done('a')]), view.calls[0]?.arguments);
      await view.settle();
      expect(await view.frame.locator('.tile').count()).toBe(2);
      expect(await view.frame.locator('video[data-first]').count()).toBe(1);
      // Another question of the host still takes its place.
      await view.result(batch([done('d'), done('e'), done('f')]), { task_ids: ['d', 'e', 'f'] });
      await view.shows('3 of 3 ready');
    });
  });
});
