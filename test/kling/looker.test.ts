import { describe, expect, test, vi } from 'vitest';
import { KlingError } from '../../src/kling/api/error.js';
import {
  aborted,
  type Ending,
  isCancelled,
  limited,
  lookups,
  run,
  start,
  statuses,
  times,
} from '../support/wait-scenario.js';

const ids = (count: number, prefix = 'task') => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
const allOf = (status: 'pending' | 'completed') => (_atS: number, asked: string[]) =>
  Object.fromEntries(asked.map((id) => [id, status]));
const sizes = () => lookups.map(({ ids: asked }) => asked.length);

/** Starts one wait for each id. */
function startAll(names: string[], scenario: Omit<Parameters<typeof start>[0], 'ids'>) {
  return names.map((id) => start({ ...scenario, ids: [id] }));
}

async function endAll(waits: ReturnType<typeof startAll>): Promise<Ending[]> {
  await vi.runAllTimersAsync();
  await Promise.all(waits.map(({ done }) => done));
  return waits.map(({ ending }) => ending);
}

describe('first looks', () => {
  test('of calls that arrive together share a request, and at most two requests are in flight', async () => {
    const waits = startAll(ids(120), { waitS: 0, lookupS: 1, find: allOf('completed') });
    await vi.advanceTimersByTimeAsync(500);
    expect(sizes()).toEqual([50, 50]);
    const endings = await endAll(waits);
    expect(sizes()).toEqual([50, 50, 20]);
    expect(endings.every((ending) => statuses(ending)[0] === 'completed')).toBe(true);
  });

  test('of ids that are asked for in the meantime wait for a free place, and then share a request', async () => {
    startAll(['a'], { waitS: 0, lookupS: 2, find: allOf('completed') });
    await vi.advanceTimersByTimeAsync(100);
    startAll(['b'], { waitS: 0, lookupS: 2, find: allOf('completed') });
    await vi.advanceTimersByTimeAsync(100);
    for (const id of ['c', 'd', 'e']) {
      startAll([id], { waitS: 0, lookupS: 2, find: allOf('completed') });
      await vi.advanceTimersByTimeAsync(100);
    }
    await vi.runAllTimersAsync();
    expect(lookups.map(({ ids: asked }) => asked.join(''))).toEqual(['a', 'b', 'cde']);
    expect(times()).toEqual([0, 0.1, 2]);
  });

  test('at one id by many calls at once are one look, however the id is spelled', async () => {
    const endings = await endAll(startAll(['Ab', 'aB', 'Ab'], { waitS: 0, lookupS: 1, find: allOf('completed') }));
    expect(lookups).toEqual([{ atS: 0, ids: ['Ab'] }]);
    expect(endings.map(({ outcome }) => outcome?.tasks.keys().next().value)).toEqual(['Ab', 'aB', 'Ab']);
    expect(endings.map(({ outcome }) => outcome?.tasks.values().next().value?.task_id)).toEqual(['Ab', 'aB', 'Ab']);
  });

  test('a call that comes while its id is in flight shares the answer', async () => {
    const first = startAll(['a'], { waitS: 0, lookupS: 2, find: allOf('completed') });
    await vi.advanceTimersByTimeAsync(1000);
    const second = startAll(['a'], { waitS: 0, lookupS: 2, find: allOf('completed') });
    const [one, two] = await endAll([...first, ...second]);
    expect([one?.atS, two?.atS]).toEqual([2, 2]);
    expect(lookups).toHaveLength(1);
  });

  test('of a thousand calls on a slow API do not time out in the queue', async () => {
    const endings = await endAll(startAll(ids(1000), { waitS: 0, lookupS: 12, find: allOf('completed') }));
    expect(endings.every((ending) => statuses(ending)[0] === 'completed')).toBe(true);
    expect(lookups).toHaveLength(20);
    expect(endings.at(-1)?.atS).toBe(120);
  });
});

