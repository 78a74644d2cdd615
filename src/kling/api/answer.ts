import { cleanLine } from '../text/clean.js';
import { isObject, type JsonObject, parseJson, textOf } from '../text/json.js';
import { cleanerOf, redactMessage } from '../text/privacy.js';
import {
  badResponse,
  type CodeMeaning,
  isRefusal,
  KlingError,
  mayConcernOneTask,
  meaningOf,
  UNKNOWN_CODE,
} from './error.js';
import type { HttpAnswer } from './pool.js';

/** Codes for a 4xx that brings no usable code of its own. */
const CODE_OF_STATUS = new Map([
  [400, 'bad_request'],
  [401, 'invalid_token'],
  [403, 'forbidden'],
  [404, 'no_api'],
]);

/** Statuses that concern the token or the account, whatever the code: the code whose advice holds for them. */
const ACCOUNT_CODE_OF_STATUS = new Map([
  [401, 'invalid_token'],
  [402, 'used_up'],
  [403, 'forbidden'],
]);

/** The API's own message as the end of a sentence, cut short; empty if there is none or if it is markup. */
function quote(message: string | undefined): string {
  const text = cleanLine(message ?? '', 160).replace(/[.\s]+$/, '');
  return text === '' || /<[a-z!/]/i.test(text) ? '' : `: ${text}`;
}

/** Longer than any rate limit lasts. */
const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1000;

/** Unix time in milliseconds: the answer's own `Date` if it has one, else the local clock, which may be wrong. */
export function dateOf({ headers }: HttpAnswer): number {
  const ms = Date.parse(String(headers.date));
  return Number.isNaN(ms) ? Date.now() : ms;
}

/** `Retry-After` in milliseconds: seconds, or an HTTP date (RFC 9110, 10.2.3) counted from the answer's own `Date`. */
function retryAfterOf(answer: HttpAnswer): number | undefined {
  const value = [answer.headers['retry-after'] ?? []].flat()[0]?.trim() ?? '';
  // An HTTP date begins with a weekday; Date.parse alone would take "1.5" and "-1" for dates of this century.
  const date = /^[a-z]/i.test(value) ? Date.parse(value) : Number.NaN;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : date - dateOf(answer);
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS);
}

/** Code, message and trace id of an error body; the error is an object or a bare string. */
function readError(body: JsonObject, askedIds: readonly string[]) {
  const error = isObject(body.error) ? body.error : { message: body.error };
  const named = textOf(isObject(body.error) ? body.error.code : body.error) ?? '';
  const message = textOf(error.message) ?? textOf(error.detail) ?? textOf(body.message) ?? textOf(body.detail);
  const traceId = textOf(body.trace_id) ?? textOf(error.trace_id);
  const cleaner = cleanerOf({ ...body, response: error }, [...askedIds, traceId]);
  // A bare string can be an id of the account instead of a code.
  const isCode = /^[a-z0-9_]{1,64}$/.test(named) && redactMessage(named, cleaner) === named;
  const code = isCode ? named : undefined;
  return {
    code,
    message: message === undefined || message === code ? undefined : redactMessage(message, cleaner),
    traceId: traceId && /^[\w-]{1,64}$/.test(traceId) ? traceId : undefined,
  };
}

/** The error of a rate limit, for the call that ran into it and for those that cannot wait until it ends. */
export function tooManyRequests(retryAfterMs: number | undefined, traceId?: string): KlingError {
  const seconds = Math.max(1, Math.ceil((retryAfterMs ?? 10_000) / 1000));
  return new KlingError('too_many_requests', `${meaningOf('too_many_requests').what}.`, {
    hint: `Try again after ${seconds} s.`,
    traceId,
    retryAfterMs,
  });
}

/** The error that an answer stands for. The API's own code outranks the status, because its documentation mixes them up. */
function errorOf(answer: HttpAnswer, body: JsonObject, askedIds: readonly string[]): KlingError {
  const { status } = answer;
  const { code, message, traceId } = readError(body, askedIds);
  const say = (ownCode: string, { what, hint, retryable = false }: CodeMeaning = meaningOf(ownCode)) =>
    new KlingError(ownCode, `${what} (HTTP ${status})${quote(message)}.`, {
      hint,
      retryable,
      divisible: !retryable && mayConcernOneTask(ownCode) && !ACCOUNT_CODE_OF_STATUS.has(status),
      fromApi: true,
      traceId,
    });
  if (code !== undefined && isRefusal(code)) return say(code);
  if (code === 'too_many_requests' || status === 429) return tooManyRequests(retryAfterOf(answer), traceId);
  const serverFault = status >= 500 || code === 'api_error' || code === 'timeout';
  if (serverFault || (status < 400 && code === undefined)) return say('api_error');
  // A code of the API that happens to be spelled like one of ours does not mean the same.
  if (code === undefined) return say(CODE_OF_STATUS.get(status) ?? `http_${status}`);
  const aboutAccount = ACCOUNT_CODE_OF_STATUS.get(status);
  return aboutAccount ? say(code, { ...UNKNOWN_CODE, hint: meaningOf(aboutAccount).hint }) : say(code, UNKNOWN_CODE);
}

/**
 * Reads the JSON of an answer: null, or an object that is not an error.
 * @param askedIds the ids asked for, which the message of an error may name
 * @throws KlingError by the error table
 */
export function readAnswer(answer: HttpAnswer, askedIds: readonly string[]): JsonObject | null {
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
 * A body with an id is a record, whatever else it contains. With an error status it must also look like one, because some
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
