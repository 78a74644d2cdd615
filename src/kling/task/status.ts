import { cleanText } from '../text/clean.js';
import { defined, holdsSomething, isObject, type JsonObject, textOf } from '../text/json.js';
import { hasResultUrl } from './media.js';
import type { TaskRecord } from './record.js';

export const STATUSES = ['pending', 'completed', 'failed'] as const;
export type Status = (typeof STATUSES)[number];

/** What went wrong with a task: the API's code, and a message that is never empty. */
export interface TaskError {
  code?: string;
  message: string;
}

/** The status of a task; `state` is the API's own word if a word decided it. The texts are raw: not yet cleaned or cut. */
export interface Verdict {
  status: Status;
  state?: string;
  error?: TaskError;
}

const FAILED_WORDS = new Set(
  'failed fail failure error cancelled canceled rejected aborted timeout timed_out expired'.split(' '),
);
const DONE_WORDS = new Set('succeed succeeded success completed complete finished done'.split(' '));

type WordKind = 'failed' | 'done' | 'running';

function wordKind(word: string): WordKind {
  const lower = word.toLowerCase();
  if (FAILED_WORDS.has(lower)) return 'failed';
  return DONE_WORDS.has(lower) ? 'done' : 'running';
}

/** The state words of one object, in the API's spelling. */
function wordsOf({ state, status, task_status }: JsonObject): string[] {
  return [state, status, task_status].flatMap((word) =>
    typeof word === 'string' && word.trim() !== '' ? [word.trim()] : [],
  );
}

/** More elements than any task has results. */
const MAX_ELEMENTS = 1000;

/** Where state words, errors and messages can be: the response, its data (an object or a list), and the record. */
function placesOf({ response, raw }: TaskRecord) {
  const elements = Array.isArray(response.data) ? response.data.slice(0, MAX_ELEMENTS).filter(isObject) : [];
  const outer = isObject(response.data) ? [response, response.data, raw] : [response, raw];
  return { response, elements, outer, all: [...outer.slice(0, -1), ...elements, raw] };
}

function isBlank(value: unknown): boolean {
  return typeof value === 'string' ? value.trim() === '' : !value;
}

function isErrorPresent({ error }: JsonObject): boolean {
  if (!isObject(error)) return error === true || (typeof error === 'string' && !isBlank(error));
  return ![error.code, error.message, error.detail].every(isBlank);
}

/** Whether a text is a reason: visible, and no word of success, because Kling wraps failures in "SUCCEED" and "OK" too. */
function isReason(text: string | undefined): boolean {
  const shown = cleanText(text ?? '').trim();
  const word = /^(\w+)[.!]*$/.exec(shown)?.[1] ?? '';
  return shown !== '' && wordKind(word) !== 'done' && !/^(?:ok|okay|successful(?:ly)?)$/i.test(word);
}

/** The first text that is a reason. */
function firstText(values: unknown[]): string | undefined {
  return values.map(textOf).find(isReason);
}

/** Takes code and message from the first object that has them, in the order of the status rules. */
function describeError(places: JsonObject[], otherwise: string): TaskError {
  const errors = places.map((place) => place.error);
  const objects = errors.filter(isObject);
  const code = firstText(objects.map((error) => error.code));
  const message = firstText([
    ...objects.map((error) => error.message),
    ...objects.map((error) => error.detail),
    ...errors.filter((error) => typeof error === 'string'),
    ...places.map((place) => place.message),
    ...places.map((place) => place.detail),
    ...places.map((place) => place.task_status_msg),
  ]);
  return defined({ code, message: message ?? otherwise });
}

/** Whether an element of a list has failed, whatever its state word. */
function isBrokenElement(element: JsonObject): boolean {
  return element.success === false || isErrorPresent(element);
}

/** Whether an element of a list has a done word. */
function isDoneElement(element: JsonObject): boolean {
  return wordsOf(element).some((word) => wordKind(word) === 'done');
}

function verdict(status: Status, state?: string, error?: TaskError): Verdict {
  return defined({ status, state, error });
}

/**
 * Applies the status rules in their order; the first that holds decides. They follow what the API's records and the
 * vendor's own client do:
 * - A failed word outranks everything except an element of a list that was delivered all the same.
 * - An error without a failed word leaves the task pending while the record says `finished_at: null`, because the service
 *   may still be retrying; otherwise the task has failed.
 * - A running word outranks a URL, which may be that of a preview.
 * - An unknown shape is never taken for success.
 *
 * One addition: an error inside an element of a list counts like a failed word of that element. Without it a finished
 * list of nothing but errors would be a success. What was delivered beside such an error needs no done word once the record
 * is no longer open.
 */
export function judgeStatus(record: TaskRecord): Verdict {
  const { response, elements, outer, all } = placesOf(record);
  const words = all.flatMap(wordsOf);
  const wordOf = (kind: WordKind) => words.find((word) => wordKind(word) === kind);
  const finished = typeof record.finishedAt === 'number';
  const open = record.finishedAt === null;
  const broken = outer.some(isErrorPresent);
  const brokenElement = elements.some(isBrokenElement);
  const refused = outer.some(({ success }) => success === false);

  const failedWord = wordOf('failed');
  const isDelivered = (element: JsonObject) =>
    hasResultUrl(element) && (isDoneElement(element) || (!failedWord && !open && !isBrokenElement(element)));
  if ((failedWord || (brokenElement && !broken && !refused)) && elements.some(isDelivered)) {
    return verdict('completed', wordOf('done'), describeError(all, 'Part of the results failed.'));
  }
  if (failedWord) {
    const otherwise = `The task ended as "${failedWord}", without a reason from the API.`;
    return verdict('failed', failedWord, describeError(all, otherwise));
  }
  if (refused || broken || brokenElement) {
    if (open) return verdict('pending', wordOf('running'));
    return verdict('failed', undefined, describeError(all, 'The task failed, without a reason from the API.'));
  }
  const runningWord = wordOf('running');
  if (runningWord && !finished) return verdict('pending', runningWord);
  const doneWord = wordOf('done');
  if (doneWord) return verdict('completed', doneWord);
  if (hasResultUrl(response)) return verdict(open ? 'pending' : 'completed');
  if (!finished) return verdict('pending');
  if (response.success === true || holdsSomething(response.data)) return verdict('completed');
  return verdict('failed', undefined, describeError(all, 'The task ended without a result.'));
}
