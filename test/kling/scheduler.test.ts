import { describe, expect } from 'vitest';
import { KlingError } from '../../src/kling/api/error.js';
import { all, type Call, idsOf, indivisible, limited, refused, test } from '../support/fake-lookups.js';

const statusesOf = (calls: Call[]) => calls.flatMap(({ statuses }) => statuses);
const endsOf = (calls: Call[]) => calls.map(({ endS }) => endS);

describe('first lookups', () => {
  test('of calls that arrive together share a request of at most 50, two at a time', async ({ world, lookups }) => {
    lookups.answerS = 1;
    const calls = world.startAll(idsOf(120), 0);
    await world.pass(0.5);
    expect(lookups.sizes).toEqual([50, 50]);
    await world.passAll();
    expect(lookups.sizes).toEqual([50, 50, 20]);
    expect(endsOf(calls)).toEqual(idsOf(120).map((_, index) => (index < 100 ? 1 : 2)));
  });

  test('wait for a free place, and then share a request', async ({ world, lookups }) => {
    lookups.answerS = 2;
    for (const id of ['a', 'b', 'c', 'd', 'e']) {
      world.start({ ids: [id], waitS: 0 });
      await world.pass(0.1);
    }
    await world.passAll();
    expect(lookups.requests.map(({ ids }) => ids.join(''))).toEqual(['a', 'b', 'cde']);
    expect(lookups.times).toEqual([0, 0.1, 2]);
  });

  test('of one id, however it is spelled and also while it is in flight, are one', async ({ world, lookups }) => {
    lookups.answerS = 2;
    const calls = world.startAll(['Ab', 'aB', 'Ab'], 0);
    await world.pass(1);
    calls.push(world.start({ ids: ['AB'], waitS: 0 }));
    await world.passAll();
    expect(lookups.requests).toEqual([{ ids: ['Ab'], startS: 0, endS: 2, isAborted: false }]);
    const spellings = calls.map(({ outcome }) => [...outcome.tasks].flatMap(([id, { task_id }]) => [id, task_id]));
    expect(spellings).toEqual(['Ab', 'aB', 'Ab', 'AB'].map((id) => [id, id]));
    expect(endsOf(calls)).toEqual([2, 2, 2, 2]);
  });

  test('of a thousand calls on a slow API do not time out in the queue', async ({ world, lookups }) => {
    lookups.answerS = 12;
    const calls = world.startAll(idsOf(1000), 0);
    await world.passAll();
    expect(statusesOf(calls)).toHaveLength(1000);
    expect(lookups.requests).toHaveLength(20);
    expect(lookups.nowS).toBe(120);
  });
});

describe('repeated lookups', () => {
  test('of all waits go together, with what is due within the next second', async ({ world, lookups }) => {
    world.startAll(idsOf(15, 'early'), 20);
    await world.pass(0.9);
    world.startAll(idsOf(15, 'late'), 20);
    await world.passAll();
    expect(lookups.sizes).toEqual([15, 15, 30, 30]);
    expect(lookups.times).toEqual([0, 0.9, 10, 19]);
  });

  test('keep a second from the start and from the end of the request before', async ({ world, lookups }) => {
    lookups.answerS = 0.3;
    world.startAll(idsOf(120), 20);
    await world.passAll();
    expect(lookups.sizes).toEqual([50, 50, 20, 50, 50, 20, 50, 50]);
    expect(lookups.times).toEqual([0, 0, 0.3, 10.3, 11.6, 12.9, 19, 20.3]);
  });

  test('give way to first ones', async ({ world, lookups }) => {
    lookups.answerS = 0.4;
    world.startAll(idsOf(60), 15);
    await world.pass(10.42);
    world.start({ ids: ['new'], waitS: 0 });
    await world.pass(0.01);
    expect(lookups.requests.at(-1)?.ids[0]).toBe('new');
    await world.passAll();
  });

  test('of a task that two calls wait for are shared', async ({ world, lookups }) => {
    world.start({ waitS: 40 });
    await world.pass(3);
    world.start({ waitS: 37 });
    await world.passAll();
    expect(lookups.times).toEqual([0, 3, 13, 23, 33, 39]);
  });
});

describe('one caller does not affect another', () => {
  test('by its cancellation, which leaves the request to those who need it', async ({ world, lookups }) => {
    lookups.answerS = 2;
    const controller = new AbortController();
    const gone = world.start({ waitS: 0, signal: controller.signal });
    const others = world.startAll(['a', 'b'], 0);
    await world.pass(1);
    controller.abort();
    await world.passAll();
    expect(gone.endS).toBe(1);
    expect(endsOf(others)).toEqual([2, 2]);
    expect(lookups.requests).toEqual([{ ids: ['a', 'b'], startS: 0, endS: 2, isAborted: false }]);
  });

  test('a request that nobody needs is aborted, and the next call gets one of its own', async ({ world, lookups }) => {
    lookups.answerS = 2;
    const controller = new AbortController();
    for (const id of ['a', 'b']) world.start({ ids: [id], waitS: 0, signal: controller.signal });
    await world.pass(1);
    controller.abort();
    await world.pass(0.1);
    const call = await world.run({ waitS: 0 });
    expect(lookups.requests).toEqual([
      { ids: ['a', 'b'], startS: 0, endS: 1, isAborted: true },
      { ids: ['a'], startS: 1.1, endS: 3.1, isAborted: false },
    ]);
    expect(call.statuses).toEqual(['pending']);
  });

  test('by its deadline', async ({ world, lookups }) => {
    lookups.answerS = 4;
    const short = world.start({ ids: ['a'], waitS: 8 });
    const long = world.start({ ids: ['b'], waitS: 30 });
    await world.passAll();
    expect(short.endS).toBe(8.5);
    expect(long.statuses).toEqual(['pending']);
    expect(long.outcome.faults.size).toBe(0);
    expect(lookups.requests.map(({ isAborted }) => isAborted)).toEqual([false, true, false, true]);
  });

  test('by a bug: that is told to the log, and to its ids in one sentence', async ({ world, lookups }) => {
    const bug = new TypeError('x is not a function');
    lookups.find = (_atS, ids) => {
      if (ids.includes('a')) throw bug;
      return all('completed')(0, ids);
    };
    const call = await world.run({ waitS: 50 });
    expect(call.outcome.faults.get('a')).toMatchObject({ code: 'internal_error', cause: bug });
    expect(world.bugs.splice(0)).toEqual([bug]);
    const { outcome, statuses } = await world.run({ ids: ['a', 'b'], waitS: 0 });
    expect([...outcome.faults.keys()]).toEqual(['a']);
    expect(statuses).toEqual(['completed']);
    expect(world.bugs.splice(0)).toEqual([bug, bug]);
  });
});

