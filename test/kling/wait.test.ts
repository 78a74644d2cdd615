import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CancelledError } from '../../src/kling/deadline.js';
import { KlingError } from '../../src/kling/error.js';
import type { Task } from '../../src/kling/task.js';
import { type Outcome, type Progress, type Sighting, waitForTasks } from '../../src/kling/wait.js';

/** What a look finds, by id: a status, a fault, or nothing. */
type Findings = Record<string, Task['status'] | KlingError | undefined>;

const limited = (retryAfterMs?: number) =>
  new KlingError('too_many_requests', 'Limited.', { hint: 'Wait.', retryable: true, retryAfterMs });
const refused = new KlingError('invalid_token', 'Refused.', { hint: 'Mend.' });

let startMs: number;
let looks: { atS: number; ids: string[]; budgetS: number }[];
let cancelled: AbortController;
let closing: AbortController;

/** The clock is under control: the pace of minutes is looked at in no time, to the millisecond. */
beforeEach(() => {
  vi.useFakeTimers();
  startMs = performance.now();
  looks = [];
  cancelled = new AbortController();
  closing = new AbortController();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const elapsedS = () => Math.round(performance.now() - startMs) / 1000;

interface Scenario {
  ids?: string[];
  waitS: number;
  /** What is found at a time, in seconds since the start. */
  find: (atS: number, ids: string[]) => Findings;
  lookS?: number;
  onProgress?: (progress: Progress) => void;
}

/** Starts a wait; what it comes to is there once the clock has been moved far enough. */
function start({ ids = ['a'], waitS, find, lookS = 0, onProgress }: Scenario) {
  const look = async (asked: string[], budgetMs: number): Promise<Sighting> => {
    looks.push({ atS: elapsedS(), ids: asked, budgetS: Math.round(budgetMs) / 1000 });
    const findings = find(elapsedS(), asked);
    if (lookS > 0) await new Promise((resolve) => setTimeout(resolve, lookS * 1000));
    const sighting: Sighting = { tasks: new Map(), notFound: [], faults: new Map() };
    for (const id of asked) {
      const found = findings[id];
      if (found === undefined) sighting.notFound.push(id);
      else if (found instanceof KlingError) sighting.faults.set(id, found);
      else sighting.tasks.set(id, { task_id: id, status: found });
    }
    return sighting;
  };
  const stop = { cancelled: cancelled.signal, closing: closing.signal };
  const ending: { outcome?: Outcome; error?: unknown; atS?: number } = {};
  const done = waitForTasks(look, ids, { waitMs: waitS * 1000, stop, onProgress })
    .then((outcome) => Object.assign(ending, { outcome, atS: elapsedS() }))
    .catch((error) => Object.assign(ending, { error, atS: elapsedS() }));
  return { ending, done };
}

async function run(scenario: Scenario) {
  const { ending, done } = start(scenario);
  await vi.runAllTimersAsync();
  await done;
  return ending;
}

const times = () => looks.map(({ atS }) => atS);
const statuses = ({ outcome }: { outcome?: Outcome }) =>
  [...(outcome?.tasks.values() ?? [])].map(({ status }) => status);

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
