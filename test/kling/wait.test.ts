import { describe, expect, test, vi } from 'vitest';
import { CancelledError } from '../../src/kling/deadline.js';
import { cancelled, closing, looks, run, start, statuses, times } from '../support/wait-scenario.js';

describe('the pace', () => {
  test('looks at once, after 5 s, then every 10 s, and a last time a second before the deadline', async () => {
    const { outcome, atS } = await run({ waitS: 50, find: () => ({ a: 'pending' }) });
    expect(times()).toEqual([0, 5, 15, 25, 35, 45, 49]);
    expect(atS).toBe(49);
    expect(outcome?.pollAfterSeconds).toBe(1);
  });

  test.each([
    [0, [0]],
    [1, [0, 1]],
    [2, [0, 1]],
    [3, [0, 2]],
    [6, [0, 5]],
    [8, [0, 5, 7]],
    [20, [0, 5, 15, 19]],
  ])('a wait of %i s looks at %j', async (waitS, expected) => {
    const { atS } = await run({ waitS, find: () => ({ a: 'pending' }) });
    expect(times()).toEqual(expected);
    expect(atS).toBeLessThanOrEqual(waitS + 1);
  });

  test('a wait of 1 s looks again at its end, though the clock went on a little', async () => {
    await run({ waitS: 1, lookS: 0.01, find: () => ({ a: 'pending' }) });
    expect(times()).toEqual([0, 1]);
  });

  test('the first look has its full time, later ones half a second over the deadline', async () => {
    await run({ waitS: 8, find: () => ({ a: 'pending' }) });
    expect(looks.map(({ budgetS }) => budgetS)).toEqual([Number.POSITIVE_INFINITY, 3.5, 1.5]);
  });

  test('a first look that takes longer than the wait is the only one', async () => {
    const ending = await run({ waitS: 1, lookS: 9, find: () => ({ a: 'pending' }) });
    expect(times()).toEqual([0]);
    expect(statuses(ending)).toEqual(['pending']);
    expect(ending.outcome?.pollAfterSeconds).toBe(1);
  });

  test('a look that takes long never makes looks overlap or come within a second', async () => {
    await run({ waitS: 50, lookS: 7, find: () => ({ a: 'pending' }) });
    expect(times()).toEqual([0, 7, 17, 27, 37, 47]);
  });
});

describe('the end of a wait', () => {
  test('comes with the look that finds nothing pending', async () => {
    const ending = await run({ waitS: 50, find: (atS) => ({ a: atS < 12 ? 'pending' : 'completed' }) });
    expect(times()).toEqual([0, 5, 15]);
    expect(ending.atS).toBe(15);
    expect(statuses(ending)).toEqual(['completed']);
    expect(ending.outcome?.pollAfterSeconds).toBeUndefined();
  });

  test('without a wait there is one look and no advice of ours', async () => {
    const ending = await run({ waitS: 0, find: () => ({ a: 'pending' }) });
    expect(times()).toEqual([0]);
    expect(ending.outcome?.pollAfterSeconds).toBeUndefined();
  });

  test('a task that does not exist is not waited for', async () => {
    const { outcome, atS } = await run({ waitS: 50, find: () => ({}) });
    expect(atS).toBe(0);
    expect(outcome?.notFound).toEqual(['a']);
  });

  test('cancellation between two looks ends it at once', async () => {
    const { ending, done } = start({ waitS: 50, find: () => ({ a: 'pending' }) });
    await vi.advanceTimersByTimeAsync(7000);
    cancelled.abort();
    await done;
    expect(ending.error).toBeInstanceOf(CancelledError);
    expect(ending.atS).toBe(7);
    expect(times()).toEqual([0, 5]);
  });

  test('a client that is about to go gets the last known state at once', async () => {
    const { ending, done } = start({ waitS: 50, find: () => ({ a: 'pending' }) });
    await vi.advanceTimersByTimeAsync(7000);
    closing.abort();
    await done;
    expect(ending.atS).toBe(7);
    expect(statuses(ending)).toEqual(['pending']);
  });
});
