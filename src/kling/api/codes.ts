/** What an error code means, what to do about it, and whether the same lookup is repeated before it is told. */
export interface CodeMeaning {
  /** What happened, without a full stop. Where more is known, the error says it more exactly. */
  what: string;
  /** What to do next: one or two sentences. Where more is known, the error has its own. */
  hint: string;
  retryable?: boolean;
}

const TOKEN_HINT = 'Check ACEDATACLOUD_API_TOKEN; tokens are made at https://platform.acedata.cloud.';
export const URL_HINT = 'Check ACEDATACLOUD_API_BASE_URL.';
export const CONNECTION_HINT =
  'Check the internet connection, ACEDATACLOUD_API_BASE_URL and the proxy, if there is one.';
export const RETRY_HINT = 'Try again in a minute.';

/** The codes by which the API says that repeating is no use; they go before the status. */
const REFUSALS: Record<string, CodeMeaning> = {
  invalid_token: { what: 'The API does not accept the token', hint: TOKEN_HINT },
  token_expired: { what: 'The API token has expired', hint: TOKEN_HINT },
  token_mismatched: { what: 'The API token is not for this service', hint: TOKEN_HINT },
  no_token: { what: 'The API received no token', hint: TOKEN_HINT },
  authorization_missing: { what: 'The API received no token', hint: TOKEN_HINT },
  used_up: { what: 'The balance of the account is used up', hint: 'Top it up at https://platform.acedata.cloud.' },
  disabled: {
    what: 'The API token or the service is disabled',
    hint: 'Enable it at https://platform.acedata.cloud.',
  },
  forbidden: {
    what: 'The API refused access',
    hint: 'Check the rights of the token at https://platform.acedata.cloud.',
  },
  no_api: { what: 'The API has nothing at this address', hint: URL_HINT },
  api_not_implemented: { what: 'The API does not offer this lookup', hint: URL_HINT },
  bad_request: { what: 'The API refused the request', hint: 'Check the task id.' },
};

/** Whether the API documents the code as a refusal. */
export function isRefusal(code: string): boolean {
  return Object.hasOwn(REFUSALS, code);
}

/** Every code of an error that a tool can return; the README's table is made from it. */
export const CODES: ReadonlyMap<string, CodeMeaning> = new Map<string, CodeMeaning>(
  Object.entries({
    task_not_found: {
      what: 'No such task exists for this account',
      hint:
        'Use the task_id that the generation call returned: a video_id is not a task_id, and a task is visible only with a ' +
        'token of the account that submitted it.',
    },
    invalid_arguments: {
      what: 'An argument breaks its rule; field and rule are named',
      hint: 'Correct it and call again; nothing was looked up.',
    },
    configuration: {
      what: 'A setting is missing or malformed; the variable and where to set it are named',
      hint: 'Then call again.',
    },
    ...REFUSALS,
    too_many_requests: {
      what: 'The API limits the rate of requests',
      hint: 'Try again after the number of seconds that the error names.',
      retryable: true,
    },
    api_error: { what: 'The API had a fault', hint: RETRY_HINT, retryable: true },
    network_error: {
      what: 'No answer from the API: refused, reset, DNS, TLS or proxy; says which',
      hint: CONNECTION_HINT,
      retryable: true,
    },
    timeout: {
      what: 'No answer within the time for a lookup',
      hint: 'Try again; a longer KLING_REQUEST_TIMEOUT allows slower answers.',
      retryable: true,
    },
    bad_response: {
      what: "The answer is none of the API's: not JSON, no record, a redirect, compressed or over 8 MiB",
      hint: `${URL_HINT} If it is right, report this to the vendor's support.`,
    },
    internal_error: { what: 'The server failed on this call', hint: 'Its log on stderr tells more.' },
  }),
);

/** A code of the API's own that is not in the table, and `http_NNN` for a 4xx without any. */
export const OTHER_CODE: CodeMeaning = { what: 'The API refused the lookup', hint: 'Do not repeat it unchanged.' };

/** The meaning of any code, documented or not. */
export function meaningOf(code: string): CodeMeaning {
  return CODES.get(code) ?? OTHER_CODE;
}
