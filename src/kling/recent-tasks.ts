import { keyOf } from './lookup.js';
import type { Task } from './task/task.js';

/** A wait that follows another this soon goes on at its pace, instead of looking twice within a second or two. */
const RECENT_MS = 2000;

/** A pending task and when it was seen, by `performance.now()`. */
export interface RecentTask {
  task: Task;
  atMs: number;
}

/** The pending tasks that the last looks of waits have brought, for a moment. */
export class RecentTasks {
  readonly #tasks = new Map<string, RecentTask>();

  add(task: Task): void {
    const nowMs = performance.now();
    for (const [key, { atMs }] of this.#tasks) if (atMs < nowMs - RECENT_MS) this.#tasks.delete(key);
    this.#tasks.set(keyOf(task.task_id), { task, atMs: nowMs });
  }

  /** What was seen of the task a moment ago; its id is spelled as it is asked for now. */
  get(id: string): RecentTask | undefined {
    const recent = this.#tasks.get(keyOf(id));
    if (!recent || recent.atMs < performance.now() - RECENT_MS) return undefined;
    return { task: { ...recent.task, task_id: id }, atMs: recent.atMs };
  }
}
