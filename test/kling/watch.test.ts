import { describe, expect } from 'vitest';
import { KlingError } from '../../src/kling/api/error.js';
import { down, idsOf, indivisible, limited, refused, test } from '../support/fake-lookups.js';

describe('the pace', () => {
  test.for([
    ['younger than 10 s: every 5 s, then every 10 s', 2, [0, 5, 10, 20, 30, 40, 49]],
    ['older than 10 s: every 10 s', 60, [0, 10, 20, 30, 40, 49]],
    ['older than 5 minutes: every 20 s', 301, [0, 20, 40, 49]],
    ['older than 15 minutes: every 30 s', 901, [0, 30, 49]],
    ['of unknown age: as if it were 5 minutes old', undefined, [0, 20, 40, 49]],
  ] as const)('of a task %s; the last lookup comes a second before the deadline', async (row, { world, lookups }) => {
    const [, ageS, expected] = row;
    lookups.ageS = ageS;
    const { endS, outcome, statuses } = await world.run({ waitS: 50 });
    expect(lookups.times).toEqual(expected);
    expect(endS).toBe(49);
    expect(statuses).toEqual(['pending']);
    expect(outcome.pollAfterSeconds).toBe(1);
  });

  test('follows the age that a task reaches during the wait', async ({ world, lookups }) => {
    lookups.ageS = 290;
    await world.run({ waitS: 60 });
    expect(lookups.times).toEqual([0, 10, 30, 50, 59]);
  });

  test.for([
    [0, [0]],
    [1, [0]],
    [3, [0, 2]],
    [6, [0, 5]],
    [8, [0, 7]],
    [12, [0, 5, 11]],
    [20, [0, 5, 10, 19]],
  ] as const)('in a wait of %i s for a young task there are lookups at %j', async (row, { world, lookups }) => {
    const [waitS, expected] = row;
    lookups.ageS = 2;
    lookups.answerS = 0.01;
    const { endS } = await world.run({ waitS });
    expect(lookups.times.map(Math.floor)).toEqual(expected);
    expect(endS).toBeLessThanOrEqual(waitS + 0.5);
  });

  test('a slow API is asked less often, and a last lookup is given up half a second late', async ({
    world,
    lookups,
  }) => {
    lookups.answerS = 7;
    const { endS, statuses } = await world.run({ waitS: 50 });
    expect(lookups.times).toEqual([0, 17, 34, 49]);
    expect(lookups.requests.at(-1)?.isAborted).toBe(true);
    expect(endS).toBe(50.5);
    expect(statuses).toEqual(['pending']);
  });

  test('five minutes in waits of 50 s cost at most 36 requests', async ({ world, lookups }) => {
    lookups.ageS = 5;
    lookups.find = (atS) => ({ a: atS >= 295 ? 'completed' : 'pending' });
    for (let calls = 1; ; calls++) {
      const { statuses } = await world.run({ waitS: 50 });
      if (statuses[0] === 'completed') break;
      expect(calls).toBeLessThan(7);
      // The model follows the advice to ask again after 1 s.
      await world.pass(1);
    }
    expect(lookups.nowS).toBeLessThanOrEqual(305);
    expect(lookups.requests.length).toBeLessThanOrEqual(36);
  });
});

