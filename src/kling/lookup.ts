import type { KlingClient } from './api/client.js';
import { KlingError } from './api/error.js';
import type { Stop } from './deadline.js';
import { type Task, toTask } from './task/task.js';
import { textOf } from './text/json.js';
import { type Outcome, type Progress, type Sighting, waitForTasks } from './wait.js';

export interface LookupOptions {
  /** How long to wait for the outcome, in seconds; 0 looks once. */
  waitSeconds: number;
  stop: Stop;
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** What the tools ask for. */
export interface Lookup {
  /**
   * One task in full.
   * @throws KlingError by the error table, `task_not_found` included; CancelledError
   */
  task(id: string, options: LookupOptions): Promise<Task>;
  /**
   * Many tasks, by distinct ids as {@link distinctIds} gives them; the outcome has the same ids.
   * @throws KlingError where nothing at all could be learnt; CancelledError
   */
  tasks(ids: string[], options: LookupOptions): Promise<Outcome>;
}

/** 50 is the recommended maximum of a batch; none is documented. */
const IDS_PER_REQUEST = 50;

/** The API matches ids without regard to case. */
const keyOf = (id: string) => id.toLowerCase();

/** Each id once, in the order of the list: ids that differ only in case are one task, told as it was first asked for. */
export function distinctIds(ids: string[]): string[] {
  const distinct = new Map<string, string>();
  for (const id of ids) if (!distinct.has(keyOf(id))) distinct.set(keyOf(id), id);
  return [...distinct.values()];
}

/** The fault of a lookup; what is none (a cancellation, a bug) is thrown on. */
function asFault(error: unknown): KlingError {
  if (error instanceof KlingError) return error;
  throw error;
}

function notFound(id: string): KlingError {
  return new KlingError('task_not_found', `No task ${id} exists for this account.`);
}

/** Lookups through the given client. */
export function createLookup(client: KlingClient): Lookup {
  async function lookAtOne(id: string, stop: Stop, budgetMs: number): Promise<Sighting> {
    const sighting: Sighting = { tasks: new Map(), notFound: [], faults: new Map() };
    try {
      const record = await client.retrieve(id, { budgetMs, stop });
      if (record) sighting.tasks.set(id, toTask(record, { taskId: id, nowMs: Date.now() }));
      else sighting.notFound.push(id);
    } catch (error) {
      sighting.faults.set(id, asFault(error));
    }
    return sighting;
  }

  async function lookAtChunk(ids: string[], stop: Stop, budgetMs: number): Promise<Sighting> {
    const sighting: Sighting = { tasks: new Map(), notFound: [], faults: new Map() };
    try {
      const records = await client.retrieveBatch(ids, { budgetMs, stop });
      const byKey = new Map(records.reverse().map((record) => [keyOf(textOf(record.id) ?? ''), record]));
      for (const id of ids) {
        const record = byKey.get(keyOf(id));
        if (record) sighting.tasks.set(id, toTask(record, { taskId: id, nowMs: Date.now() }));
        else sighting.notFound.push(id);
      }
    } catch (error) {
      const fault = asFault(error);
      for (const id of ids) sighting.faults.set(id, fault);
    }
    return sighting;
  }

  return {
    async task(id, { waitSeconds, stop, onProgress }) {
      const look = (_: string[], budgetMs: number) => lookAtOne(id, stop, budgetMs);
      const options = { waitMs: waitSeconds * 1000, stop, onProgress };
      const { tasks, faults, pollAfterSeconds } = await waitForTasks(look, [id], options);
      const task = tasks.get(id);
      if (!task) throw faults.get(id) ?? notFound(id);
      const again = task.status === 'pending' && pollAfterSeconds !== undefined;
      return again ? { ...task, poll_after_seconds: pollAfterSeconds } : task;
    },

    async tasks(ids, { waitSeconds, stop, onProgress }) {
      const look = async (open: string[], budgetMs: number): Promise<Sighting> => {
        const chunks = Array.from({ length: Math.ceil(open.length / IDS_PER_REQUEST) }, (_, index) =>
          open.slice(index * IDS_PER_REQUEST, (index + 1) * IDS_PER_REQUEST),
        );
        const sightings = await Promise.all(chunks.map((chunk) => lookAtChunk(chunk, stop, budgetMs)));
        return {
          tasks: new Map(sightings.flatMap(({ tasks }) => [...tasks])),
          notFound: sightings.flatMap(({ notFound }) => notFound),
          faults: new Map(sightings.flatMap(({ faults }) => [...faults])),
        };
      };
      const outcome = await waitForTasks(look, ids, { waitMs: waitSeconds * 1000, stop, onProgress });
      const [fault] = outcome.faults.values();
      if (fault && outcome.tasks.size === 0 && outcome.notFound.length === 0) throw fault;
      return outcome;
    },
  };
}
