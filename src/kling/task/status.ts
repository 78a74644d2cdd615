import * as z from 'zod';
import { holdsSomething, isObject, type JsonObject, leavesOf, textOf } from '../../text/json.js';
import { haveContent, isUrl, resultOf, type TaskRecord, text } from './record.js';

export const statusSchema = z.enum(['pending', 'completed', 'failed']);
export type Status = z.infer<typeof statusSchema>;

/** What went wrong with a task: the API's code, and a message that is never empty. */
export type TaskError = z.infer<typeof taskErrorSchema>;
export const taskErrorSchema = z.object({ code: z.string().optional(), message: z.string() });

/** The status of a task; `state` is the API's own word if a word decided it. The texts are not yet cut. */
export interface Verdict {
  status: Status;
  state?: string | undefined;
  error?: TaskError;
}

const FAILED_WORD = /^(?:failed|fail|failure|error|cancelled|canceled|rejected|aborted|timeout|timed_out|expired)$/i;
const DONE_WORD = /^(?:succeed|succeeded|success|completed|complete|finished|done)$/i;
/** Once a task is finished, only these keep it pending: another word, such as "ok", may mean anything. */
const KNOWN_RUNNING_WORD = /^(?:submitted|queued|waiting|pending|processing|running|in_progress)$/i;

/** Whether an object says that it failed, whatever its state words. */
function isBroken({ success, error }: JsonObject): boolean {
  if (success === false || error === true) return true;
  if (!isObject(error)) return text.parse(error) !== undefined;
  return [error.code, error.message, error.detail].some((part) => part === true || holdsSomething(part));
}

/**
 * Applies the status rules of the API's documentation in their order, which follow its records and the vendor's own client.
 * The subject of each rule is named beside it.
 */
export function judgeStatus(record: TaskRecord): Verdict {
  const { response, leaves, finished_at } = record;
  const isFinished = typeof finished_at === 'number';
  const isOpen = finished_at === null;
  const { data } = response;
  const elements = Array.isArray(data) ? data.filter(isObject) : [];
  const places = [response, ...(isObject(data) ? [data] : elements), record];

  const wordsOf = ({ state, status, task_status }: JsonObject) => {
    const words = [state, status, task_status].flatMap((word) => text.parse(word) ?? []);
    return isFinished ? words.filter((word) => !isRunning(word) || KNOWN_RUNNING_WORD.test(word)) : words;
  };
  const words = places.flatMap(wordsOf);
  const failedWord = words.find((word) => FAILED_WORD.test(word));
  const doneWord = words.find((word) => DONE_WORD.test(word));
  const runningWord = words.find(isRunning);
  const failed = (otherwise: string): Verdict => {
    return { status: 'failed', state: failedWord, error: describeError(places, otherwise) };
  };

  // Part of a list failed, and nothing of it is still to come.
  const hasFailed = (element: JsonObject) =>
    isBroken(element) || wordsOf(element).some((word) => FAILED_WORD.test(word));
  const isDelivered = (element: JsonObject) => {
    const said = wordsOf(element);
    const isDone = said.every((word) => DONE_WORD.test(word)) && (said.length > 0 || !isOpen);
    return isDone && !isBroken(element) && leavesOf(resultOf(element)).some(isUrl);
  };
  const isStillRunning = !isFinished && elements.flatMap(wordsOf).some(isRunning);
  if (!isStillRunning && ![response, record].some(isBroken) && elements.some(hasFailed) && elements.some(isDelivered)) {
    const error = describeError(elements.filter(hasFailed), 'Part of the results failed.');
    return { status: 'completed', state: doneWord, error };
  }
  // A failed word outranks everything else.
  if (failedWord) return failed(`The task ended as "${failedWord}", without a reason from the API.`);
  // While the task is open, the service may still be retrying.
  if (places.some(isBroken)) {
    return isOpen
      ? { status: 'pending', state: runningWord }
      : failed('The task failed, without a reason from the API.');
  }
  // A running word outranks a URL, which may be that of a preview, until the task is finished.
  const hasUrl = leaves.some(isUrl);
  if (runningWord) return isFinished && hasUrl ? { status: 'completed' } : { status: 'pending', state: runningWord };
  const isShowable = hasUrl || haveContent(leaves);
  if (doneWord && isShowable) return { status: 'completed', state: doneWord };
  if (hasUrl) return { status: isOpen ? 'pending' : 'completed' };
  // A success is believed only if there is something to show for it.
  if (doneWord || (isFinished && (response.success === true || holdsSomething(data)))) {
    if (isShowable) return { status: 'completed' };
    if (isOpen) return { status: 'pending', state: doneWord };
    const message = 'The API reports success, but returned no result.';
    return { status: 'failed', state: doneWord, error: { message } };
  }
  // An unknown shape is never taken for success.
  return isFinished ? failed('The task ended without a result.') : { status: 'pending' };
}

/** Whether a word is neither of failure nor of success: the API invents new ones for its stages. */
function isRunning(word: string): boolean {
  return !FAILED_WORD.test(word) && !DONE_WORD.test(word);
}

/** Code and message of a failure, from the first place that has them. */
function describeError(places: JsonObject[], otherwise: string): TaskError {
  const errors = places.map(({ error }) => (typeof error === 'string' ? { bare: error } : error)).filter(isObject);
  const message =
    reasonOf(errors, ['message', 'detail', 'bare']) ??
    reasonOf(places, ['task_status_msg', 'failure_reason', 'fail_reason', 'fail_msg', 'message', 'detail']);
  return { code: reasonOf(errors, ['code']), message: message ?? otherwise };
}

/** The first reason under one of the keys, also in camel case; their order goes before that of the objects. */
function reasonOf(objects: JsonObject[], keys: string[]): string | undefined {
  const spellings = keys.flatMap((key) => [key, key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())]);
  return spellings
    .flatMap((key) => objects.flatMap((object) => textOf(object[key]) ?? []))
    .find((reason) => !isSuccess(reason));
}

/** Whether a word of success stands in place of a reason: Kling wraps failures in "SUCCEED" and "OK" too. */
function isSuccess(reason: string): boolean {
  const word = /^(\w+)[.!]*$/.exec(reason)?.[1] ?? '';
  return DONE_WORD.test(word) || /^(?:ok|okay|successful(?:ly)?)$/i.test(word);
}
