import { lookUp } from './session.js';
import type { Task } from './task.js';

/** Files of one card fail together: what fails within this time is asked for in one call, in milliseconds. */
const COLLECT_MS = 100;

const collected = new Set<string>();
let lookup: Promise<void> | undefined;

/**
 * Looks a finished task up again, to get addresses that have not expired.
 * @throws Error where there is no answer
 */
export function renew({ id }: Task): Promise<void> {
  collected.add(id);
  lookup ??= new Promise((resolve) => setTimeout(resolve, COLLECT_MS)).then(() => {
    const ids = [...collected];
    collected.clear();
    lookup = undefined;
    return lookUp(ids);
  });
  return lookup;
}

const renewals = new Map<string, Promise<void>>();

/** The same, but for each task only once, since a file that still does not load is gone. */
export function renewOnce(task: Task): Promise<void> {
  const renewal = renewals.get(task.id) ?? renew(task);
  renewals.set(task.id, renewal);
  return renewal;
}
