import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { KlingError, meaningOf } from '../kling/api/error.js';
import { cleanText, cutText } from '../text/clean.js';

const MAX_ERROR_TEXT = 500;

/** Errors of calls that made no lookup, or whose lookup showed that there is no such task. */
const NOT_OF_THE_LOOKUP = new Set(['invalid_arguments', 'configuration', 'task_not_found', 'internal_error']);

/** A normal result: structured content, and the same as compact JSON, because some clients drop one of the two. */
export function toResult(result: object): CallToolResult {
  const structuredContent = { result };
  return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
}

/**
 * An error as the model reads it: `[code] what happened. What to do. (trace_id …)`, at most 500 characters. Any error
 * that is no KlingError is a bug, about which the model learns only that it happened.
 */
export function toErrorResult(error: unknown): CallToolResult {
  const known =
    error instanceof KlingError ? error : new KlingError('internal_error', `${meaningOf('internal_error').what}.`);
  // Otherwise models mistake a failed lookup for a failed task.
  const scope =
    NOT_OF_THE_LOOKUP.has(known.code) && !known.fromApi ? '' : 'The lookup failed, which says nothing about the task: ';
  const beginning = `[${known.code}] ${scope}`;
  const trace = known.traceId ? ` (trace_id ${known.traceId})` : '';
  const end = `${known.hint && ` ${known.hint}`}${trace}`;
  // What to do is worth more than the end of what happened.
  const message = cutText(cleanText(known.message), MAX_ERROR_TEXT - beginning.length - end.length);
  return { content: [{ type: 'text', text: `${beginning}${message}${end}` }], isError: true };
}
