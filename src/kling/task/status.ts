import { cleanText } from '../../text/clean.js';
import { defined, holdsSomething, isObject, type JsonObject, textOf } from '../../text/json.js';
import { hasResultUrl } from './media.js';
import { stringOf, type TaskRecord } from './record.js';

export const STATUSES = ['pending', 'completed', 'failed'] as const;
export type Status = (typeof STATUSES)[number];

/** What went wrong with a task: the API's code, and a message that is never empty. */
export type TaskError = ReturnType<typeof describeError>;

/** The status of a task; `state` is the API's own word if a word decided it. The texts are raw: not yet cleaned or cut. */
type Verdict = { status: Status; state?: string | undefined; error?: TaskError };

const FAILED_WORD = /^(?:failed|fail|failure|error|cancelled|canceled|rejected|aborted|timeout|timed_out|expired)$/i;
const DONE_WORD = /^(?:succeed|succeeded|success|completed|complete|finished|done)$/i;

/** The state words of one object, in the API's spelling. */
function wordsOf({ state, status, task_status }: JsonObject): string[] {
  return [state, status, task_status].map(stringOf).filter((word) => word !== undefined);
}

/** Whether an object says that it failed, whatever its state words. */
function isBroken({ success, error }: JsonObject): boolean {
  if (success === false || error === true) return true;
  if (isObject(error))
    return [error.code, error.message, error.detail].some((part) => part === true || holdsSomething(part));
  return stringOf(error) !== undefined;
}

/** Whether a text is a reason: visible, and no word of success, because Kling wraps failures in "SUCCEED" and "OK" too. */
function isReason(text: string | undefined): boolean {
  const shown = cleanText(text ?? '').trim();
  const word = /^(\w+)[.!]*$/.exec(shown)?.[1] ?? '';
  return shown !== '' && !DONE_WORD.test(word) && !/^(?:ok|okay|successful(?:ly)?)$/i.test(word);
}

/** The first reason under one of the keys, which go before the order of the objects. */
function reasonOf(objects: JsonObject[], ...keys: string[]): string | undefined {
  return keys.flatMap((key) => objects.map((object) => textOf(object[key]))).find(isReason);
}

/** Code and message of a failure, in the order of the status rules. */
function describeError(places: JsonObject[], otherwise: string) {
  const errors = places.map(({ error }) => (typeof error === 'string' ? { bare: error } : error)).filter(isObject);
  const message =
    reasonOf(errors, 'message', 'detail', 'bare') ?? reasonOf(places, 'message', 'detail', 'task_status_msg');
  return { ...defined({ code: reasonOf(errors, 'code') }), message: message ?? otherwise };
}

/** More elements than any task has results. */
const MAX_ELEMENTS = 1000;

/**
 * Applies the status rules in their order, which follow the API's records and the vendor's own client:
 * - A failed word outranks everything except an element of a list that was delivered all the same.
 * - An error without a failed word leaves the task pending while the record says `finished_at: null`, because the service
 *   may still be retrying; otherwise the task has failed.
 * - A running word outranks a URL, which may be that of a preview.
 * - An unknown shape is never taken for success.
 * - An error inside an element of a list counts like a failed word of that element, since otherwise a finished list of
 *   nothing but errors would be a success. Results delivered beside it need no done word unless the record is open.
 */
export function judgeStatus({ response, raw, finishedAt }: TaskRecord): Verdict {
  const { data } = response;
  const elements = Array.isArray(data) ? data.slice(0, MAX_ELEMENTS).filter(isObject) : [];
  const places = [response, ...(isObject(data) ? [data] : elements), raw];
  const words = places.flatMap(wordsOf);
  const failedWord = words.find((word) => FAILED_WORD.test(word));
  const doneWord = words.find((word) => DONE_WORD.test(word));
  const runningWord = words.find((word) => !FAILED_WORD.test(word) && !DONE_WORD.test(word));
  const isFinished = typeof finishedAt === 'number';
  const isOpen = finishedAt === null;
  const isBrokenAnywhere = places.some(isBroken);
  const isPartBroken = isBrokenAnywhere && ![response, raw].some(isBroken);

  const isDone = (element: JsonObject) => wordsOf(element).some((word) => DONE_WORD.test(word));
  const isDelivered = (element: JsonObject) =>
    hasResultUrl(element) && (isDone(element) || (!failedWord && !isOpen && !isBroken(element)));
  if ((failedWord || isPartBroken) && elements.some(isDelivered)) {
    return { status: 'completed', state: doneWord, error: describeError(places, 'Part of the results failed.') };
  }
  const failed = (otherwise: string): Verdict => {
    return { status: 'failed', state: failedWord, error: describeError(places, otherwise) };
  };
  if (failedWord) return failed(`The task ended as "${failedWord}", without a reason from the API.`);
  if (isBrokenAnywhere && isOpen) return { status: 'pending', state: runningWord };
  if (isBrokenAnywhere) return failed('The task failed, without a reason from the API.');
  if (runningWord && !isFinished) return { status: 'pending', state: runningWord };
  if (doneWord) return { status: 'completed', state: doneWord };
  if (hasResultUrl(response)) return { status: isOpen ? 'pending' : 'completed' };
  if (!isFinished) return { status: 'pending' };
  if (response.success === true || holdsSomething(data)) return { status: 'completed' };
  return failed('The task ended without a result.');
}
