import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { meaningOf } from '../kling/api/codes.js';
import { KlingError } from '../kling/api/error.js';
import { cleanLine, cleanText, cutText } from '../kling/text/clean.js';

const MAX_ERROR_TEXT = 500;

/** A normal result: the structure, the same as compact JSON, and links to the videos. */
export function toResult(result: object, videoUrls: string[] = []): CallToolResult {
  const structuredContent = { result };
  const links = videoUrls.map((url) => ({ type: 'resource_link' as const, uri: url, name: fileNameOf(url) }));
  return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }, ...links], structuredContent };
}

function fileNameOf(url: string): string {
  const name = new URL(url).pathname.split('/').at(-1) ?? '';
  return cleanLine(name, 128) || 'video';
}

/** What an error says where no trace id follows: what happened, then what to do. */
export function sentencesOf(error: KlingError): string {
  return `${error.message} ${error.hint}`;
}

/**
 * An error as the model reads it: `[code] what happened. What to do. (trace_id …)`, at most 500 characters. The one place
 * where errors become text; of an error that is not ours nothing is told.
 */
export function toErrorResult(error: unknown): CallToolResult {
  const known =
    error instanceof KlingError ? error : new KlingError('internal_error', `${meaningOf('internal_error').what}.`);
  const trace = known.traceId ? ` (trace_id ${known.traceId})` : '';
  const text = cutText(cleanText(`[${known.code}] ${sentencesOf(known)}`), MAX_ERROR_TEXT - trace.length) + trace;
  return { content: [{ type: 'text', text }], isError: true };
}
