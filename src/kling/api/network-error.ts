import { cleanLine } from '../../text/clean.js';
import { badResponse, CERTIFICATE_HINT, CONNECTION_HINT, KlingError, RETRY_HINT } from './error.js';
import { MAX_BODY_BYTES, RequestTimeoutError } from './pool.js';

const PROXY_HINT = 'Check HTTPS_PROXY and HTTP_PROXY.';
const RESET = /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/;

/** What a network failure's code means, and what to do about it. */
function explain(code: string): readonly [what: string, hint: string] {
  if (code === 'ECONNREFUSED') return ['connection refused', CONNECTION_HINT];
  if (/^(ENOTFOUND|EAI_AGAIN)$/.test(code)) return ['the host name cannot be resolved (DNS)', CONNECTION_HINT];
  if (RESET.test(code)) return ['the connection was reset', RETRY_HINT];
  if (/^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/.test(code)) return ['no connection in time', CONNECTION_HINT];
  if (/^(EHOSTUNREACH|ENETUNREACH)$/.test(code)) return ['the network is unreachable', CONNECTION_HINT];
  if (code === 'UND_ERR_ABORTED') return ['the proxy refused the tunnel', PROXY_HINT];
  if (code === 'UND_ERR_PRX_TLS') return ['the TLS handshake with the proxy failed', PROXY_HINT];
  if (/CERT|TLS|SSL|UNABLE_TO|^EPROTO$/.test(code)) return [`the TLS handshake failed (${code})`, CERTIFICATE_HINT];
  return [`the request failed (${cleanLine(code, 40)})`, RETRY_HINT];
}

/** The code of an error of Node or undici; where all addresses of a host failed, the one of the first. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Whether the connection broke during a request, as happens when the server is just closing a kept-alive one. */
export const isReset = (error: unknown) => RESET.test(codeOf(error));

/**
 * The error for an attempt of a lookup that brought no answer, or one that is too large or not HTTP.
 * @param startMs when the lookup began, by `performance.now()`
 * @throws the cause itself if it has no code, since then it is a bug and does not come from the network
 */
export function networkError(cause: unknown, host: string, startMs: number): KlingError {
  if (cause instanceof RequestTimeoutError) {
    const seconds = (performance.now() - startMs) / 1000;
    return new KlingError('timeout', `No answer from ${host} within ${seconds.toFixed(1)} s.`);
  }
  // This is the only error of undici whose code is often missing.
  if (cause instanceof Error && cause.name === 'HTTPParserError') {
    return badResponse('The API answered with something that is not HTTP.');
  }
  const code = codeOf(cause);
  if (code === '') throw cause;
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    const what = `The answer is larger than ${MAX_BODY_BYTES / 1024 / 1024} MiB.`;
    const hint = "Repeating it is useless; the vendor's support can look at the task.";
    return new KlingError('bad_response', what, { hint, divisible: true });
  }
  const [what, hint] = explain(code);
  return new KlingError('network_error', `No answer from ${host}: ${what}.`, { hint, cause });
}
