import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import type { KlingError } from '../kling/api/error.js';
import type { Task, TaskSummary } from '../kling/task/task.js';
import { cleanText, cutText } from '../text/clean.js';

/** Claude Code refuses results of over 25,000 tokens, and a signed URL costs one for each 1.6 characters. */
export const MAX_TEXT = 32_000;
const MAX_ERROR_TEXT = 500;

/** Errors of calls that made no lookup, or whose lookup showed that there is no such task. */
const NOT_OF_THE_LOOKUP = new Set(['invalid_arguments', 'configuration', 'task_not_found', 'internal_error']);

/** The text of a result: what its structured content says, as compact JSON. */
export const textOf = (result: object) => JSON.stringify({ result });

/** A normal result: structured content, and the same as text, because some clients drop one of the two. */
export function toResult(result: object): CallToolResult {
  return { content: [{ type: 'text', text: textOf(result) }], structuredContent: { result } };
}

/** The task with as many of its files as the text has room for; the others are counted in `left_out`. */
export function withFilesThatFit<T extends Task | TaskSummary>(task: T, maxLength = MAX_TEXT - textOf({}).length): T {
  const fitting = { ...task };
  while (fitting.other_media && JSON.stringify(fitting).length > maxLength) {
    fitting.other_media = fitting.other_media.slice(0, -1);
    fitting.left_out = (fitting.left_out ?? 0) + 1;
    if (fitting.other_media.length === 0) delete fitting.other_media;
  }
  return fitting;
}

/** An error as the model reads it: `[code] what happened. What to do. (trace_id …)`, at most 500 characters. */
export function toErrorResult({ code, message: what, hint, traceId }: KlingError): CallToolResult {
  // Otherwise models mistake a failed lookup for a failed task.
  const scope = NOT_OF_THE_LOOKUP.has(code) ? '' : 'The lookup failed, which says nothing about the task: ';
  const beginning = `[${code}] ${scope}`;
  const end = `${hint && ` ${hint}`}${traceId ? ` (trace_id ${traceId})` : ''}`;
  // What to do is worth more than the end of what happened.
  const message = cutText(cleanText(what), MAX_ERROR_TEXT - beginning.length - end.length);
  return { content: [{ type: 'text', text: `${beginning}${message}${end}` }], isError: true };
}
