import { cleanLine, type Redact } from '../../text/clean.js';
import { isEmpty, isObject, type JsonObject, parseJson, textOf } from '../../text/json.js';
import { publicCopy } from '../../text/public-copy.js';
import { redactMessage } from '../../text/redact-message.js';
import { badResponse, CODES, isRefusal, KlingError, meaningOf, tooManyRequests, UNKNOWN_CODE } from './error.js';
import type { HttpAnswer } from './pool.js';

/** The codes that statuses stand for, where the answer brings no code of its own. */
const CODE_OF_STATUS = new Map([
  [400, 'bad_request'],
  [401, 'invalid_token'],
  [403, 'forbidden'],
  [404, 'no_api'],
]);

/** Unix time in milliseconds: the answer's own `Date` if it has one, else the local clock, which may be wrong. */
export function dateOf({ headers }: HttpAnswer): number {
  const ms = Date.parse(String(headers.date));
  return Number.isNaN(ms) ? Date.now() : ms;
}

/** `Retry-After` (RFC 9110, 10.2.3) in milliseconds; a date counts from the answer's own `Date`. */
function retryAfterOf(answer: HttpAnswer): number | undefined {
  const value = String(answer.headers['retry-after']);
  const ms = /^\d{1,8}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - dateOf(answer);
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/**
 * Reads an error body, whose error is an object or a bare string.
 * @returns what may be shown of it: a code, if it has the form of one; the message as the end of a sentence, that is a colon
 * and the text, or ''; the trace id
 */
function readError(original: JsonObject, askedIds: readonly string[], redact: Redact) {
  const ids = [...askedIds, textOf(original.trace_id)];
  const copy = publicCopy(original, { redact, keep: ids });
  const body = isObject(copy) ? copy : {};
  const error = isObject(body.error) ? body.error : { code: body.error, message: body.error };
  const code = textOf(error.code) ?? '';
  const [message = ''] = [error.message, error.detail, body.message, body.detail].flatMap((text) => textOf(text) ?? []);
  const traceId = textOf(body.trace_id) ?? '';
  // A bare string can be an id of the account instead of a code.
  const isCode = /^[a-z0-9_]{1,64}$/.test(code) && redactMessage(code, { ids }) === code;
  const text = cleanLine(redactMessage(message, { ids }), 160).replace(/[.\s]+$/, '');
  const tellsMore = text !== '' && !(isCode && message === code) && !/<[a-z!/]/i.test(text);
  return {
    code: isCode ? code : undefined,
    quote: tellsMore ? `: ${text}` : '',
    traceId: /^[\w-]{1,64}$/.test(traceId) ? traceId : undefined,
  };
}

/** The error that an answer stands for. The API's own code outranks the status, because its documentation mixes them up. */
function errorOf(answer: HttpAnswer, body: JsonObject, askedIds: readonly string[], redact: Redact): KlingError {
  const { status } = answer;
  const { code, quote, traceId } = readError(body, askedIds, redact);
  // These concern the token or the account, whatever the code.
  const isAboutAccount = status >= 401 && status <= 403;
  const say = (ownCode: string, { what, hint, retryable = false } = meaningOf(ownCode)) => {
    // A refusal of the request, or one that nobody documents, may be due to a single id.
    const divisible = !retryable && !isAboutAccount && (ownCode === 'bad_request' || !isRefusal(ownCode));
    const details = { hint, retryable, divisible, traceId };
    return new KlingError(ownCode, `${what} (HTTP ${status})${quote}.`, details);
  };
  if (code !== undefined && isRefusal(code)) return say(code);
  if (code === 'too_many_requests' || status === 429) return tooManyRequests(retryAfterOf(answer), traceId);
  const isFault = status >= 500 || code === 'api_error' || code === 'timeout';
  if (isFault || (status < 400 && code === undefined)) return say('api_error');
  const ofStatus = CODE_OF_STATUS.get(status) ?? `http_${status}`;
  // A code of the API that happens to be spelled like one of ours does not mean the same.
  if (code === undefined || CODES.has(code)) return say(ofStatus);
  return say(code, { ...UNKNOWN_CODE, ...(isAboutAccount && { hint: meaningOf(ofStatus).hint }) });
}

/**
 * The records of an answer, in no particular order; those that do not exist are absent.
 * @param askedIds the ids asked for, which the message of an error may name
 * @param redact replaces the token, which the message of an error may echo
 * @throws KlingError by the error table
 */
export function readAnswer(answer: HttpAnswer, askedIds: readonly string[], redact: Redact): JsonObject[] {
  const { status, text, headers } = answer;
  if (status >= 300 && status < 400) throw badResponse(`The API answered with a redirect (HTTP ${status}).`);
  const body = parseJson(text);
  const object = isObject(body) ? body : {};
  const record = unwrap(object);
  if (isError(isEmpty(record) ? object : record, status)) {
    const error = errorOf(answer, object, askedIds, redact);
    if (error.code === 'not_found') return [];
    throw error;
  }
  if (body === undefined) {
    const isCompressed = (headers['content-encoding'] ?? 'identity') !== 'identity';
    const what = isCompressed ? 'a compressed body' : text === '' ? 'an empty body' : 'something that is not JSON';
    throw badResponse(`The API answered with ${what} (HTTP ${status}).`);
  }
  if (body !== null && !isObject(body)) throw badResponse('The API answered with JSON that is no record.');
  // `{}`, or `null` on some deployments, means that no task was found; so does `null` for the list of a batch.
  if (isEmpty(record)) return [];
  if (askedIds.length === 1) return [record];
  if (object.items === null) return [];
  if (!Array.isArray(object.items)) throw badResponse('The API answered a batch without a list of items.');
  return object.items.filter(isObject).map(unwrap);
}

/** The record in an envelope `{task: {…}}`; empty where that holds none. */
function unwrap(body: JsonObject): JsonObject {
  if (textOf(body.id) !== undefined || !('task' in body)) return body;
  return isObject(body.task) ? body.task : {};
}

/**
 * Whether a body is an error. One with an id is a record, whatever else it contains; with an error status it must also look
 * like one, because some services put the id of the request into their errors.
 */
function isError({ id, request, response, error, items, success }: JsonObject, status: number): boolean {
  const isRecord = textOf(id) !== undefined && (status < 400 || isObject(request) || isObject(response));
  if (isRecord) return false;
  if (status >= 400 || success === false) return true;
  return !Array.isArray(items) && (error === true || isObject(error) || textOf(error) !== undefined);
}
