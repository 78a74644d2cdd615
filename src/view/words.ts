import { type Child, el } from './dom.js';
import { formatDate, formatDuration } from './formats.js';
import { textOf } from './json.js';
import type { Task } from './task.js';

/** What a task makes, such as "lip-sync video". Most types of the API speak for themselves. */
export function nounOf({ type = 'videos' }: Task): string {
  if (type === 'videos') return 'video';
  return type === 'motion' || type === 'lip-sync' ? `${type} video` : type.replace(/[-_]/g, ' ');
}

export const capitalize = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

export const promptOf = ({ request }: Task) => textOf(request?.prompt);

/** Each part is isolated, so that it does not change places with its neighbours where a part reads from right to left. */
const inOneLine = (...parts: Child[]): Child[] =>
  parts.filter(Boolean).flatMap((part, index) => [index > 0 && ' · ', el('bdi', part)]);

/** What was asked for. */
export const settingsOf = ({ request = {} }: Task) =>
  inOneLine(textOf(request.model), textOf(request.mode), textOf(request.aspect_ratio));

/** Model, length, how long it took and when it was done. */
export const factsOf = ({ request, durationSeconds = 0, elapsedSeconds = 0, finishMs }: Task) =>
  inOneLine(
    textOf(request?.model),
    formatDuration(durationSeconds),
    elapsedSeconds > 0 && el('bdi', 'took ', el('bdi', formatDuration(elapsedSeconds))),
    finishMs !== undefined && formatDate(finishMs),
  );

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
