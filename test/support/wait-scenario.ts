import { afterEach, beforeEach, expect, vi } from 'vitest';
import { KlingError } from '../../src/kling/api/error.js';
import type { Task } from '../../src/kling/task/task.js';
import { type Outcome, type Progress, type Sighting, waitForTasks } from '../../src/kling/wait.js';

/** What a look finds, by id: a status, a fault, or nothing. */
export type Findings = Record<string, Task['status'] | KlingError | undefined>;

/** A fault that may pass. */
export const limited = (retryAfterMs?: number) =>
  new KlingError('too_many_requests', 'Limited.', { hint: 'Wait.', retryable: true, retryAfterMs });
/** A fault that repeating cannot mend. */
export const refused = new KlingError('invalid_token', 'Refused.', { hint: 'Mend.' });

let startMs: number;
export let looks: { atS: number; ids: string[]; budgetS: number }[];
export let cancelled: AbortController;
export let closing: AbortController;

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
export function start({ ids = ['a'], waitS, find, lookS = 0, onProgress }: Scenario) {
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

/** Runs a wait to its end. */
export async function run(scenario: Scenario) {
  const { ending, done } = start(scenario);
  await vi.runAllTimersAsync();
  await done;
  return ending;
}

/** When the looks came, in seconds since the start. */
export const times = () => looks.map(({ atS }) => atS);
export const statuses = ({ outcome }: { outcome?: Outcome }) =>
  [...(outcome?.tasks.values() ?? [])].map(({ status }) => status);
