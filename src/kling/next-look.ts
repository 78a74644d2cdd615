import type { Finding } from './lookup.js';

export type FindingListener = (finding: Finding) => void;

/** A caller that waits for a look at a task; the id is spelled as the caller spelled it. */
export interface Caller {
  id: string;
  listener: FindingListener;
  /** How long the caller can wait for a rate limit to end, as a time of `performance.now()` in milliseconds. */
  patientUntilMs: number;
}

/** A request under way, with the looks that it serves, by their keys. */
export interface Request {
  looks: Map<string, NextLook>;
  controller: AbortController;
}

/** The next look at one task, with all the callers that wait for it. */
export class NextLook {
  /** When a repeated look is due, in milliseconds of `performance.now()`. */
  dueMs = Number.POSITIVE_INFINITY;
  request: Request | undefined;
  readonly #callers = new Set<Caller>();

  constructor(readonly key: string) {}

  /** Whether nobody waits for it any more. */
  get isAbandoned(): boolean {
    return this.#callers.size === 0;
  }

  /** The id as the first caller spelled it. */
  get id(): string {
    for (const { id } of this.#callers) return id;
    return this.key;
  }

  add(caller: Caller): void {
    this.#callers.add(caller);
  }

  /** @returns whether the caller still waited */
  remove(caller: Caller): boolean {
    return this.#callers.delete(caller);
  }

  /** Reports the finding to the callers that cannot wait until then, and removes them. */
  refuseImpatient(untilMs: number, finding: Finding): void {
    for (const caller of this.#callers) {
      if (caller.patientUntilMs >= untilMs) continue;
      this.#callers.delete(caller);
      caller.listener(finding);
    }
  }

  /** Reports the finding to every caller and removes them. */
  tell(finding: Finding): void {
    const callers = [...this.#callers];
    this.#callers.clear();
    for (const { id, listener } of callers) {
      // Two spellings of an id mean the same task; each caller gets the id in its own spelling.
      const isRespelled = finding.kind === 'found' && finding.task.task_id !== id;
      listener(isRespelled ? { ...finding, task: { ...finding.task, task_id: id } } : finding);
    }
  }
}

/** Picks what goes into one request. Large records go in one at a time, or the answer would exceed its bound each time. */
export function pickForRequest(looks: NextLook[], max: number, large: ReadonlySet<string>): NextLook[] {
  const picked: NextLook[] = [];
  let hasLarge = false;
  for (const look of looks) {
    const isLarge = large.has(look.key);
    if (picked.length === max || (isLarge && hasLarge)) continue;
    hasLarge ||= isLarge;
    picked.push(look);
  }
  return picked;
}
