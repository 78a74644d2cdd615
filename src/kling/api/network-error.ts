import { cleanLine } from '../text/clean.js';
import { badResponse, CERTIFICATE_HINT, CONNECTION_HINT, KlingError, RETRY_HINT } from './error.js';
import { MAX_BODY_BYTES } from './pool.js';

const RESET = /^(?:ECONNRESET|EPIPE|UND_ERR_SOCKET)$/;

/** What a network failure's code means, and what to do about it. */
function explainNetworkCode(code: string): readonly [what: string, hint: string] {
  if (code === 'ECONNREFUSED') return ['connection refused', CONNECTION_HINT];
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return ['the host name cannot be resolved (DNS)', CONNECTION_HINT];
  if (RESET.test(code)) return ['the connection was reset', RETRY_HINT];
  if (/^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/.test(code)) return ['no connection in time', CONNECTION_HINT];
  if (/^(EHOSTUNREACH|ENETUNREACH)$/.test(code)) return ['the network is unreachable', CONNECTION_HINT];
  if (/CERT|TLS|SSL|UNABLE_TO|^EPROTO$/.test(code)) {
    return [`the TLS handshake failed (${code})`, CERTIFICATE_HINT];
  }
  if (/^(UND_ERR_ABORTED|UND_ERR_PRX_TLS)$/.test(code)) {
    return ['the proxy refused the tunnel', 'Check HTTPS_PROXY and HTTP_PROXY.'];
  }
  return [`the request failed (${cleanLine(code, 40)})`, RETRY_HINT];
}

/** Finds the code of an error, also inside an AggregateError (both address families tried) or behind a cause. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return codeOf(error.cause);
}

/** Whether the connection broke during a request, as happens when the server is just closing a kept-alive one. */
export function isReset(error: unknown): boolean {
  return RESET.test(codeOf(error) ?? '');
}

/**
 * The KlingError for an error of undici: `network_error`, or `bad_response` if the answer is too large or not HTTP.
 * @throws the error itself if it has no code, since then it is a bug and does not come from the network
 */
export function networkError(error: unknown, host: string): KlingError {
  const code = codeOf(error);
  // This is the only error of undici whose code is often missing.
  if (error instanceof Error && error.name === 'HTTPParserError') {
    return badResponse('The API answered with something that is not HTTP.', error);
  }
  if (code === undefined) throw error;
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return new KlingError('bad_response', `The answer is larger than ${MAX_BODY_BYTES / 1024 / 1024} MiB.`, {
      hint: "Repeating it is useless; the vendor's support can look at the task.",
      divisible: true,
      cause: error,
    });
  }
  const [what, hint] = explainNetworkCode(code);
  return new KlingError('network_error', `No answer from ${host}: ${what}.`, { hint, cause: error });
}