describe('repeated looks', () => {
  test('of all waits go together', async () => {
    const waits = startAll(ids(30), { waitS: 15, ageS: 60, find: allOf('pending') });
    await endAll(waits);
    expect(sizes()).toEqual([30, 30, 30]);
    expect(times()).toEqual([0, 10, 14]);
  });

  test('keep a second from the start and from the end of the request before', async () => {
    await endAll(startAll(ids(120), { waitS: 20, ageS: 60, lookupS: 0.3, find: allOf('pending') }));
    const repeated = times().filter((atS) => atS >= 10);
    for (const [index, atS] of repeated.entries()) {
      if (index > 0) expect(atS - (repeated[index - 1] ?? 0)).toBeGreaterThanOrEqual(1.3 - 0.001);
    }
  });

  test('give way to first ones', async () => {
    const waits = startAll(ids(60), { waitS: 15, ageS: 60, lookupS: 0.4, find: allOf('pending') });
    await vi.advanceTimersByTimeAsync(10_420);
    const [first] = startAll(['new'], { waitS: 0, ageS: 60, lookupS: 0.4, find: allOf('pending') });
    await vi.advanceTimersByTimeAsync(10);
    expect(lookups.at(-1)?.ids).toContain('new');
    await endAll([...waits, ...(first ? [first] : [])]);
  });

  test('at a task that two calls wait for are shared', async () => {
    const first = startAll(['a'], { waitS: 40, ageS: 60, find: allOf('pending') });
    await vi.advanceTimersByTimeAsync(3000);
    const second = startAll(['a'], { waitS: 37, ageS: 60, find: allOf('pending') });
    await endAll([...first, ...second]);
    expect(times()).toEqual([0, 3, 13, 23, 33, 39]);
  });

  test('never follow at once on a slow or a rate-limited one', async () => {
    const slow = startAll(['a'], { waitS: 50, ageS: 60, lookupS: 12, find: allOf('pending') });
    await endAll(slow);
    expect(times()).toEqual([0, 22, 44]);
  });

  test('100 waits on a fake API of 200 ms: 6 requests in the first second at most, one a second from then on', async () => {
    const endedS = 25;
    const find = (atS: number, asked: string[]) => allOf(atS >= endedS ? 'completed' : 'pending')(atS, asked);
    const endings = await endAll(startAll(ids(100), { waitS: 50, ageS: 60, lookupS: 0.2, find }));
    expect(times().filter((atS) => atS < 1).length).toBeLessThanOrEqual(6);
    const later = times().filter((atS) => atS >= 1);
    for (const atS of later) {
      expect(later.filter((other) => other >= atS && other < atS + 1)).toHaveLength(1);
    }
    // The pace of the tasks allows a look at 30 s.
    for (const ending of endings) {
      expect(statuses(ending)).toEqual(['completed']);
      expect(ending.atS).toBeLessThanOrEqual(32.5);
    }
  });
});

describe('one caller does not affect another', () => {
  test('a cancelled call leaves the request to the others that need it', async () => {
    const controller = new AbortController();
    const scenario = { waitS: 0, lookupS: 2, find: allOf('completed') };
    const gone = start({ ...scenario, ids: ['a'], signal: controller.signal });
    const same = start({ ...scenario, ids: ['a'] });
    const other = start({ ...scenario, ids: ['b'] });
    await vi.advanceTimersByTimeAsync(1000);
    controller.abort();
    await gone.done;
    expect(isCancelled(gone.ending)).toBe(true);
    expect(gone.ending.atS).toBe(1);
    const endings = await endAll([same, other]);
    expect(endings.map(({ atS }) => atS)).toEqual([2, 2]);
    expect(aborted).toEqual([]);
    expect(lookups).toHaveLength(1);
  });

  test('the request is aborted once nobody needs it, and the next call gets one of its own', async () => {
    const controller = new AbortController();
    const scenario = { waitS: 0, lookupS: 2, find: allOf('completed') };
    const gone = ['a', 'b'].map((id) => start({ ...scenario, ids: [id], signal: controller.signal }));
    await vi.advanceTimersByTimeAsync(1000);
    controller.abort();
    await Promise.all(gone.map(({ done }) => done));
    const ending = await run({ ...scenario, ids: ['a'] });
    expect(aborted).toEqual([['a', 'b']]);
    expect(statuses(ending)).toEqual(['completed']);
    expect(ending.atS).toBe(3);
  });

  test('the deadline of one wait leaves the look to the others', async () => {
    const short = startAll(['a'], { waitS: 8, ageS: 60, lookupS: 4, find: allOf('pending') });
    const long = startAll(['b'], { waitS: 30, ageS: 60, lookupS: 4, find: allOf('pending') });
    const [one, two] = await endAll([...short, ...long]);
    expect(one?.atS).toBe(8.5);
    expect(statuses(two ?? {})).toEqual(['pending']);
    expect(two?.outcome?.faults.size).toBe(0);
  });

  const tooLarge = new KlingError('bad_response', 'The answer is larger than 8 MiB.', { divisible: true });

  test('two records that are too large together are asked for apart', async () => {
    const find = (_atS: number, asked: string[]) =>
      asked.includes('task-3') && asked.includes('task-17') ? { '*': tooLarge } : allOf('completed')(0, asked);
    const ending = await run({ ids: ids(20), waitS: 0, find });
    expect(statuses(ending)).toHaveLength(20);
    expect(sizes()).toEqual([20, 10, 10]);
  });

  test('a record that is too large by itself is the fault of its id alone', async () => {
    const find = (_atS: number, asked: string[]) =>
      asked.includes('task-3') ? { '*': tooLarge } : allOf('completed')(0, asked);
    const { outcome } = await run({ ids: ids(20), waitS: 0, find });
    expect(outcome?.tasks.size).toBe(19);
    expect([...(outcome?.faults ?? [])]).toEqual([['task-3', tooLarge]]);
  });

  test('a refusal of every part is not followed down to each of a hundred ids', async () => {
    const refusal = new KlingError('bad_request', 'No.', { divisible: true });
    const { outcome } = await run({ ids: ids(50), waitS: 0, find: () => ({ '*': refusal }) });
    expect(outcome?.faults.size).toBe(50);
    expect(lookups.length).toBeLessThan(40);
    // A few at once, then four a second.
    expect(times().at(-1)).toBeGreaterThan(5);
  });

  test('a dozen refused ids in a row take the fault alone, and the healthy ones are found', async () => {
    const refusal = new KlingError('bad_request', 'No.', { divisible: true });
    const isBad = (id: string) => Number(id.slice(5)) < 12;
    const find = (_atS: number, asked: string[]) =>
      asked.some(isBad) ? { '*': refusal } : allOf('completed')(0, asked);
    const { outcome } = await run({ ids: ids(100), waitS: 0, find });
    expect(outcome?.faults.size).toBe(12);
    expect(outcome?.tasks.size).toBe(88);
  });

  test('a rate limit that comes between the halves holds for them', async () => {
    const refusal = new KlingError('bad_request', 'No.', { divisible: true });
    const find = (atS: number, asked: string[]) => {
      if (asked.length === 2) return { '*': refusal };
      return atS < 5 && asked[0] === 'task-0' ? { '*': limited(20_000) } : allOf('completed')(atS, asked);
    };
    const { outcome, atS } = await run({ ids: ids(2), waitS: 0, find });
    expect(outcome?.tasks.size).toBe(1);
    expect(atS).toBe(20);
  });

  test('a refused token is not asked about in halves', async () => {
    const refusal = new KlingError('invalid_token', 'No.');
    const { outcome } = await run({ ids: ids(50), waitS: 0, find: () => ({ '*': refusal }) });
    expect(outcome?.faults.size).toBe(50);
    expect(lookups).toHaveLength(1);
  });
});

