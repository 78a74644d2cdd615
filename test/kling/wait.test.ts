import { describe, expect, test, vi } from 'vitest';
import { KlingError } from '../../src/kling/api/error.js';
import {
  cancelled,
  closing,
  elapsedS,
  type Findings,
  isCancelled,
  lookups,
  run,
  start,
  statuses,
  times,
} from '../support/wait-scenario.js';

const pending = () => ({ a: 'pending' as const });

describe('the pace', () => {
  test.each([
    ['younger than 30 s: 5 s after the first look, then every 10 s', 2, [0, 5, 15, 25, 35, 45, 49]],
    ['older than 30 s: every 10 s', 60, [0, 10, 20, 30, 40, 49]],
    ['older than 5 minutes: every 20 s', 301, [0, 20, 40, 49]],
    ['older than 15 minutes: every 30 s', 901, [0, 30, 49]],
    ['of unknown age: as if it were 5 minutes old', null, [0, 20, 40, 49]],
  ])('of a task %s, and a last look a second before the deadline', async (_name, ageS, expected) => {
    const { outcome, atS } = await run({ waitS: 50, ageS, find: pending });
    expect(times()).toEqual(expected);
    expect(atS).toBe(49);
    expect(outcome?.pollAfterSeconds).toBe(1);
  });

  test('follows the age that a task reaches during the wait', async () => {
    await run({ waitS: 60, ageS: 290, find: pending });
    expect(times()).toEqual([0, 10, 30, 50, 59]);
  });

  test.each([
    [0, [0]],
    [1, [0, 1]],
    [2, [0, 1.5]],
    [3, [0, 2.25]],
    [6, [0, 5]],
    [8, [0, 5, 7]],
    [20, [0, 5, 15, 19]],
  ])('a wait of %i s for a young task looks at %j', async (waitS, expected) => {
    const { atS } = await run({ waitS, ageS: 2, find: pending });
    expect(times()).toEqual(expected);
    expect(atS).toBeLessThanOrEqual(waitS + 1);
  });

  test('a wait of 1 s looks again at its end, even if the clock has moved on a little', async () => {
    await run({ waitS: 1, lookupS: 0.01, find: pending });
    expect(lookups).toHaveLength(2);
    expect(times()[1]).toBeCloseTo(1.01);
  });

  test('a first look that takes longer than the wait is the only one', async () => {
    const ending = await run({ waitS: 1, lookupS: 9, find: pending });
    expect(times()).toEqual([0]);
    expect(statuses(ending)).toEqual(['pending']);
    expect(ending.outcome?.pollAfterSeconds).toBe(1);
  });

  test('a slow look never makes looks overlap or come less than a second apart', async () => {
    const { atS } = await run({ waitS: 50, ageS: 60, lookupS: 7, find: pending });
    expect(times()).toEqual([0, 17, 34, 49]);
    expect(atS).toBe(50.5);
  });

  test('a last look that is not answered half a second after the deadline is given up', async () => {
    const ending = await run({ waitS: 8, lookupS: 3, find: pending });
    expect(ending.atS).toBe(8.5);
    expect(statuses(ending)).toEqual(['pending']);
  });

  test('a wait that follows another at once continues at its pace instead of looking twice', async () => {
    const first = start({ waitS: 20, ageS: 60, find: pending });
    await vi.advanceTimersByTimeAsync(19_000);
    await first.done;
    expect(times()).toEqual([0, 10, 19]);
    await run({ waitS: 20, ageS: 60, find: pending });
    expect(times()).toEqual([0, 10, 19, 29, 38]);
  });

  test('a look of another call shortly before the deadline does not end a wait early', async () => {
    const find = (atS: number) => ({ a: atS >= 8.5 ? ('completed' as const) : ('pending' as const) });
    const { ending, done } = start({ waitS: 10, ageS: 60, find });
    await vi.advanceTimersByTimeAsync(8100);
    start({ waitS: 0, ageS: 60, find });
    await vi.runAllTimersAsync();
    await done;
    expect(ending.atS).toBeCloseTo(9.1);
    expect(statuses(ending)).toEqual(['completed']);
  });

  test('a wait does not go on from a state that a later look has changed', async () => {
    let ended = false;
    const find = () => ({ a: ended ? ('completed' as const) : ('pending' as const) });
    await run({ waitS: 2, ageS: 60, find });
    ended = true;
    await run({ waitS: 0, ageS: 60, find });
    const before = elapsedS();
    const ending = await run({ waitS: 30, ageS: 60, find });
    expect(statuses(ending)).toEqual(['completed']);
    expect(ending.atS).toBe(before);
  });

  test.each([
    [1700, 1],
    [1900, undefined],
  ])('a wait that ran out on a task of %i s advises to ask again after %s s', async (ageS, expected) => {
    const { outcome } = await run({ waitS: 4, ageS, find: pending });
    expect(outcome?.pollAfterSeconds).toBe(expected);
  });

  const down = new KlingError('api_error', 'Down.', { retryable: true });
  test.each<[string, Findings]>([
    ['brought a fault', { '*': down }],
    ['did not find the task', {}],
  ])('a wait behind one whose last look %s looks at once', async (_, last) => {
    const find = (atS: number): Findings => {
      if (atS < 8.5) return { a: 'pending' };
      return atS < 9.5 ? last : { a: 'completed' };
    };
    await run({ waitS: 10, ageS: 400, find });
    await vi.advanceTimersByTimeAsync(1000);
    const before = elapsedS();
    const ending = await run({ waitS: 50, ageS: 400, find });
    expect(statuses(ending)).toEqual(['completed']);
    expect(ending.atS).toBe(before);
  });

  test('a wait does not go on from what a divided request saw before somebody else saw more', async () => {
    const tooLarge = new KlingError('bad_response', 'Too large.', { divisible: true });
    const find = (atS: number, [id = '', ...others]: string[]): Findings =>
      others.length > 0 ? { '*': tooLarge } : { [id]: id === 'a' && atS >= 1.55 ? 'completed' : 'pending' };
    const first = start({ ids: ['a', 'b', 'c'], waitS: 0, ageS: 400, lookupS: 0.5, find });
    await vi.advanceTimersByTimeAsync(1600);
    const second = start({ waitS: 0, ageS: 400, lookupS: 0.5, find });
    await vi.advanceTimersByTimeAsync(1400);
    await Promise.all([first.done, second.done]);
    expect(statuses(second.ending)).toEqual(['completed']);
    const ending = await run({ waitS: 50, ageS: 400, lookupS: 0.5, find });
    expect(statuses(ending)).toEqual(['completed']);
    expect(ending.atS).toBe(3.5);
  });

  test('a call without waiting looks, however recent the last look', async () => {
    await run({ waitS: 20, ageS: 60, find: pending });
    await run({ waitS: 0, find: pending });
    expect(times()).toEqual([0, 10, 19, 19]);
  });

  test('a generation of five minutes, followed from its fifth second with waits of 50 s, costs at most 36 requests', async () => {
    const find = (atS: number) => ({ a: atS >= 295 ? ('completed' as const) : ('pending' as const) });
    for (let calls = 1; ; calls++) {
      const ending = await run({ waitS: 50, ageS: 5, find });
      if (statuses(ending)[0] === 'completed') break;
      expect(calls).toBeLessThan(8);
    }
    expect(elapsedS()).toBeLessThan(306);
    expect(lookups.length).toBeLessThanOrEqual(36);
  });
});

