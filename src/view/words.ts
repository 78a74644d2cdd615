import { textOf } from '../text/json.js';
import { formatDate, formatDuration } from './formats.js';
import { type JsonObject, listOf, objectOf } from './json.js';
import type { Task } from './task.js';

/** What the page calls things. */

/** Types that make something else than a video, or a video of a kind, and kinds of files. */
const NOUNS = new Map([
  ['motion', 'motion video'],
  ['lip-sync', 'lip-sync video'],
  ['talking-photo', 'talking photo'],
  ['voices', 'voice'],
  ['elements', 'element'],
  ['image', 'picture'],
  ['audio', 'sound'],
]);

export const nounOfKind = (kind: string) => NOUNS.get(kind) ?? kind;

/** What a task makes, such as "lip-sync video"; an unknown type makes videos, unless it turns out otherwise. */
export const nounOf = ({ type = '', media: [first], output }: Task) =>
  NOUNS.get(type) ?? nounOfKind(first?.kind ?? (output ? 'result' : 'video'));

export const capitalize = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** What the user wrote: for lip-sync the text to speak, for a storyboard its shots. */
export function promptOf({ request = {}, prompt }: Task): string | undefined {
  const isShot = ([key]: [string, unknown]) => /^multi_prompt\..*prompt$/.test(key);
  const shots = Object.entries(request)
    .filter(isShot)
    .flatMap(([, text]) => textOf(text) ?? []);
  return textOf(request.prompt) ?? textOf(request.text) ?? (shots.join('\n') || prompt);
}

/** Short facts, of which those that are not known are left out. */
export type Facts = (string | 0 | false | undefined)[];

const modelOf = ({ request = {} }: Task) => textOf(request.model) ?? textOf(request.model_name);

/** What was asked for. */
export const settingsOf = (task: Task): Facts => [
  modelOf(task),
  textOf(task.request?.mode),
  textOf(task.request?.aspect_ratio),
];

/** Model, length, how long it took and when it was done. */
export const factsOf = (task: Task): Facts => [
  modelOf(task),
  lengthOf(task),
  task.elapsedSeconds && `took ${formatDuration(task.elapsedSeconds)}`,
  task.finishMs && formatDate(task.finishMs),
];

export const lengthOf = ({ durationSeconds }: Task) => durationSeconds && formatDuration(durationSeconds);

/** Something that a task returned which is no file, such as a voice. */
export interface Thing {
  name: string | undefined;
  id: string | undefined;
}

/** The results of a task that are no files, by their names and ids; undefined if one of them has neither. */
export function thingsOf({ output }: Task): Thing[] | undefined {
  if (!output) return undefined;
  const find = (object: JsonObject, key: RegExp) =>
    textOf(Object.entries(object).find(([name, value]) => key.test(name) && textOf(value))?.[1]);
  const things = (Array.isArray(output.items) ? listOf(output.items) : [output])
    .map(objectOf)
    .map((each) => ({ name: find(each, /name$/), id: find(each, /(^|_)id$/) }));
  return things.every(({ name, id }) => name ?? id) ? things : undefined;
}

/** What to do about a failure, if its code or message tells. Not all codes of the API are known, so the message counts too. */
const REMEDIES: [pattern: RegExp, remedy: string][] = [
  [/risk|moderat|sensitiv|safety|polic/i, 'Change the prompt or the pictures, and try again.'],
  [/balance|quota|used_up|insufficient/i, 'Top up the balance at AceDataCloud, and try again.'],
  [/time.?out|timed out|internal|api_error|busy|too_many/i, 'This may pass: try again in a few minutes.'],
  [/invalid|bad_request|unsupported|could not be read/i, 'Check the settings and files that it was given.'],
];

export function remedyOf({ error }: Task): string | undefined {
  const text = `${error?.code} ${error?.message}`;
  return REMEDIES.find(([pattern]) => pattern.test(text))?.[1];
}
