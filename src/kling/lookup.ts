import type { KlingClient } from './api/client.js';
import { badResponse, KlingError } from './api/error.js';
import { recordIdOf, type Task, toTask } from './task/task.js';
import type { JsonObject } from './text/json.js';

/** What a lookup found out about one id. */
export type Finding = { kind: 'found'; task: Task } | { kind: 'not_found' } | { kind: 'fault'; error: KlingError };

/** The part of the API client that is needed here. */
export type Client = Pick<KlingClient, 'lookup' | 'requestTimeoutMs' | 'quietMs' | 'retryAfterMs'>;

/** The limits of one request, and who receives what it finds. */
export interface LookupOptions {
  /** When it has to be over, in milliseconds of `performance.now()`. */
  endMs: number;
  signal: AbortSignal;
  /** Called once for each id, as soon as its finding is known. */
  onFinding(id: string, finding: Finding): void;
  /** Called with the number of records that nobody asked for. */
  onForeignRecords(count: number): void;
}

/** After this many refusals in a row, the cause must be the request as a whole and not one of its tasks. */
const MAX_REFUSALS = 10;

/** The API matches ids without regard to case. */
export const keyOf = (id: string) => id.toLowerCase();

/**
 * Looks up some ids with one request. If a single id may have caused a fault (its record is too large, or the API refuses
 * it), the ids are looked up again in halves, down to that id, so that only it gets the fault.
 * @throws the signal's reason once it aborts, and errors that are bugs; every fault of the API is a finding
 */
export async function lookUp(client: Client, ids: string[], options: LookupOptions): Promise<void> {
  const { endMs, signal, onFinding } = options;
  let refusals = 0;

  async function ask(part: string[]): Promise<void> {
    try {
      const { records, dateMs } = await client.lookup(part, endMs, signal);
      refusals = 0;
      tellFound(part, records, dateMs, options);
    } catch (error) {
      if (!(error instanceof KlingError)) throw error;
      const isLastWord = !error.divisible || ++refusals > MAX_REFUSALS || performance.now() >= endMs;
      if (part.length === 1 || isLastWord) {
        for (const id of part) onFinding(id, { kind: 'fault', error });
        return;
      }
      const half = Math.ceil(part.length / 2);
      await ask(part.slice(0, half));
      await ask(part.slice(half));
    }
  }
  await ask(ids);
}

function tellFound(ids: string[], records: JsonObject[], nowMs: number, options: LookupOptions): void {
  const unclaimed = new Map<string, JsonObject>();
  for (const record of records) {
    const key = keyOf(recordIdOf(record) ?? '');
    if (!unclaimed.has(key)) unclaimed.set(key, record);
  }
  const [only, ...others] = ids;
  if (only !== undefined && others.length === 0 && records.length > 0 && !unclaimed.has(keyOf(only))) {
    throw badResponse('The API answered with a record that is not the one asked for.');
  }
  for (const id of ids) {
    const record = unclaimed.get(keyOf(id));
    unclaimed.delete(keyOf(id));
    const task = record && toTask(record, { taskId: id, nowMs });
    options.onFinding(id, task ? { kind: 'found', task } : { kind: 'not_found' });
  }
  if (unclaimed.size > 0) options.onForeignRecords(unclaimed.size);
}