describe('a rate limit', () => {
  test('holds for all calls: no request is made before its end', async () => {
    const find = (atS: number, asked: string[]) =>
      atS === 0 ? { '*': limited(20_000) } : allOf('completed')(atS, asked);
    const first = startAll(['a'], { waitS: 50, find });
    await vi.advanceTimersByTimeAsync(1000);
    const second = startAll(['b', 'c'], { waitS: 0, find });
    const endings = await endAll([...first, ...second]);
    expect(lookups).toEqual([
      { atS: 0, ids: ['a'] },
      { atS: 20, ids: ['b', 'c', 'a'] },
    ]);
    expect(endings.map(({ atS }) => atS)).toEqual([20, 20, 20]);
  });

  test('is reported at once, with the seconds, to a call that cannot wait for its end', async () => {
    const find = (atS: number, asked: string[]) =>
      atS === 0 ? { '*': limited(90_000) } : allOf('completed')(atS, asked);
    await run({ ids: ['a'], waitS: 0, find });
    await vi.advanceTimersByTimeAsync(10_000);
    const { outcome, atS } = await run({ ids: ['b'], waitS: 50, find });
    expect(atS).toBe(10);
    const fault = outcome?.faults.get('b');
    expect(fault?.code).toBe('too_many_requests');
    expect(fault?.hint).toBe('Try again after 80 s.');
    const { atS: lastS } = await run({ ids: ['c'], waitS: 85, find });
    expect(lastS).toBe(90);
  });

  test('that outlasts a wait ends it at once, also for the ids whose request it did not meet', async () => {
    const many = ids(60);
    const find = (_atS: number, asked: string[]) =>
      asked.includes('task-59') ? { '*': limited(90_000) } : allOf('pending')(0, asked);
    const { outcome, atS } = await run({ ids: many, waitS: 50, find });
    expect(atS).toBe(0);
    expect(outcome?.tasks.size).toBe(50);
    expect(outcome?.faults.size).toBe(10);
    expect(outcome?.pollAfterSeconds).toBe(90);
  });

  test('that starts while calls are queued is reported to those that cannot wait', async () => {
    const scenario = { waitS: 0, lookupS: 1, find: () => ({ '*': limited(60_000) }) };
    const waits = startAll(ids(150), scenario);
    const endings = await endAll(waits);
    expect(endings.map(({ outcome }) => [...(outcome?.faults.values() ?? [])][0]?.code)).toEqual(
      Array.from({ length: 150 }, () => 'too_many_requests'),
    );
    expect(lookups).toHaveLength(2);
    expect(endings.every(({ atS }) => atS === 1)).toBe(true);
  });
});