describe('a refusal that one id may have caused', () => {
  const tooLarge = new KlingError('bad_response', 'The answer is larger than 8 MiB.', { divisible: true });

  test('is followed in halves down to that id, which alone has it', async ({ world, lookups }) => {
    lookups.find = (_atS, ids) => (ids.includes('task-3') ? indivisible : all('completed')(0, ids));
    const { outcome, endS } = await world.run({ ids: idsOf(8), waitS: 0 });
    expect(outcome.tasks.size).toBe(7);
    expect([...outcome.faults]).toEqual([['task-3', indivisible]]);
    expect(lookups.sizes).toEqual([8, 4, 4, 2, 2, 1, 1]);
    expect(endS).toBe(0);
  });

  test('ends when two records that are too large together are apart', async ({ world, lookups }) => {
    lookups.find = (_atS, ids) =>
      ids.includes('task-3') && ids.includes('task-17') ? tooLarge : all('completed')(0, ids);
    const { statuses } = await world.run({ ids: idsOf(20), waitS: 0 });
    expect(statuses).toHaveLength(20);
    expect(lookups.sizes).toEqual([20, 10, 10]);
  });

  test('keeps repeated lookups at their pace, and later ones go together again', async ({ world, lookups }) => {
    lookups.find = (atS, ids) =>
      atS >= 10 && ids.includes('task-0') && ids.length > 1 ? tooLarge : all('pending')(0, ids);
    await world.run({ ids: idsOf(4), waitS: 25 });
    expect(lookups.sizes).toEqual([4, 4, 2, 1, 1, 2, 4, 2]);
    expect(lookups.times).toEqual([0, 10, 11, 12, 13, 14, 24, 25]);
  });

  test('of everything is not followed down to each of fifty ids', async ({ world, lookups }) => {
    lookups.find = () => indivisible;
    const { outcome } = await world.run({ ids: idsOf(50), waitS: 0 });
    expect(outcome.faults.size).toBe(50);
    expect(lookups.requests.length).toBeLessThan(40);
  });

  test('is halved only where the ids may be to blame, not the token', async ({ world, lookups }) => {
    lookups.find = () => refused;
    const { outcome } = await world.run({ ids: idsOf(50), waitS: 0 });
    expect(outcome.faults.size).toBe(50);
    expect(lookups.requests).toHaveLength(1);
  });
});

describe('a rate limit', () => {
  test('holds for all calls: no request is made before its end', async ({ world, lookups }) => {
    lookups.find = (atS, ids) => (atS === 0 ? limited(20_000) : all('completed')(atS, ids));
    const calls = [world.start({ ids: ['a'], waitS: 50 })];
    await world.pass(1);
    calls.push(...world.startAll(['b', 'c'], 0));
    await world.passAll();
    expect(lookups.requests.map(({ ids, startS }) => [startS, ids.join('')])).toEqual([
      [0, 'a'],
      [20, 'bca'],
    ]);
    expect(endsOf(calls)).toEqual([20, 20, 20]);
    expect(statusesOf(calls)).toEqual(['completed', 'completed', 'completed']);
  });

  test('is told at once, with the seconds, to a call that cannot wait for its end', async ({ world, lookups }) => {
    lookups.find = (atS, ids) => (atS === 0 ? limited(90_000) : all('completed')(atS, ids));
    await world.run({ waitS: 0 });
    await world.pass(10);
    const { outcome, endS } = await world.run({ ids: ['b'], waitS: 50 });
    expect(endS).toBe(10);
    expect(outcome.faults.get('b')).toMatchObject({ code: 'too_many_requests', hint: 'Try again after 80 s.' });
    expect((await world.run({ ids: ['c'], waitS: 85 })).endS).toBe(90);
  });

  test('that outlasts a wait ends it, also for the ids whose request it did not meet', async ({ world, lookups }) => {
    lookups.find = (_atS, ids) => (ids.includes('task-59') ? limited(90_000) : all('pending')(0, ids));
    const { outcome, endS } = await world.run({ ids: idsOf(60), waitS: 50 });
    expect(endS).toBe(0);
    expect(outcome.tasks.size).toBe(50);
    expect(outcome.faults.size).toBe(10);
    expect(outcome.pollAfterSeconds).toBe(90);
  });

  test('does not give up what is in flight', async ({ world, lookups }) => {
    const answersS = [2, 1];
    lookups.answerS = () => answersS.shift() ?? 0;
    lookups.find = (_atS, ids) => (ids.includes('task-59') ? limited(90_000) : all('completed')(0, ids));
    const { outcome, endS } = await world.run({ ids: idsOf(60), waitS: 0 });
    expect(endS).toBe(2);
    expect(outcome.tasks.size).toBe(50);
  });
});
