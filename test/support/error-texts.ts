/** The advice that several errors share, as the model reads it. */
export const TOKEN_HINT =
  'No call can succeed until the user sets a valid ACEDATACLOUD_API_TOKEN (from https://platform.acedata.cloud) in the ' +
  '"env" of this server in the MCP client, or in the .env that sets it, and restarts the server.';
export const ACCOUNT_HINT =
  'The user has to resolve this at https://platform.acedata.cloud; until then no call can succeed.';
export const DISABLED_HINT = `${ACCOUNT_HINT} A new token takes effect when it is set and the server is restarted.`;
export const FORBIDDEN_HINT = `The token may lack the right. ${DISABLED_HINT}`;
export const URL_HINT = 'Check ACEDATACLOUD_API_BASE_URL, then restart the server.';
export const BAD_RESPONSE_HINT = `${URL_HINT} If it is right, report this to the vendor's support.`;
export const CONNECTION_HINT =
  'Check the internet connection, ACEDATACLOUD_API_BASE_URL and the proxy, if there is one.';
export const RETRY_HINT = 'Try again in a minute.';
export const BAD_REQUEST_HINT = 'Check the task id; repeating the same call is useless.';
export const NO_REPEAT_HINT = 'Do not repeat it unchanged.';

const SCOPE = 'The lookup failed, which says nothing about the task:';

/** The text of a lookup that failed: what happened and what to do, in sentences. */
export function lookupError(code: string, sentences: string, traceId?: string): string {
  return `[${code}] ${SCOPE} ${sentences}${traceId === undefined ? '' : ` (trace_id ${traceId})`}`;
}

/** Matches the text of a lookup that failed; the sentences are the source of a regular expression. */
export function lookupErrorLike(code: string, sentences: string | RegExp): RegExp {
  const source = typeof sentences === 'string' ? sentences : sentences.source;
  return new RegExp(`^\\[${code}\\] ${SCOPE} ${source}`);
}
