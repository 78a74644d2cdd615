import { expect, test } from 'vitest';
import { describeView } from './support/describe-view.js';
import { batch, COMPLETED, completedTask, errorResult, ID, pendingTask, resultOf } from './support/tasks.js';
import { NEVER } from './support/view-host.js';

const INPUT = { task_id: ID, wait_seconds: 50 };
const LOOK = { name: 'kling_get_task', arguments: { task_id: ID, wait_seconds: 0 } };
const declined = () => {
  throw new Error('The user declined the call.');
};

describeView("while the host's own call runs", (view) => {
  test('within 3 s it shows what is being made, and a playing video at the end', async () => {
    await view.open({ callTool: () => resultOf(pendingTask(5)), input: INPUT });
    await view.shows('Waiting for your video');
    await view.pass(3);
    await view.shows('Making your video');
    expect(await view.text()).toMatch(/kling-v2-master · pro · 16:9\s+White ceramic[\s\S]*Updates by itself\.\s+0:0\d/);
    expect(view.calls).toEqual([LOOK]);
    // One lookup is enough until the host's result comes.
    expect(await view.callsAfter(40)).toBe(1);
    await view.onlyResult(COMPLETED);
    expect(await view.playFirstVideo()).toBe(640);
    await view.settle();
    // The model has this from the host's result.
    expect(view.asked).toEqual([]);
    expect(view.calls).toHaveLength(1);
  });

  test('a host that lets no view call tools: it waits, and plays the video at the end', async () => {
    await view.open({ capabilities: {}, input: { task_ids: '["a", "b-1", "c"]', wait_seconds: 50 } });
    await view.shows('Waiting for your 3 videos');
    await view.pass(65);
    expect(await view.text()).toMatch(/Waiting for your 3 videos\s+Usually 1 to 5 minutes\.\s+1:0\d/);
    await view.pass(60);
    await view.shows('No answer yet');
    expect(await view.text()).toContain('Ask again to see your 3 videos.');
    expect(await view.frame.locator('button, .clock').count()).toBe(0);
    await view.onlyResult(batch([completedTask({ task_id: 'a' }), completedTask({ task_id: 'c' })]));
    expect(await view.playFirstVideo()).toBe(640);
    expect(view.messages.map(({ method }) => method)).not.toContain('tools/call');
  });

  test.each<[string, () => unknown]>([
    ['fails', () => errorResult('[network_error] No connection.')],
    ['finds nothing', () => errorResult('[task_not_found] No such task.')],
    ['never ends', NEVER],
  ])('a look that %s shows nothing', async (_, callTool) => {
    await view.open({ callTool, input: INPUT });
    await view.passUntilCalled(1);
    await view.settle();
    await view.pass(20);
    expect(await view.text()).toMatch(/^Waiting for your video\s/);
    expect(view.calls).toEqual([LOOK]);
  });

  test('a look that fails like the call itself: that is shown when the call ends', async () => {
    const error = errorResult('[task_not_found] No such task.');
    await view.open({ callTool: () => error, input: INPUT });
    await view.passUntilCalled(1);
    await view.onlyResult(error);
    await view.shows('Video not found');
  });

  test('a look that the user declines shows nothing, and is not made again except by hand', async () => {
    await view.open({ callTool: (_, index) => (index === 0 ? declined() : COMPLETED), input: INPUT });
    await view.passUntilCalled(1);
    await view.settle();
    expect(await view.text()).toMatch(/^Waiting for your video\s/);
    await view.pass(70);
    await view.shows('No answer yet');
    await view.onlyResult(resultOf(pendingTask(84)));
    await view.shows('Could not check any more.');
    await view.pass(120);
    expect(view.calls).toEqual([LOOK]);
    await view.frame.getByRole('button', { name: 'Look again' }).click();
    await view.state('completed');
  });

  test('a look that the user declines when the result has come: nothing is asked either', async () => {
    const [decline, answer] = view.later();
    await view.open({ answers: [answer.then(declined)], input: INPUT });
    await view.passUntilCalled(1);
    await view.onlyResult(resultOf(pendingTask(50)));
    await view.shows('Making your video');
    decline();
    await view.state('stopped');
    await view.pass(120);
    expect(view.calls).toEqual([LOOK]);
  });

  test("the host's result arrives during the look: the following begins when that has ended", async () => {
    const [end, answer] = view.later();
    await view.open({ answers: [answer], input: INPUT });
    await view.passUntilCalled(1);
    await view.onlyResult(resultOf(pendingTask(50)));
    expect(await view.callsAfter(20)).toBe(1);
    end(resultOf(pendingTask(3)));
    await view.until(() => view.calls.length === 2);
    expect(view.calls[1]?.arguments.wait_seconds).toBe(50);
    expect(view.mostOpenCalls).toBe(1);
  });

  test('a result that comes soon needs no look, nor does one that comes while nobody can see the page', async () => {
    await view.open({ input: INPUT });
    await view.pass(1);
    await view.onlyResult(COMPLETED);
    await view.pass(10);
    await view.open();
    await view.setHidden(true);
    await view.input(INPUT);
    await view.pass(10);
    await view.onlyResult(COMPLETED);
    await view.setHidden(false);
    expect(await view.callsAfter(10)).toBe(0);
  });

  test('without a result for 60 s it follows as ever, and tells the model nothing before the host does', async () => {
    const answers = [pendingTask(5), pendingTask(100), completedTask()].map(resultOf);
    await view.open({ answers, input: INPUT });
    expect(await view.callsAfter(50)).toBe(1);
    await view.passUntilCalled(3);
    await view.state('completed');
    expect(view.waits()).toEqual([0, 50, 50]);
    expect(view.asked).toEqual([]);
    await view.onlyResult(resultOf(pendingTask(110)));
    await view.until(() => view.asked.length === 1);
    expect(view.told()).toEqual(completedTask());
    await view.state('completed');
  });

  test('cancelled: all asking ends, the card stays, and a look by hand goes on', async () => {
    await view.open({ answers: [resultOf(pendingTask(5)), COMPLETED], input: INPUT });
    await view.passUntilCalled(1);
    await view.shows('Making your video');
    await view.cancelled();
    await view.shows('The wait was cancelled. Your video is still being made.');
    await view.shows('White ceramic');
    expect(await view.callsAfter(120)).toBe(1);
    await view.frame.getByRole('button', { name: 'Look again' }).click();
    await view.state('completed');
  });

  test.each([
    ['cancelled', () => view.cancelled(), 'The lookup was cancelled. Ask again to see your video.'],
    ['torn down', () => view.teardown(), 'View closed'],
  ])('%s before anything is known: no look is made', async (_, end, text) => {
    await view.open({ input: INPUT });
    await end();
    await view.shows(text);
    expect(await view.callsAfter(120)).toBe(0);
  });

  test("a handle of the protocol is no result: the host's own call goes on", async () => {
    await view.open({ callTool: (_, index) => resultOf(index < 2 ? pendingTask(30) : completedTask()) });
    await view.result({ resultType: 'task', taskId: 'x', status: 'working', content: [] }, INPUT);
    await view.passUntilCalled(1);
    await view.shows('Making your video');
    expect(await view.callsAfter(40)).toBe(1);
    await view.passUntilCalled(3);
    await view.state('completed');
  });

  test('another question of the host begins anew', async () => {
    await view.open({ callTool: () => resultOf(pendingTask(5, { task_id: 'other' })), result: COMPLETED });
    await view.input({ task_id: 'other', wait_seconds: 50 });
    await view.shows('Waiting for your video');
    await view.passUntilCalled(1);
    await view.shows('Making your video');
    expect(view.calls[0]?.arguments.task_id).toBe('other');
  });
});