describe('a wait ends', () => {
  test('with the lookup that finds nothing pending', async ({ world, lookups }) => {
    lookups.find = (atS) => ({ a: atS < 12 ? 'pending' : 'completed' });
    const { endS, outcome, statuses } = await world.run({ waitS: 50 });
    expect(lookups.times).toEqual([0, 10, 20]);
    expect(endS).toBe(20);
    expect(statuses).toEqual(['completed']);
    expect(outcome.pollAfterSeconds).toBeUndefined();
  });

  test('only after the first lookup, however long that takes', async ({ world, lookups }) => {
    lookups.answerS = 9;
    const { endS, statuses, outcome } = await world.run({ waitS: 1 });
    expect(lookups.times).toEqual([0]);
    expect(endS).toBe(9);
    expect(statuses).toEqual(['pending']);
    expect(outcome.pollAfterSeconds).toBe(1);
  });

  test.for([
    [1700, 1],
    [1900, undefined],
  ] as const)('with the advice for a task of %i s to ask again after %s s', async (row, { world, lookups }) => {
    const [ageS, expected] = row;
    lookups.ageS = ageS;
    const { outcome } = await world.run({ waitS: 4 });
    expect(outcome.pollAfterSeconds).toBe(expected);
  });

  test('at once when it is cancelled, between two lookups or during one', async ({ world, lookups }) => {
    lookups.answerS = 3;
    for (const atS of [2, 7]) {
      const controller = new AbortController();
      const call = world.start({ waitS: 50, signal: controller.signal });
      const startS = lookups.nowS;
      await world.pass(atS);
      controller.abort();
      await world.passAll();
      expect(call.endS).toBe(startS + atS);
    }
    expect(lookups.requests.map(({ isAborted }) => isAborted)).toEqual([true, false]);
  });

  test('without a lookup where it was cancelled before it began', async ({ world, lookups }) => {
    const call = await world.run({ waitS: 0, signal: AbortSignal.abort() });
    expect(call.endS).toBe(0);
    expect(lookups.requests).toEqual([]);
  });
});

describe('when stdin closes', () => {
  test('a wait ends at once with the last known state', async ({ world, lookups }) => {
    const call = world.start({ waitS: 50 });
    await world.pass(17);
    world.closing.abort();
    await world.passAll();
    expect(call.endS).toBe(17);
    expect(call.statuses).toEqual(['pending']);
    expect(lookups.times).toEqual([0, 10]);
  });

  test('a lookup in flight, also a repeated one, has 1.5 s', async ({ world, lookups }) => {
    lookups.answerS = 2;
    lookups.find = (atS) => ({ a: atS > 0 ? 'completed' : 'pending' });
    const call = world.start({ waitS: 50 });
    await world.pass(13);
    world.closing.abort();
    await world.passAll();
    expect(call.endS).toBe(14);
    expect(call.statuses).toEqual(['completed']);
  });

  test('a first lookup that piped input asked for is made, and has 1.5 s', async ({ world, lookups }) => {
    lookups.answerS = 1;
    const call = world.start({ waitS: 50 });
    world.closing.abort();
    await world.passAll();
    expect(call.endS).toBe(1);
    expect(call.statuses).toEqual(['pending']);
  });

  test('a task that was never looked up is a timeout', async ({ world, lookups }) => {
    lookups.answerS = 20;
    const call = world.start({ waitS: 50, ids: ['a', 'b'] });
    await world.pass(1);
    world.closing.abort();
    await world.passAll();
    expect(call.endS).toBe(2.5);
    const [a, b] = call.outcome.faults.values();
    expect(a).toMatchObject({ code: 'timeout', message: expect.stringMatching(/^No answer in 2\.5 s, before/) });
    expect(a).toBe(b);
  });
});

describe('a task that is not found', () => {
  test('is looked up once more after 5 s, since replicas lag, and then told', async ({ world, lookups }) => {
    lookups.find = () => ({});
    const { outcome, endS } = await world.run({ waitS: 50 });
    expect(lookups.times).toEqual([0, 5]);
    expect(endS).toBe(5);
    expect(outcome.notFound).toEqual(['a']);
  });

  test('is followed where the second lookup finds it', async ({ world, lookups }) => {
    lookups.find = (atS) => (atS < 5 ? {} : { a: atS < 12 ? 'pending' : 'completed' });
    const { outcome, statuses } = await world.run({ waitS: 50 });
    expect(statuses).toEqual(['completed']);
    expect(outcome.notFound).toEqual([]);
  });

  test('is told at once in a shorter wait', async ({ world, lookups }) => {
    lookups.find = () => ({});
    const { outcome, endS } = await world.run({ waitS: 4 });
    expect(endS).toBe(0);
    expect(outcome.notFound).toEqual(['a']);
  });

  test('is not told sooner because another call looks it up meanwhile', async ({ world, lookups }) => {
    lookups.find = (atS) => (atS < 4 ? {} : { a: 'completed' });
    const call = world.start({ waitS: 50 });
    await world.pass(1);
    expect((await world.run({ waitS: 0 })).outcome.notFound).toEqual(['a']);
    expect(call.endS).toBe(5);
    expect(call.statuses).toEqual(['completed']);
  });

  test('keeps its last state where it was seen before, and is looked up again', async ({ world, lookups }) => {
    lookups.find = (atS) => (atS === 10 ? {} : { a: atS < 30 ? 'pending' : 'completed' });
    const { outcome, statuses } = await world.run({ waitS: 50 });
    expect(statuses).toEqual(['completed']);
    expect(outcome.notFound).toEqual([]);
  });
});

