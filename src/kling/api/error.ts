import { meaningOf } from './codes.js';

/** What a KlingError can carry besides its code and sentence. */
export interface KlingErrorDetails {
  /** What to do next, where it is more than the code's own advice. */
  hint?: string;
  /** Whether the same lookup may succeed when it is repeated, where that differs from the code's meaning. */
  retryable?: boolean;
  /** The API's trace id, for the vendor's support. */
  traceId?: string | undefined;
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
  /** What to do next: a sentence to the model and the person behind it. */
  readonly hint: string;
  readonly traceId: string | undefined;
  /** Whether the same lookup may succeed when it is repeated. */
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly code: string,
    message: string,
    { hint, retryable, traceId, retryAfterMs, cause }: KlingErrorDetails = {},
  ) {
    super(message, { cause });
    const meaning = meaningOf(code);
    this.hint = hint ?? meaning.hint;
    this.traceId = traceId;
    this.retryable = retryable ?? meaning.retryable ?? false;
    this.retryAfterMs = retryAfterMs;
  }
}
