import { type KlingClient, type LookupAnswer, RateLimit } from './api/client.js';
import { badResponse, KlingError } from './api/error.js';
import { recordIdOf } from './task/record.js';
import { type Task, toTask } from './task/task.js';

/** What a lookup tells about one id. */
export type LookupResult = { kind: 'found'; task: Task } | { kind: 'not_found' } | { kind: 'fault'; error: KlingError };

/** What the scheduler needs of the API. */
export interface Lookups {
  /** How long a lookup may take, retries included. */
  readonly requestTimeoutMs: number;
  readonly rateLimit: RateLimit;
  /**
   * Looks up some tasks with one request.
   * @param ids each once, without regard to case
   * @param endMs when it has to be over, in milliseconds of `performance.now()`
   * @returns a result for each id, by the id as given; a fault of the API is one, too
   * @throws the signal's reason once it aborts; any other error is a bug
   */
  lookUp(ids: string[], endMs: number, signal: AbortSignal): Promise<Map<string, LookupResult>>;
}

/** The API matches ids without regard to case. */
export const keyOf = (id: string) => id.toLowerCase();

/** Looks tasks up at the API. */
export function createLookups(client: KlingClient): Lookups {
  return {
    requestTimeoutMs: client.requestTimeoutMs,
    rateLimit: client.rateLimit,
    async lookUp(ids, endMs, signal) {
      try {
        return resultsOf(ids, await client.lookup(ids, endMs, signal), client);
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
    rateLimit: new RateLimit(),
    lookUp: async (ids) => new Map(ids.map((id) => [id, { kind: 'fault', error }])),
  };
}

/** @throws KlingError for a single record that is another task's */
function resultsOf(
  ids: string[],
  { records, dateMs: nowMs }: LookupAnswer,
  { redact, debug }: KlingClient,
): Map<string, LookupResult> {
  // Of several records with the same id, the first counts.
  const unclaimed = new Map(records.toReversed().map((record) => [keyOf(recordIdOf(record) ?? ''), record]));
  const results = new Map<string, LookupResult>();
  for (const id of ids) {
    const record = unclaimed.get(keyOf(id));
    unclaimed.delete(keyOf(id));
    const task = record && toTask(record, { taskId: id, nowMs, redact });
    results.set(id, task ? { kind: 'found', task } : { kind: 'not_found' });
  }
  if (unclaimed.size > 0 && ids.length === 1) {
    throw badResponse('The API answered with a record that is not the one asked for.');
  }
  if (unclaimed.size > 0) debug(`${unclaimed.size} records that nobody asked for were ignored`);
  return results;
}