describe('a fault', () => {
  test('that may pass slows the pace, and is forgotten', async ({ world, lookups }) => {
    lookups.find = (atS) => (atS === 10 ? down : { a: atS < 45 ? 'pending' : 'completed' });
    const { outcome, statuses } = await world.run({ waitS: 60 });
    expect(lookups.times).toEqual([0, 10, 30, 40, 50]);
    expect(statuses).toEqual(['completed']);
    expect(outcome.faults.size).toBe(0);
  });

  test('that goes on slows the pace to 30 s at most, the last known state is told', async ({ world, lookups }) => {
    lookups.find = (atS) => (atS === 0 ? { a: 'pending' } : down);
    const { outcome, statuses } = await world.run({ waitS: 120 });
    expect(lookups.times).toEqual([0, 10, 30, 60, 90, 119]);
    expect(statuses).toEqual(['pending']);
    expect(outcome.faults.size).toBe(0);
  });

  test('is the outcome where no lookup succeeds', async ({ world, lookups }) => {
    lookups.find = () => down;
    const { outcome, endS } = await world.run({ waitS: 20 });
    expect(outcome.tasks.size).toBe(0);
    expect(outcome.faults.get('a')).toBe(down);
    expect(outcome.pollAfterSeconds).toBe(1);
    expect(endS).toBe(19);
  });

  test('that repeating cannot mend ends the wait, beside the last known state', async ({ world, lookups }) => {
    lookups.find = (atS) => (atS === 20 ? refused : { a: 'pending' });
    const { outcome, statuses, endS } = await world.run({ waitS: 50 });
    expect(endS).toBe(20);
    expect(statuses).toEqual(['pending']);
    expect(outcome.faults.get('a')).toBe(refused);
  });

  test('that repeating cannot mend concerns its ids alone', async ({ world, lookups }) => {
    lookups.find = (atS, ids) => {
      if (ids.includes('bad')) return indivisible;
      return { a: 'completed', b: atS < 15 ? 'pending' : 'failed' };
    };
    const { outcome, statuses } = await world.run({ ids: ['bad', 'a', 'b'], waitS: 50 });
    expect(statuses).toEqual(['completed', 'failed']);
    expect([...outcome.faults]).toEqual([['bad', indivisible]]);
    expect(lookups.requests.slice(-2).map(({ ids }) => ids)).toEqual([['b'], ['b']]);
  });

  const page = new KlingError('bad_response', 'Not JSON.');

  test('that is the page of a CDN passes once the API has answered properly', async ({ world, lookups }) => {
    lookups.find = (atS) => (atS === 10 ? page : { a: atS < 30 ? 'pending' : 'completed' });
    expect((await world.run({ waitS: 50 })).statuses).toEqual(['completed']);
  });

  test('that is not an answer of the API ends the wait at the first lookup', async ({ world, lookups }) => {
    lookups.find = () => page;
    const { outcome, endS } = await world.run({ waitS: 50 });
    expect(endS).toBe(0);
    expect(outcome.faults.get('a')).toBe(page);
  });
});

describe('a rate limit', () => {
  test('holds up the next lookup until its end', async ({ world, lookups }) => {
    lookups.find = (atS) => (atS === 10 ? limited(22_000) : { a: 'pending' });
    await world.run({ waitS: 50 });
    expect(lookups.times).toEqual([0, 10, 32, 42, 49]);
  });

  test('that lasts beyond the deadline ends the wait, and becomes the advice', async ({ world, lookups }) => {
    lookups.find = (atS) => (atS === 10 ? limited(90_000) : { a: 'pending' });
    const { outcome, endS, statuses } = await world.run({ waitS: 50 });
    expect(lookups.times).toEqual([0, 10]);
    expect(endS).toBe(10);
    expect(statuses).toEqual(['pending']);
    expect(outcome.pollAfterSeconds).toBe(90);
  });
});

