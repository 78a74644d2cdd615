import type { Finding } from './old-lookup.js';

export type FindingListener = (finding: Finding) => void;

/** A caller that waits for a look at a task; the id is spelled as the caller spelled it. */
export interface Caller {
  id: string;
  listener: FindingListener;
  /** Until when the caller can wait for a rate limit to end, in milliseconds of `performance.now()`. */
  patientUntilMs: number;
}

/** A request under way, with the looks that it serves, by their keys. */
export interface Request {
  looks: Map<string, NextLook>;
  controller: AbortController;
}

/** The next look at one task. */
export class NextLook {
  /** When it is due, in milliseconds of `performance.now()`. */
  dueMs = Number.POSITIVE_INFINITY;
  /** The request that it went out with. */
  request: Request | undefined;
  /** Everybody who waits for it. */
  readonly callers = new Set<Caller>();

  constructor(readonly key: string) {}

  /** The id as the first caller spelled it. */
  get id(): string {
    for (const { id } of this.callers) return id;
    return this.key;
  }

  /** Reports the finding to the callers (or to those who are meant), and removes them. */
  tell(finding: Finding, isMeant: (caller: Caller) => boolean = () => true): void {
    const callers = [...this.callers].filter(isMeant);
    for (const caller of callers) this.callers.delete(caller);
    for (const { id, listener } of callers) {
      // Two spellings of an id mean the same task; each caller gets the id in its own spelling.
      const isRespelled = finding.kind === 'found' && finding.task.task_id !== id;
      listener(isRespelled ? { ...finding, task: { ...finding.task, task_id: id } } : finding);
    }
  }
}
