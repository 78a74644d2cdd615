/** What an error code means in general: what happened, without a full stop, and what to do next. An error may know more. */
export interface CodeMeaning {
  what: string;
  hint: string;
  /** Whether the same lookup may succeed when it is repeated. */
  retryable?: boolean;
}

const TOKEN_HINT =
  'No call can succeed until the user sets a valid ACEDATACLOUD_API_TOKEN (from https://platform.acedata.cloud) in the ' +
  '"env" of this server in the MCP client, or in the .env that sets it, and restarts the server.';
const ACCOUNT_HINT = 'The user has to resolve this at https://platform.acedata.cloud; until then no call can succeed.';
const RIGHTS_HINT = `${ACCOUNT_HINT} A new token takes effect when it is set and the server is restarted.`;
const URL_HINT = 'Check ACEDATACLOUD_API_BASE_URL, then restart the server.';
export const CONNECTION_HINT =
  'Check the internet connection, ACEDATACLOUD_API_BASE_URL and the proxy, if there is one.';
export const RETRY_HINT = 'Try again in a minute.';
export const CERTIFICATE_HINT =
  'Check ACEDATACLOUD_API_BASE_URL. Behind a proxy that inspects TLS, set NODE_EXTRA_CA_CERTS to its certificate.';

/** The codes with which the API refuses a lookup for good. They outrank the HTTP status, which is less reliable. */
const REFUSALS: Record<string, CodeMeaning> = {
  invalid_token: { what: 'The API does not accept the token', hint: TOKEN_HINT },
  token_expired: { what: 'The API token has expired', hint: TOKEN_HINT },
  token_mismatched: { what: 'The API token is not for this service', hint: TOKEN_HINT },
  no_token: { what: 'The API received no token', hint: TOKEN_HINT },
  authorization_missing: { what: 'The API received no token', hint: TOKEN_HINT },
  used_up: { what: 'The balance of the account is used up', hint: ACCOUNT_HINT },
  disabled: { what: 'The API token or the service is disabled', hint: RIGHTS_HINT },
  forbidden: { what: 'The API refused access', hint: `The token may lack the right. ${RIGHTS_HINT}` },
  no_api: { what: 'The API has nothing at this address', hint: URL_HINT },
  api_not_implemented: { what: 'The API does not offer this lookup', hint: URL_HINT },
  bad_request: { what: 'The API refused the request', hint: 'Check the task id; repeating the same call is useless.' },
};

/** Whether a code is one with which the API refuses a lookup for good. */
export const isRefusal = (code: string) => Object.hasOwn(REFUSALS, code);

/** Every code that a tool error can have; the error table of the documentation is generated from it. */
export const CODES: ReadonlyMap<string, CodeMeaning> = new Map<string, CodeMeaning>(
  Object.entries({
    task_not_found: {
      what: 'No such task exists for this account',
      hint:
        'Use the task_id that the generation call returned: a video_id is not a task_id, and a task is visible only ' +
        'with a token of the account that submitted it.',
    },
    invalid_arguments: {
      what: 'An argument is invalid; the error names the field and the rule',
      hint: 'Correct it and call again; nothing was looked up.',
    },
    configuration: {
      what: 'A setting is missing or malformed; the error names the variable and where to set it',
      hint:
        `Set this under "env" in the MCP client's settings, or in the .env that sets the token, and restart the server; ` +
        'until then no call can succeed.',
    },
    ...REFUSALS,
    too_many_requests: {
      what: 'The API limits the rate of requests',
      hint: 'Try again after the number of seconds that the error names.',
      retryable: true,
    },
    api_error: { what: 'The API had a fault', hint: RETRY_HINT, retryable: true },
    network_error: {
      what: 'No answer from the API (refused, reset, DNS, TLS or proxy; the error says which)',
      hint: CONNECTION_HINT,
      retryable: true,
    },
    timeout: {
      what: 'No answer within the time for a lookup',
      hint: 'Try again; a larger KLING_REQUEST_TIMEOUT allows slower answers.',
      retryable: true,
    },
    bad_response: {
      what: 'The answer cannot come from the API: not JSON, no task record, a redirect, compressed or too large',
      hint: `${URL_HINT} If it is right, report this to the vendor's support.`,
    },
    internal_error: { what: 'The server failed on this lookup', hint: 'Its log on stderr tells more.' },
  }),
);

/** The meaning of a code that is not in the table: another one of the API, or `http_NNN` for a 4xx without a code. */
export const UNKNOWN_CODE: CodeMeaning = { what: 'The API refused the lookup', hint: 'Do not repeat it unchanged.' };

/** What a code means; that of an unknown one where it is not in the table. */
export const meaningOf = (code: string) => CODES.get(code) ?? UNKNOWN_CODE;

/** A lookup that did not succeed. Its code is in {@link CODES} or the API's own; message and hint are for the model to read. */
export class KlingError extends Error {
  readonly hint: string;
  readonly retryable: boolean;
  /** Whether a single id may have caused it, so that asking for fewer ids may succeed. */
  readonly divisible: boolean = false;
  /** The API's trace id, for the vendor's support. */
  readonly traceId: string | undefined;
  /** How long the API asks to wait before the next request. */
  readonly retryAfterMs: number | undefined;

  /** @param details replace what the code means in general */
  constructor(
    readonly code: string,
    message: string,
    details: Partial<Omit<KlingError, 'code' | 'message'>> = {},
  ) {
    super(message);
    const { hint, retryable = false } = meaningOf(code);
    this.hint = hint;
    this.retryable = retryable;
    Object.assign(this, details);
  }
}

/** The error for an answer that cannot come from the API: the page of a proxy, another service, a wrong address. */
export const badResponse = (what: string) => new KlingError('bad_response', what);

/** The error of a rate limit, for the call that ran into it and for those that cannot wait until it ends. */
export function tooManyRequests(retryAfterMs: number | undefined, traceId?: string): KlingError {
  const seconds = Math.max(1, Math.ceil((retryAfterMs ?? 10_000) / 1000));
  const details = { hint: `Try again after ${seconds} s.`, traceId, retryAfterMs };
  return new KlingError('too_many_requests', `${meaningOf('too_many_requests').what}.`, details);
}
