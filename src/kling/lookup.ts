import type { Redact } from '../text/clean.js';
import type { JsonObject } from '../text/json.js';
import type { KlingClient, LookupAnswer } from './api/client.js';
import { badResponse, KlingError, meaningOf } from './api/error.js';
import { recordIdOf } from './task/record.js';
import { type Task, toTask } from './task/task.js';

/** What a lookup tells about one id. */
export type LookupResult = { kind: 'found'; task: Task } | { kind: 'not_found' } | { kind: 'fault'; error: KlingError };

/** What the scheduler needs of the API. */
export interface Lookups {
  /** The most that one lookup may take, retries included. */
  readonly requestTimeoutMs: number;
  /** How much longer the API's `Retry-After` forbids requests; 5 minutes at most. */
  readonly quietMs: number;
  /** The same, not limited to 5 minutes. */
  readonly retryAfterMs: number;
  /**
   * Looks up some tasks with one request.
   * @param ids each once, without regard to case
   * @param endMs when it has to be over, in milliseconds of `performance.now()`
   * @returns a result for each id, by the id as given. A fault of the API is a result, and so is a bug in mapping one record,
   * for that id alone.
   * @throws the signal's reason once it aborts; any other error is a bug
   */
  lookUp(ids: string[], endMs: number, signal: AbortSignal): Promise<Map<string, LookupResult>>;
}

/** Where lookups report what no result tells. */
export interface LookupLog {
  bug(error: unknown): void;
  debug(message: string): void;
}

/** The API matches ids without regard to case. */
export const keyOf = (id: string) => id.toLowerCase();

/** Looks tasks up at the API. */
export function createLookups(client: KlingClient, log: LookupLog): Lookups {
  return {
    requestTimeoutMs: client.requestTimeoutMs,
    get quietMs() {
      return client.quietMs;
    },
    get retryAfterMs() {
      return client.retryAfterMs;
    },
    async lookUp(ids, endMs, signal) {
      try {
        return resultsOf(ids, await client.lookup(ids, endMs, signal), client.redact, log);
      } catch (error) {
        if (!(error instanceof KlingError)) throw error;
        return new Map(ids.map((id) => [id, { kind: 'fault', error }]));
      }
    },
  };
}

/** Stands in where the configuration is unusable: each lookup ends with the error, and no request is made. */
export function failingLookups(error: KlingError): Lookups {
  return {
    requestTimeoutMs: 1000,
    quietMs: 0,
    retryAfterMs: 0,
    lookUp: async (ids) => new Map(ids.map((id) => [id, { kind: 'fault', error }])),
  };
}

/** @throws KlingError for a single record that is another task's */
function resultsOf(
  ids: string[],
  { records, dateMs }: LookupAnswer,
  redact: Redact,
  log: LookupLog,
): Map<string, LookupResult> {
  const unclaimed = new Map<string, JsonObject>();
  // Of several records with the same id, the first counts.
  for (const record of records.toReversed()) unclaimed.set(keyOf(recordIdOf(record) ?? ''), record);
  const results = new Map<string, LookupResult>();
  for (const id of ids) {
    const record = unclaimed.get(keyOf(id));
    unclaimed.delete(keyOf(id));
    results.set(id, record ? resultOf(id, record, dateMs, redact, log) : { kind: 'not_found' });
  }
  if (unclaimed.size > 0 && ids.length === 1) {
    throw badResponse('The API answered with a record that is not the one asked for.');
  }
  if (unclaimed.size > 0) log.debug(`${unclaimed.size} records that nobody asked for were ignored`);
  return results;
}

function resultOf(taskId: string, record: JsonObject, nowMs: number, redact: Redact, log: LookupLog): LookupResult {
  try {
    return { kind: 'found', task: toTask(record, { taskId, nowMs, redact }) };
  } catch (cause) {
    log.bug(cause);
    const error = new KlingError('internal_error', `${meaningOf('internal_error').what}.`, { cause });
    return { kind: 'fault', error };
  }
}
