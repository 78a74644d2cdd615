/** What a KlingError can carry besides its code and sentence. */
export interface KlingErrorDetails {
  /** What to do next: a sentence to the model and the person behind it. */
  hint: string;
  /** The API's trace id, for the vendor's support. */
  traceId?: string | undefined;
  /** Whether the same lookup may succeed when it is repeated. */
  retryable?: boolean;
  /** How long the API asked to wait before that, in milliseconds. */
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/**
 * A lookup that did not succeed, in words of ours: `code` is one of the error table of the README or the API's own,
 * `message` says what happened, `hint` what to do.
 */
export class KlingError extends Error {
  override readonly name = 'KlingError';
  readonly hint: string;
  readonly traceId: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly code: string,
    message: string,
    { hint, traceId, retryable = false, retryAfterMs, cause }: KlingErrorDetails,
  ) {
    super(message, { cause });
    this.hint = hint;
    this.traceId = traceId;
    this.retryable = retryable;
    this.retryAfterMs = retryAfterMs;
  }
}
