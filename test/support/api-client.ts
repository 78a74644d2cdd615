import { vi } from 'vitest';
import { type Connection, KlingClient } from '../../src/kling/api/client.js';
import { KlingError } from '../../src/kling/api/error.js';
import type { JsonObject } from '../../src/text/json.js';
import { type FakeApi, type Handler, TOKEN } from './fake-api.js';
import { completedRecord } from './records.js';

// Pauses between attempts pass in no time: they only move the clock. The requests are real.
vi.mock('node:timers/promises', () => ({
  setTimeout: async (ms: number) => {
    vi.advanceTimersByTime(ms);
  },
}));

/** The clock of a test, by which the time between requests is that of the pauses alone. */
export function stopClock(): void {
  vi.useFakeTimers({ toFake: ['performance'] });
}

/** The same, with timers too: time passes only when the test says so. */
export function stopTimers(): void {
  vi.useRealTimers();
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
}

/** A client of the API at the URL. */
export function clientOf(
  { url }: { url: string },
  connection: Partial<Connection> = {},
  debug?: (line: string) => void,
): KlingClient {
  const defaults = { token: TOKEN, baseUrl: new URL(url), requestTimeoutMs: 20_000 };
  return new KlingClient({ ...defaults, ...connection }, 'kling/1', debug);
}

/** The outcome of one lookup. */
export interface Meeting {
  records: JsonObject[];
  dateMs: number | undefined;
  /** The error, if it ended with one. */
  error: KlingError | undefined;
  /** What the error tells, or '': `[code] what happened. What to do. (trace_id …)`, the host replaced by HOST. */
  text: string;
}

/** Looks up the ids. */
export async function lookUp(client: KlingClient, ids = ['a']): Promise<Meeting> {
  const endMs = performance.now() + client.requestTimeoutMs;
  try {
    const answer = await client.lookup(ids, endMs, new AbortController().signal);
    return { ...answer, error: undefined, text: '' };
  } catch (error) {
    if (!(error instanceof KlingError)) throw error;
    const { code, message, hint, traceId } = error;
    const text = `[${code}] ${message} ${hint}${traceId ? ` (trace_id ${traceId})` : ''}`;
    return { records: [], dateMs: undefined, error, text: text.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST') };
  }
}

/**
 * Looks up the ids while the fake API answers like this. Afterwards another lookup must succeed.
 * @returns also the pauses between the requests, in milliseconds
 */
export async function meet(
  fakeApi: FakeApi,
  handler: Handler,
  ids?: string[],
  client = clientOf(fakeApi),
): Promise<Meeting & { pausesMs: number[] }> {
  fakeApi.always = handler;
  const before = fakeApi.requests.length;
  const outcome = await lookUp(client, ids);
  const times = fakeApi.requests.slice(before).map(({ atMs }) => atMs);
  fakeApi.always = undefined;
  fakeApi.add(completedRecord('good'));
  vi.advanceTimersByTime(client.rateLimit.quietMs);
  if ((await lookUp(client, ['good'])).records.length !== 1) throw new Error('not usable after the fault');
  return { ...outcome, pausesMs: times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0)) };
}
