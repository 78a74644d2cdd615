import { describe, expect, test } from 'vitest';
import { KlingError } from '../../src/kling/api/error.js';
import type { Progress } from '../../src/kling/follow.js';
import { type Findings, limited, lookups, refused, run, statuses, times } from '../support/wait-scenario.js';

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

  test('a Retry-After beyond the deadline ends the wait, and becomes the advice', async () => {
    const ending = await run({ waitS: 50, find: (atS) => ({ a: atS === 5 ? limited(90_000) : 'pending' }) });
    expect(times()).toEqual([0, 5]);
    expect(statuses(ending)).toEqual(['pending']);
    expect(ending.outcome?.pollAfterSeconds).toBe(90);
  });

  const strange = new KlingError('bad_response', 'Not JSON.');

  test('an answer that cannot come from the API does not end the wait once the API has answered properly', async () => {
    const ending = await run({
      waitS: 50,
      find: (atS) => ({ a: atS === 5 ? strange : atS < 30 ? 'pending' : 'completed' }),
    });
    expect(statuses(ending)).toEqual(['completed']);
  });

  test('an answer that cannot come from the API ends the wait at the first look', async () => {
    const { outcome, atS } = await run({ waitS: 50, find: () => ({ a: strange }) });
    expect(atS).toBe(0);
    expect(outcome?.faults.get('a')).toBe(strange);
  });

  test('a last look that times out does not hide an earlier fault', async () => {
    const slow = new KlingError('timeout', 'No answer.');
    const { outcome } = await run({ waitS: 20, find: (atS) => ({ a: atS < 15 ? limited() : slow }) });
    expect(outcome?.faults.get('a')?.code).toBe('too_many_requests');
  });

  test('one that a retry cannot fix ends the wait with the last known state', async () => {
    const ending = await run({ waitS: 50, find: (atS) => ({ a: atS === 15 ? refused : 'pending' }) });
    expect(times()).toEqual([0, 5, 15]);
    expect(statuses(ending)).toEqual(['pending']);
    expect(ending.outcome?.faults.get('a')).toBe(refused);
  });

  test('a first look that fails does not end the wait while time is left', async () => {
    const ending = await run({ waitS: 50, find: (atS) => ({ a: atS < 20 ? limited() : 'completed' }) });
    expect(times()).toEqual([0, 10, 30]);
    expect(statuses(ending)).toEqual(['completed']);
  });

  test('if no look ever succeeds, the fault is reported', async () => {
    const { outcome } = await run({ waitS: 20, find: () => ({ a: limited() }) });
    expect(outcome?.tasks.size).toBe(0);
    expect(outcome?.faults.get('a')?.code).toBe('too_many_requests');
  });

  test('a task that was seen and is not found later keeps its last state and is looked up again', async () => {
    const ending = await run({
      waitS: 50,
      find: (atS) => (atS === 5 ? {} : { a: atS < 30 ? 'pending' : 'completed' }),
    });
    expect(statuses(ending)).toEqual(['completed']);
    expect(ending.outcome?.notFound).toEqual([]);
  });
});

/** A refusal that concerns one id: the others can be asked for without it. */
const broken = new KlingError('bad_request', 'Broken.', { divisible: true });

describe('many tasks', () => {
  test('only what is pending is asked for again', async () => {
    const ending = await run({
      ids: ['a', 'b', 'c', 'd'],
      waitS: 50,
      find: (atS) => ({ a: 'completed', b: atS < 10 ? 'pending' : 'failed', c: atS < 20 ? 'pending' : 'completed' }),
    });
    // What was not found is looked at once more.
    expect(lookups.map(({ ids }) => ids.join(''))).toEqual(['abcd', 'bcd', 'bc', 'c']);
    expect(statuses(ending)).toEqual(['completed', 'failed', 'completed']);
    expect(ending.outcome?.notFound).toEqual(['d']);
  });

  test('an id that was seen keeps its state; the fault of one that was never seen is reported', async () => {
    const { outcome } = await run({
      ids: ['a', 'b'],
      waitS: 10,
      find: (atS, ids) => (atS === 0 && ids[0] === 'a' ? { a: 'pending', b: broken } : { '*': limited() }),
    });
    expect([...(outcome?.tasks.keys() ?? [])]).toEqual(['a']);
    expect([...(outcome?.faults.keys() ?? [])]).toEqual(['b']);
  });

  test('a fault that a retry cannot fix ends the waiting only for the id that it concerns', async () => {
    const find = (atS: number): Findings => ({ a: broken, b: atS < 20 ? 'pending' : 'completed' });
    const ending = await run({ ids: ['a', 'b'], waitS: 50, find });
    expect(statuses(ending)).toEqual(['completed']);
    expect(ending.outcome?.faults.get('a')).toBe(broken);
    expect(lookups.map(({ ids }) => ids.join(''))).toEqual(['ab', 'a', 'b', 'b', 'b', 'b']);
  });
});

describe('progress', () => {
  const timesOfProgress = async (scenario: Omit<Parameters<typeof run>[0], 'onProgress'>) => {
    const seen: Progress[] = [];
    const ending = await run({ ...scenario, onProgress: (progress) => seen.push(progress) });
    return { seen, ending, atS: seen.map(({ elapsedMs }) => elapsedMs / 1000) };
  };

  test('comes at the start of a wait and every 4 s or so, and says how many tasks have ended', async () => {
    const findings = (atS: number): Findings => ({ a: 'completed', b: atS < 12 ? 'pending' : 'completed' });
    const { seen, atS } = await timesOfProgress({ ids: ['a', 'b'], waitS: 50, find: findings });
    expect(atS).toEqual([0, 4.1, 8.2, 12.3]);
    expect(seen[0]).toMatchObject({ finished: 0, total: 2 });
    expect(seen.slice(1).every(({ finished, total }) => finished === 1 && total === 2)).toBe(true);
  });

  test('never comes in the same instant as the result', async () => {
    for (const waitS of [4, 5, 8, 12, 20, 50]) {
      const { atS, ending } = await timesOfProgress({ waitS, find: () => ({ a: 'pending' }) });
      expect(atS.length).toBeGreaterThan(0);
      expect((ending.atS ?? 0) - (atS.at(-1) ?? 0)).toBeGreaterThanOrEqual(0.2);
    }
  });

  test('comes also during a first look that takes long', async () => {
    const { atS } = await timesOfProgress({ waitS: 50, lookupS: 15, find: () => ({ a: 'completed' }) });
    expect(atS).toEqual([0, 4.1, 8.2, 12.3]);
  });

  test('there is none without a wait', async () => {
    const { atS } = await timesOfProgress({ waitS: 0, lookupS: 25, find: () => ({ a: 'pending' }) });
    expect(atS).toEqual([]);
  });
});
