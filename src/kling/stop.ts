/** The two ways in which a call is told to stop. */
export interface Stop {
  /** The caller does not want an answer any more: give up at once. */
  cancelled: AbortSignal;
  /** The client is leaving (stdin has closed): answer soon with what is known. */
  closing: AbortSignal;
}

/** How long a request in flight may go on after the client closed stdin. */
export const CLOSING_GRACE_MS = 1500;

/** Thrown when the caller has cancelled and nobody waits for an answer. */
export class CancelledError extends Error {}
