import type { KlingClient } from './client.js';
import type { Stop } from './deadline.js';
import { KlingError } from './error.js';
import { textOf } from './json.js';
import { type Task, toTask } from './task.js';
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
   * Many tasks; ids that differ only in case are one task.
   * @throws KlingError where nothing at all could be learnt; CancelledError
   */
  tasks(ids: string[], options: LookupOptions): Promise<Outcome>;
}

/** 50 is the recommended maximum of a batch; none is documented. */
const IDS_PER_REQUEST = 50;

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

  async function lookAtChunk(asked: Map<string, string>, keys: string[], stop: Stop, budgetMs: number) {
    const sighting: Sighting = { tasks: new Map(), notFound: [], faults: new Map() };
    try {
      const ids = keys.map((key) => asked.get(key) ?? key);
      const records = await client.retrieveBatch(ids, { budgetMs, stop });
      const byKey = new Map(records.reverse().map((record) => [textOf(record.id)?.toLowerCase() ?? '', record]));
      for (const key of keys) {
        const record = byKey.get(key);
        if (record) sighting.tasks.set(key, toTask(record, { taskId: asked.get(key) ?? key, nowMs: Date.now() }));
        else sighting.notFound.push(key);
      }
    } catch (error) {
      const fault = asFault(error);
      for (const key of keys) sighting.faults.set(key, fault);
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
      const asked = new Map<string, string>();
      for (const id of ids) if (!asked.has(id.toLowerCase())) asked.set(id.toLowerCase(), id);
      const look = async (keys: string[], budgetMs: number): Promise<Sighting> => {
        const chunks = Array.from({ length: Math.ceil(keys.length / IDS_PER_REQUEST) }, (_, index) =>
          keys.slice(index * IDS_PER_REQUEST, (index + 1) * IDS_PER_REQUEST),
        );
        const sightings = await Promise.all(chunks.map((chunk) => lookAtChunk(asked, chunk, stop, budgetMs)));
        return {
          tasks: new Map(sightings.flatMap(({ tasks }) => [...tasks])),
          notFound: sightings.flatMap(({ notFound }) => notFound),
          faults: new Map(sightings.flatMap(({ faults }) => [...faults])),
        };
      };
      const outcome = await waitForTasks(look, [...asked.keys()], { waitMs: waitSeconds * 1000, stop, onProgress });
      const [fault] = outcome.faults.values();
      if (fault && outcome.tasks.size === 0 && outcome.notFound.length === 0) throw fault;
      return outcome;
    },
  };
}