describe('the end of a wait', () => {
  test('comes with the look that finds nothing pending', async () => {
    const ending = await run({ waitS: 50, ageS: 60, find: (atS) => ({ a: atS < 12 ? 'pending' : 'completed' }) });
    expect(times()).toEqual([0, 10, 20]);
    expect(ending.atS).toBe(20);
    expect(statuses(ending)).toEqual(['completed']);
    expect(ending.outcome?.pollAfterSeconds).toBeUndefined();
  });

  test('without a wait there is one look, and the advice of the task stands', async () => {
    const ending = await run({ waitS: 0, find: pending });
    expect(times()).toEqual([0]);
    expect(ending.outcome?.pollAfterSeconds).toBeUndefined();
  });

  test('cancellation between two looks ends it at once', async () => {
    const { ending, done } = start({ waitS: 50, ageS: 60, find: pending });
    await vi.advanceTimersByTimeAsync(17_000);
    cancelled.abort();
    await done;
    expect(isCancelled(ending)).toBe(true);
    expect(ending.atS).toBe(17);
    expect(times()).toEqual([0, 10]);
    await vi.runAllTimersAsync();
  });

  test('a call that was cancelled before it began looks at nothing', async () => {
    cancelled.abort();
    const ending = await run({ waitS: 0, find: pending });
    expect(isCancelled(ending)).toBe(true);
    expect(lookups).toEqual([]);
  });

  test('a client that is leaving gets the last known state at once', async () => {
    const { ending, done } = start({ waitS: 50, ageS: 60, find: pending });
    await vi.advanceTimersByTimeAsync(17_000);
    closing.abort();
    await done;
    expect(ending.atS).toBe(17);
    expect(statuses(ending)).toEqual(['pending']);
    await vi.runAllTimersAsync();
  });

  test('a look in flight has 1.5 s when the client is leaving', async () => {
    const { ending, done } = start({
      waitS: 50,
      ageS: 60,
      lookupS: 2,
      find: (atS) => ({ a: atS > 0 ? 'completed' : 'pending' }),
    });
    await vi.advanceTimersByTimeAsync(13_000);
    closing.abort();
    await vi.advanceTimersByTimeAsync(1500);
    await done;
    expect(statuses(ending)).toEqual(['completed']);
    expect(ending.atS).toBe(14);
  });

  test('a task that was never seen is a timeout when the client is leaving', async () => {
    const { ending, done } = start({ waitS: 50, lookupS: 20, find: pending });
    await vi.advanceTimersByTimeAsync(1000);
    closing.abort();
    await vi.advanceTimersByTimeAsync(1500);
    await done;
    expect(ending.atS).toBe(2.5);
    expect(ending.outcome?.faults.get('a')?.code).toBe('timeout');
  });
});

describe('a task that is not found', () => {
  test('is looked up once more after 5 s, since replicas lag, and then reported', async () => {
    const { outcome, atS } = await run({ waitS: 50, find: () => ({}) });
    expect(times()).toEqual([0, 5]);
    expect(atS).toBe(5);
    expect(outcome?.notFound).toEqual(['a']);
  });

  test('is followed where the second look finds it', async () => {
    const find = (atS: number) => (atS < 5 ? {} : { a: atS < 12 ? ('pending' as const) : ('completed' as const) });
    const ending = await run({ waitS: 50, find });
    expect(statuses(ending)).toEqual(['completed']);
    expect(ending.outcome?.notFound).toEqual([]);
  });

  test.each([0, 1, 4])('is reported at once in a wait of %i s', async (waitS) => {
    const { outcome, atS } = await run({ waitS, find: () => ({}) });
    expect(atS).toBe(0);
    expect(outcome?.notFound).toEqual(['a']);
  });
});
