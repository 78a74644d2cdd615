import type { Finding } from './lookup.js';

export type FindingListener = (finding: Finding) => void;

/** One of those who wait for a look at a task; the id is spelled as it was asked for. */
export interface Caller {
  id: string;
  listener: FindingListener;
  /** Until when the end of a rate limit can be waited for, in milliseconds of `performance.now()`. */
  patientUntilMs: number;
}

/** A request under way, with the looks that it serves, by their keys. */
export interface Request {
  looks: Map<string, NextLook>;
  controller: AbortController;
}

/** The next look at one task, and everybody who waits for it. */
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

  /** The id in the spelling of the one who asked first. */
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

  /** Tells those who cannot wait until then, and lets them go. */
  refuseImpatient(untilMs: number, finding: Finding): void {
    for (const caller of this.#callers) {
      if (caller.patientUntilMs >= untilMs) continue;
      this.#callers.delete(caller);
      caller.listener(finding);
    }
  }

  /** Tells everybody, once. */
  tell(finding: Finding): void {
    const callers = [...this.#callers];
    this.#callers.clear();
    for (const { id, listener } of callers) {
      // Two spellings of one id are one task; each caller gets the id as it asked.
      const isRespelled = finding.kind === 'found' && finding.task.task_id !== id;
      listener(isRespelled ? { kind: 'found', task: { ...finding.task, task_id: id } } : finding);
    }
  }
}
