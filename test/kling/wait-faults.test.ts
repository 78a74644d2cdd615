import { describe, expect, test, vi } from 'vitest';
import { KlingError } from '../../src/kling/api/error.js';
import type { Progress } from '../../src/kling/wait.js';
import { type Findings, limited, looks, refused, run, statuses, times } from '../support/wait-scenario.js';

describe('faults while waiting', () => {
  test('one that may pass slows the pace and is forgotten', async () => {
    const ending = await run({
      waitS: 50,
      find: (atS) => (atS === 5 ? { a: limited() } : { a: atS < 30 ? 'pending' : 'completed' }),
    });
    expect(times()).toEqual([0, 5, 15, 25, 35]);
    expect(statuses(ending)).toEqual(['completed']);
    expect(ending.outcome?.faults.size).toBe(0);
  });

  test('the pace slows to 30 s at most while faults go on, and the last known state is the answer', async () => {
    const ending = await run({ waitS: 120, find: (atS) => ({ a: atS === 0 ? 'pending' : limited() }) });
    expect(times()).toEqual([0, 5, 15, 35, 65, 95, 119]);
    expect(statuses(ending)).toEqual(['pending']);
    expect(ending.outcome?.faults.size).toBe(0);
  });

  test('no look comes before the time that the API asked to wait', async () => {
    await run({ waitS: 50, find: (atS) => ({ a: atS === 5 ? limited(22_000) : 'pending' }) });
    expect(times()).toEqual([0, 5, 27, 37, 47, 49]);
  });

  test('a time to wait beyond the deadline ends the wait, with it as the advice', async () => {
    const ending = await run({ waitS: 50, find: (atS) => ({ a: atS === 5 ? limited(90_000) : 'pending' }) });
    expect(times()).toEqual([0, 5]);
    expect(statuses(ending)).toEqual(['pending']);
    expect(ending.outcome?.pollAfterSeconds).toBe(90);
  });

  const strange = new KlingError('bad_response', 'Not JSON.');

  test("an answer that is none of the API's is not the end, once the API was seen", async () => {
    const ending = await run({
      waitS: 50,
      find: (atS) => ({ a: atS === 5 ? strange : atS < 30 ? 'pending' : 'completed' }),
    });
    expect(statuses(ending)).toEqual(['completed']);
  });

  test("an answer that is none of the API's at the first look ends the wait", async () => {
    const { outcome, atS } = await run({ waitS: 50, find: () => ({ a: strange }) });
    expect(atS).toBe(0);
    expect(outcome?.faults.get('a')).toBe(strange);
  });

  test('a last look that times out does not hide what an earlier one met', async () => {
    const slow = new KlingError('timeout', 'No answer.');
    const { outcome } = await run({ waitS: 20, find: (atS) => ({ a: atS < 15 ? limited() : slow }) });
    expect(outcome?.faults.get('a')?.code).toBe('too_many_requests');
  });

  test('one that repeating cannot mend ends the wait with the last known state', async () => {
    const ending = await run({ waitS: 50, find: (atS) => ({ a: atS === 15 ? refused : 'pending' }) });
    expect(times()).toEqual([0, 5, 15]);
    expect(statuses(ending)).toEqual(['pending']);
    expect(ending.outcome?.faults.get('a')).toBe(refused);
  });

  test('a first look that fails is no end while time is left', async () => {
    const ending = await run({ waitS: 50, find: (atS) => ({ a: atS < 20 ? limited() : 'completed' }) });
    expect(times()).toEqual([0, 10, 30]);
    expect(statuses(ending)).toEqual(['completed']);
  });

  test('where no look ever succeeds the fault is told', async () => {
    const { outcome } = await run({ waitS: 20, find: () => ({ a: limited() }) });
    expect(outcome?.tasks.size).toBe(0);
    expect(outcome?.faults.get('a')?.code).toBe('too_many_requests');
  });

  test('a task that was seen and is gone keeps its last state and is asked for again', async () => {
    const ending = await run({
      waitS: 50,
      find: (atS) => (atS === 5 ? {} : { a: atS < 30 ? 'pending' : 'completed' }),
    });
    expect(statuses(ending)).toEqual(['completed']);
    expect(ending.outcome?.notFound).toEqual([]);
  });
});

describe('many tasks', () => {
  test('only what is pending is asked for again', async () => {
    const ending = await run({
      ids: ['a', 'b', 'c', 'd'],
      waitS: 50,
      find: (atS) => ({ a: 'completed', b: atS < 10 ? 'pending' : 'failed', c: atS < 20 ? 'pending' : 'completed' }),
    });
    expect(looks.map(({ ids }) => ids.join(''))).toEqual(['abcd', 'bc', 'bc', 'c']);
    expect(statuses(ending)).toEqual(['completed', 'failed', 'completed']);
    expect(ending.outcome?.notFound).toEqual(['d']);
  });

  test('an id once seen keeps its state; the fault of one never seen is told', async () => {
    const { outcome } = await run({
      ids: ['a', 'b'],
      waitS: 10,
      find: (atS) => ({ a: atS === 0 ? 'pending' : limited(), b: limited() }),
    });
    expect([...(outcome?.tasks.keys() ?? [])]).toEqual(['a']);
    expect([...(outcome?.faults.keys() ?? [])]).toEqual(['b']);
  });
});

describe('progress', () => {
  test('comes at least every 10 s, rises strictly, and ends with the answer', async () => {
    const seen: Progress[] = [];
    const findings = (atS: number): Findings => ({ a: 'completed', b: atS < 30 ? 'pending' : 'completed' });
    await run({ ids: ['a', 'b'], waitS: 50, find: findings, onProgress: (progress) => seen.push(progress) });
    const atS = seen.map(({ elapsedMs }) => elapsedMs / 1000);
    expect(atS.at(-1)).toBeLessThanOrEqual(35);
    for (const [index, second] of [0, ...atS, 35].entries()) {
      if (index > 0) expect(second - ([0, ...atS][index - 1] ?? 0)).toBeLessThanOrEqual(10);
    }
    expect(seen.every(({ finished, total }) => finished === 1 && total === 2)).toBe(true);
  });

  test('comes also during a first look that takes long', async () => {
    const seen: number[] = [];
    const onProgress = ({ elapsedMs }: Progress) => seen.push(elapsedMs);
    await run({ waitS: 50, lookS: 24, find: () => ({ a: 'completed' }), onProgress });
    expect(seen).toEqual([5000, 10_000, 15_000, 20_000]);
  });

  test('there is none without a wait', async () => {
    const onProgress = vi.fn();
    await run({ waitS: 0, lookS: 25, find: () => ({ a: 'pending' }), onProgress });
    expect(onProgress).not.toHaveBeenCalled();
  });
});
