import { keyOf } from './lookup.js';
import type { Task } from './task/task.js';

/** A wait that starts this soon after another one continues at its pace, instead of looking twice in two seconds. */
const RECENT_MS = 2000;

/** A pending task and when it was seen, by `performance.now()`. */
export interface RecentTask {
  task: Task;
  atMs: number;
}

/** Remembers for a moment the pending tasks that the last looks of waits have found. */
export class RecentTasks {
  readonly #tasks = new Map<string, RecentTask>();

  add(task: Task): void {
    const nowMs = performance.now();
    for (const [key, { atMs }] of this.#tasks) if (atMs < nowMs - RECENT_MS) this.#tasks.delete(key);
    this.#tasks.set(keyOf(task.task_id), { task, atMs: nowMs });
  }

  /** Forgets a task, because something newer is known about it. */
  delete(key: string): void {
    this.#tasks.delete(key);
  }

  /** The task as it was seen a moment ago, with its id spelled as it is now asked for. */
  get(id: string): RecentTask | undefined {
    const recent = this.#tasks.get(keyOf(id));
    if (!recent || recent.atMs < performance.now() - RECENT_MS) return undefined;
    return { task: { ...recent.task, task_id: id }, atMs: recent.atMs };
  }
}
