/** The two ways in which a call is told to stop. */
export interface Stop {
  /** The caller wants no answer any more: abort everything at once. */
  cancelled: AbortSignal;
  /** The client is about to go (stdin closed): answer soon with what is known. */
  closing: AbortSignal;
}

/** How long a request in flight may go on after the client closed stdin. */
const CLOSING_GRACE_MS = 1500;

/** Thrown where the caller cancelled; nobody waits for an answer. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
}

/** Thrown where the time was over before the work was done. */
export class ExpiredError extends Error {
  override readonly name = 'ExpiredError';
}

/**
 * A time limit that also ends when the caller cancels, and shrinks to 1.5 s when the client is about to go. Its
 * signal aborts with a {@link CancelledError} or an {@link ExpiredError}. Dispose it: it holds a timer and listeners.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #stop: Stop;
  #endMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(budgetMs: number, stop: Stop) {
    this.#stop = stop;
    this.#endMs = performance.now() + budgetMs;
    this.#arm();
    stop.cancelled.addEventListener('abort', this.#cancel);
    stop.closing.addEventListener('abort', this.#shorten);
    // A signal that is aborted already fires no event.
    if (stop.closing.aborted) this.#shorten();
    if (stop.cancelled.aborted) this.#cancel();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#stop.cancelled.removeEventListener('abort', this.#cancel);
    this.#stop.closing.removeEventListener('abort', this.#shorten);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(new ExpiredError()), this.#endMs - performance.now());
  }

  readonly #cancel = () => this.#controller.abort(new CancelledError());

  readonly #shorten = () => {
    this.#endMs = Math.min(this.#endMs, performance.now() + CLOSING_GRACE_MS);
    this.#arm();
  };
}

/** Settles with the promise, or rejects with the signal's reason as soon as it aborts. */
export function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Resolves after the time, or as soon as the client is about to go; rejects with CancelledError when cancelled. */
export async function pause(ms: number, { cancelled, closing }: Stop): Promise<void> {
  if (cancelled.aborted) throw new CancelledError();
  if (closing.aborted) return;
  await new Promise<void>((resolve, reject) => {
    const settle = (action: () => void) => () => {
      clearTimeout(timer);
      cancelled.removeEventListener('abort', onCancel);
      closing.removeEventListener('abort', onEnd);
      action();
    };
    const onEnd = settle(resolve);
    const onCancel = settle(() => reject(new CancelledError()));
    const timer = setTimeout(onEnd, ms);
    cancelled.addEventListener('abort', onCancel);
    closing.addEventListener('abort', onEnd);
  });
}