describe('many tasks', () => {
  test('only those that are pending are looked up again', async ({ world, lookups }) => {
    lookups.find = (atS) => ({
      a: 'completed',
      b: atS < 10 ? 'pending' : 'failed',
      c: atS < 20 ? 'pending' : 'completed',
    });
    const { outcome, statuses } = await world.run({ ids: ['a', 'b', 'c', 'd'], waitS: 50 });
    expect(lookups.requests.map(({ ids }) => ids.join(''))).toEqual(['abcd', 'd', 'bc', 'c']);
    expect(statuses).toEqual(['completed', 'failed', 'completed']);
    expect(outcome.notFound).toEqual(['d']);
  });

  test('one that was seen keeps its state; one that was never seen has its fault', async ({ world, lookups }) => {
    const ids = idsOf(60);
    lookups.find = (atS, asked) => (atS > 0 || asked.length < 50 ? down : { 'task-7': 'pending' });
    const { outcome } = await world.run({ ids, waitS: 10 });
    expect([...outcome.tasks.keys()]).toEqual(['task-7']);
    expect(outcome.notFound).toHaveLength(49);
    expect([...outcome.faults.keys()]).toEqual(ids.slice(50));
  });
});

describe('polls', () => {
  test('look up what is due, and between two polls nothing happens', async ({ world, lookups }) => {
    const watch = world.watch();
    for (let polls = 0; polls < 40; polls++) {
      world.poll(watch);
      world.poll(watch);
      await world.pass(1);
    }
    expect(lookups.times).toEqual([0, 10, 20, 30]);
    await world.pass(1000);
    expect(lookups.requests).toHaveLength(4);
    expect(watch.state).toEqual({
      finished: 0,
      total: 1,
      isLookedUp: true,
      oldestAgeSeconds: 1100,
      pollIntervalMs: 10_000,
      fault: undefined,
    });
    expect(watch.outcome().pollAfterSeconds).toBeUndefined();
  });

  test('wait for a lookup for their time, or until they are cancelled; it goes on', async ({ world, lookups }) => {
    lookups.answerS = 8;
    const watch = world.watch();
    const controller = new AbortController();
    const polls = [world.poll(watch), world.poll(watch, controller.signal)];
    await world.pass(2);
    controller.abort();
    await world.pass(4);
    polls.push(world.poll(watch));
    expect(watch.state.isLookedUp).toBe(false);
    await world.passAll();
    expect(polls).toEqual([{ endS: 5 }, { endS: 2 }, { endS: 8 }]);
    expect(lookups.times).toEqual([0]);
    expect(watch.state.isLookedUp).toBe(true);
  });

  test('after a restart begin with a repeated lookup, which keeps its distance', async ({ world, lookups }) => {
    await world.run({ waitS: 0, ids: ['other'] });
    world.poll(world.watch(true));
    await world.passAll();
    expect(lookups.times).toEqual([0, 1]);
  });

  test('make no lookup during a rate limit, and say so', async ({ world, lookups }) => {
    lookups.find = (atS) => (atS < 5 ? limited(60_000) : { a: 'pending' });
    const watch = world.watch();
    const resumed = world.watch(true);
    world.poll(watch);
    await world.pass(1);
    expect(watch.state).toMatchObject({ fault: 'Limited.', pollIntervalMs: 59_000 });
    const polls = [world.poll(watch), world.poll(resumed)];
    await world.pass(29);
    expect(polls).toEqual([{ endS: 1 }, { endS: 1 }]);
    expect(resumed.state).toMatchObject({ isLookedUp: false, fault: 'The API limits the rate of requests' });
    await world.pass(30);
    world.poll(watch);
    await world.passAll();
    expect(lookups.times).toEqual([0, 60]);
    expect(watch.state.fault).toBeUndefined();
  });

  test('end, with the lookup, when nobody is interested any more', async ({ world, lookups }) => {
    lookups.answerS = 8;
    const watch = world.watch();
    const poll = world.poll(watch);
    await world.pass(2);
    watch.end();
    await world.passAll();
    expect(poll.endS).toBe(2);
    expect(lookups.requests).toEqual([{ ids: ['a'], startS: 0, endS: 2, isAborted: true }]);
  });
});
