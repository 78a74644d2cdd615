import { cleanLine } from '../text/clean.js';
import { isObject, type JsonObject, parseJson, textOf } from '../text/json.js';
import { cleanerOf, redactMessage } from '../text/privacy.js';
import { CONNECTION_HINT, type CodeMeaning, isRefusal, meaningOf, OTHER_CODE, RETRY_HINT, URL_HINT } from './codes.js';
import { KlingError } from './error.js';
import { type HttpAnswer, MAX_BODY_BYTES } from './pool.js';

/** Codes for a 4xx that brings no usable code of its own. */
const CODE_OF_STATUS = new Map([
  [400, 'bad_request'],
  [401, 'invalid_token'],
  [403, 'forbidden'],
  [404, 'no_api'],
]);

/** A sentence from the API for the reader, where it is one: not markup, and short. */
function quote(message: string | undefined): string {
  const text = cleanLine(message ?? '', 160).replace(/[.\s]+$/, '');
  return text === '' || /<[a-z!/]/i.test(text) ? '' : `: ${text}`;
}

/** Longer than any limit lasts, and a number that every client can read. */
const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1000;

/** `Retry-After` in milliseconds: seconds or an HTTP date (RFC 9110, 10.2.3), which begins with a weekday. */
function retryAfterOf({ headers }: HttpAnswer): number | undefined {
  const value = [headers['retry-after'] ?? []].flat()[0]?.trim() ?? '';
  // Date.parse alone would take "1.5" and "-1" for dates of this century.
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(/^[a-z]/i.test(value) ? value : '') - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS);
}

/** Code, message and trace id of an error body; the error is an object or a bare string. */
function readError(body: JsonObject, askedIds: readonly string[]) {
  const error = isObject(body.error) ? body.error : { message: body.error };
  const named = textOf(isObject(body.error) ? body.error.code : body.error) ?? '';
  const code = /^[a-z0-9_]{1,64}$/.test(named) ? named : undefined;
  const message = textOf(error.message) ?? textOf(error.detail) ?? textOf(body.message) ?? textOf(body.detail);
  const traceId = textOf(body.trace_id) ?? textOf(error.trace_id);
  const ids = [...askedIds, traceId];
  const cleaner = cleanerOf({ ...body, response: error }, ids);
  return {
    code,
    message: message === undefined || message === code ? undefined : redactMessage(message, { cleaner, ids }),
    traceId: traceId && /^[\w-]{1,64}$/.test(traceId) ? traceId : undefined,
  };
}

/** The error that an answer means. The API's code goes first, then the status: its documentation mixes them up. */
function errorOf(answer: HttpAnswer, body: JsonObject, askedIds: readonly string[]): KlingError {
  const { status } = answer;
  const { code, message, traceId } = readError(body, askedIds);
  const say = (ownCode: string, { what, hint, retryable = false }: CodeMeaning = meaningOf(ownCode)) =>
    new KlingError(ownCode, `${what} (HTTP ${status})${quote(message)}.`, { hint, retryable, traceId });
  if (code !== undefined && isRefusal(code)) return say(code);
  if (code === 'too_many_requests' || status === 429) {
    const retryAfterMs = retryAfterOf(answer);
    const seconds = Math.max(1, Math.ceil((retryAfterMs ?? 10_000) / 1000));
    return new KlingError('too_many_requests', `${meaningOf('too_many_requests').what}.`, {
      hint: `Try again after ${seconds} s.`,
      traceId,
      retryAfterMs,
    });
  }
  const serverFault = status >= 500 || code === 'api_error' || code === 'timeout';
  if (serverFault || (status < 400 && code === undefined)) return say('api_error');
  // A code of the API's that sounds like one of ours has not its meaning.
  return code === undefined ? say(CODE_OF_STATUS.get(status) ?? `http_${status}`) : say(code, OTHER_CODE);
}

/** An answer that is none of the API's: not to be repeated. */
export function badResponse(what: string, cause?: unknown): KlingError {
  return new KlingError('bad_response', what, { cause });
}

/**
 * The JSON of an answer: null, or an object that is no error.
 * @param askedIds the ids asked for, which the message of an error may name
 * @throws KlingError by the error table
 */
export function readAnswer(answer: HttpAnswer, askedIds: readonly string[] = []): JsonObject | null {
  const { status, text } = answer;
  if (status >= 300 && status < 400) throw badResponse(`The API answered with a redirect (HTTP ${status}).`);
  const body = text === undefined ? undefined : parseJson(text);
  if (isObject(body) && isRecord(body, status)) return body;
  if (status >= 400) throw errorOf(answer, isObject(body) ? body : {}, askedIds);
  if (text === undefined) throw badResponse(`The API answered with a compressed body (HTTP ${status}).`);
  if (text.trim() === '') throw badResponse(`The API answered with an empty body (HTTP ${status}).`);
  if (body === undefined) throw badResponse(`The API answered with something that is not JSON (HTTP ${status}).`);
  if (body !== null && !isObject(body)) throw badResponse('The API answered with JSON that is no record.');
  if (body !== null && (body.success === false || isErrorBody(body))) throw errorOf(answer, body, askedIds);
  return body;
}

/**
 * A body with an id is a record, whatever else it has. Behind an error status it must look like one besides, as some
 * services put the id of the request into their errors.
 */
function isRecord(body: JsonObject, status: number): boolean {
  const hasId = textOf(body.id) !== undefined;
  return hasId && (status < 400 || isObject(body.request) || isObject(body.response));
}

function isErrorBody({ error, items }: JsonObject): boolean {
  if (items !== undefined) return false;
  return error === true || isObject(error) || textOf(error) !== undefined;
}

/** What a network failure's code means, and what to do about it. */
function explainNetworkCode(code: string): readonly [what: string, hint: string] {
  if (code === 'ECONNREFUSED') return ['connection refused', CONNECTION_HINT];
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return ['the host name cannot be resolved (DNS)', CONNECTION_HINT];
  if (/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/.test(code)) return ['the connection was reset', RETRY_HINT];
  if (/^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/.test(code)) return ['no connection in time', CONNECTION_HINT];
  if (/^(EHOSTUNREACH|ENETUNREACH)$/.test(code)) return ['the network is unreachable', CONNECTION_HINT];
  if (/CERT|TLS|SSL|UNABLE_TO|^EPROTO$/.test(code)) {
    return [
      `the TLS handshake failed (${code})`,
      `${URL_HINT} Behind a proxy that inspects TLS, set NODE_EXTRA_CA_CERTS to its certificate.`,
    ];
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

/** Whether the connection broke under a request: a keep-alive socket that the server was just closing does that. */
export function isReset(error: unknown): boolean {
  return /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/.test(codeOf(error) ?? '');
}

/**
 * The KlingError for what undici threw: `network_error`, or `bad_response` for what is too large or not HTTP. An error without
 * a code does not come from the network: it is a bug, and thrown on.
 */
export function networkError(error: unknown, host: string): KlingError {
  const code = codeOf(error);
  // The one error of undici's whose code is often missing.
  if (error instanceof Error && error.name === 'HTTPParserError') {
    return badResponse('The API answered with something that is not HTTP.', error);
  }
  if (code === undefined) throw error;
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return badResponse(`The API answered with more than ${MAX_BODY_BYTES / 1024 / 1024} MiB.`, error);
  }
  const [what, hint] = explainNetworkCode(code);
  return new KlingError('network_error', `No answer from ${host}: ${what}.`, { hint, cause: error });
}
