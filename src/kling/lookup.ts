import type { JsonObject } from '../text/json.js';
import type { KlingClient, LookupAnswer } from './api/client.js';
import { badResponse, KlingError, tooManyRequests } from './api/error.js';
import { recordIdOf } from './task/record.js';
import { type Task, toTask } from './task/task.js';

/** What a lookup found out about one id. */
export type Finding =
  /** `isLarge` if two such records could exceed the bound on an answer. */
  { kind: 'found'; task: Task; isLarge: boolean } | { kind: 'not_found' } | { kind: 'fault'; error: KlingError };

/** The part of the API client that is needed here. */
export type Client = Pick<KlingClient, 'lookup' | 'redact' | 'requestTimeoutMs' | 'quietMs' | 'retryAfterMs'>;

/** The limits of one request, and who receives what it finds. */
export interface LookupOptions {
  /** When it has to be over, in milliseconds of `performance.now()`. */
  endMs: number;
  signal: AbortSignal;
  /** The distance between the parts of a request that had to be divided, in milliseconds. */
  partGapMs: number;
  /** Called once for each id, as soon as its finding is known. */
  onFinding(id: string, finding: Finding): void;
  /** Called with the number of records that nobody asked for. */
  onForeignRecords(count: number): void;
}

/** After this many refused parts without a success in between, the cause must be the request as a whole. */
const MAX_REFUSED_PARTS = 16;
/** A few parts may follow each other at once; with more of them, the pace must stay polite. */
const QUICK_PARTS = 4;
const PART_PAUSE_MS = 250;
/** Half of the records that lip-sync tasks have been seen with. */
const LARGE_RECORD = 2 * 1024 * 1024;

/** The API matches ids without regard to case. */
export const keyOf = (id: string) => id.toLowerCase();

/**
 * Looks up some ids with one request. If a single id may have caused a fault (its record is too large, or the API refuses
 * it), the ids are looked up again in halves, down to that id, so that only it gets the fault.
 * @throws the signal's reason once it aborts, and errors that are bugs; every fault of the API is a finding
 */
export async function lookUp(client: Client, ids: string[], options: LookupOptions): Promise<void> {
  const { endMs, signal, onFinding, partGapMs } = options;
  const parts = [ids];
  let partCount = 0;
  let refusedCount = 0;
  for (let part = parts.shift(); part; part = parts.shift()) {
    try {
      if (++partCount > 1) await pause(Math.max(partGapMs, partCount > QUICK_PARTS ? PART_PAUSE_MS : 0), client, endMs);
      signal.throwIfAborted();
      const answer = await client.lookup(part, endMs, signal);
      refusedCount = 0;
      tellFound(part, answer, client, options);
    } catch (error) {
      if (!(error instanceof KlingError)) throw error;
      const mayDivide = error.divisible && part.length > 1 && performance.now() < endMs;
      if (mayDivide && ++refusedCount <= MAX_REFUSED_PARTS) {
        const half = Math.ceil(part.length / 2);
        parts.unshift(part.slice(0, half), part.slice(half));
      } else {
        for (const id of part) onFinding(id, { kind: 'fault', error });
      }
    }
  }
}

/**
 * Waits before the next part: at least the given time, and as long as a rate limit lasts. An abort does not cut that short:
 * the gaps take a second at most, and during a rate limit no other request could be made either.
 * @throws KlingError if the rate limit lasts too long
 */
async function pause(minMs: number, { quietMs, retryAfterMs }: Client, endMs: number): Promise<void> {
  const pauseMs = Math.max(minMs, quietMs);
  const isInTime = performance.now() + pauseMs < endMs;
  if (!isInTime && quietMs > 0) throw tooManyRequests(retryAfterMs);
  if (isInTime && pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
}

function tellFound(
  ids: string[],
  { records, dateMs, size }: LookupAnswer,
  { redact }: Client,
  options: LookupOptions,
): void {
  const unclaimed = new Map<string, JsonObject>();
  // Of several records with the same id, the first counts.
  for (const record of records.toReversed()) unclaimed.set(keyOf(recordIdOf(record) ?? ''), record);
  const [only = ''] = ids;
  if (ids.length === 1 && records.length > 0 && !unclaimed.has(keyOf(only))) {
    throw badResponse('The API answered with a record that is not the one asked for.');
  }
  for (const id of ids) {
    const record = unclaimed.get(keyOf(id));
    unclaimed.delete(keyOf(id));
    if (!record) {
      options.onFinding(id, { kind: 'not_found' });
      continue;
    }
    const task = toTask(record, { taskId: id, nowMs: dateMs, redact });
    const isLarge = size > LARGE_RECORD * records.length;
    options.onFinding(id, { kind: 'found', task, isLarge });
  }
  if (unclaimed.size > 0) options.onForeignRecords(unclaimed.size);
}
