import { setMaxListeners } from 'node:events';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { KlingError } from '../../src/kling/api/error.js';
import type { Outcome, Progress } from '../../src/kling/follow.js';
import { Looker } from '../../src/kling/looker.js';
import { CancelledError } from '../../src/kling/stop.js';
import type { Task } from '../../src/kling/task/task.js';
import { Wait } from '../../src/kling/wait.js';
import type { Json } from './records.js';

/** What a lookup finds for each id: a status, a fault, or nothing. A fault under `*` concerns the whole request. */
export type Findings = Record<string, Task['status'] | KlingError | undefined>;

/** A fault that may pass. */
export const limited = (retryAfterMs?: number) =>
  new KlingError('too_many_requests', 'Limited.', { hint: 'Wait.', retryable: true, retryAfterMs });
/** A fault that a retry cannot fix. */
export const refused = new KlingError('invalid_token', 'Refused.', { hint: 'Mend.' });

const REQUEST_TIMEOUT_MS = 30_000;
/** Unix time in milliseconds; the records of a scenario were created at this time, less their age. */
const START_DATE_MS = Date.UTC(2026, 0, 1);

let startMs: number;
let quietUntilMs: number;
/** The requests of the test, in their order. */
export let lookups: { atS: number; ids: string[] }[];
export let aborted: string[][];
export let cancelled: AbortController;
export let closing: AbortController;
let looker: Looker;
let findings: (atS: number, ids: string[]) => Findings;
let lookupS: number;
let ageS: number | undefined;

/** Runs with a controlled clock, so that minutes of waiting are tested at once and to the millisecond. */
beforeEach(() => {
  vi.useFakeTimers();
  startMs = performance.now();
  quietUntilMs = 0;
  lookups = [];
  aborted = [];
  cancelled = new AbortController();
  closing = new AbortController();
  // Each wait listens, and Node takes more than ten listeners for a leak.
  setMaxListeners(0, cancelled.signal, closing.signal);
  ageS = 2;
  lookupS = 0;
  looker = createLooker();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

export const elapsedS = () => Math.round(performance.now() - startMs) / 1000;

const recordOf = (id: string, status: Task['status']): Json => ({
  id,
  ...(ageS !== undefined && { created_at: START_DATE_MS / 1000 - ageS }),
  response: { state: { pending: 'processing', completed: 'succeed', failed: 'failed' }[status], voice_id: 'v1' },
});

/** A looker on a client whose answers are scripted. */
function createLooker(): Looker {
  return new Looker(
    {
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      redact: (text) => text,
      get quietMs() {
        return Math.max(0, quietUntilMs - performance.now());
      },
      get retryAfterMs() {
        return Math.max(0, quietUntilMs - performance.now());
      },
      async lookup(ids, _endMs, signal) {
        lookups.push({ atS: elapsedS(), ids });
        const found = findings(elapsedS(), ids);
        if (lookupS > 0) {
          await new Promise<void>((resolve, reject) => {
            const timer = setTimeout(resolve, lookupS * 1000);
            signal.addEventListener('abort', () => {
              clearTimeout(timer);
              aborted.push(ids);
              reject(signal.reason);
            });
          });
        }
        const fault = found['*'] ?? ids.map((id) => found[id]).find((each) => each instanceof KlingError);
        if (fault instanceof KlingError) {
          quietUntilMs = Math.max(quietUntilMs, performance.now() + (fault.retryAfterMs ?? 0));
          throw fault;
        }
        const records = ids.flatMap((id) => {
          const status = found[id];
          return typeof status === 'string' ? [recordOf(id, status)] : [];
        });
        return { records, dateMs: START_DATE_MS + elapsedS() * 1000, size: 100 };
      },
    },
    {
      onBug(error) {
        throw error;
      },
      onForeignRecords: () => {},
    },
  );
}

interface Scenario {
  ids?: string[];
  waitS: number;
  /** What is found at a time, in seconds since the start of the test. */
  find: (atS: number, ids: string[]) => Findings;
  /** How long the API takes to answer. */
  lookupS?: number;
  /** The age of the tasks at the start of the test, in seconds (2 unless given); null where the records do not tell it. */
  ageS?: number | null;
  onProgress?: (progress: Progress) => void;
  /** The caller's own signal, where it is not that of all. */
  signal?: AbortSignal;
}

export interface Ending {
  outcome?: Outcome;
  error?: unknown;
  atS?: number;
}

/** Starts a wait, whose outcome is available once the clock has been moved far enough. */
export function start(scenario: Scenario) {
  const { ids = ['a'], waitS, find, onProgress, signal = cancelled.signal } = scenario;
  findings = find;
  lookupS = scenario.lookupS ?? 0;
  ageS = scenario.ageS === null ? undefined : (scenario.ageS ?? 2);
  const stop = { cancelled: signal, closing: closing.signal };
  const ending: Ending = {};
  const done = new Wait(looker, ids, { waitMs: waitS * 1000, stop, onProgress })
    .run()
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

export const isCancelled = ({ error }: Ending) => error instanceof CancelledError;

/** When the requests came, in seconds since the start. */
export const times = () => lookups.map(({ atS }) => atS);
export const statuses = ({ outcome }: Ending) => [...(outcome?.tasks.values() ?? [])].map(({ status }) => status);
