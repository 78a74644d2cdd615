import { isObject, type JsonObject, structureOf, textOf } from '../text/json.js';

/**
 * A task record in one normalised shape: JSON strings are parsed, and values of the wrong type count as absent, because the
 * records of older and newer task types differ.
 */
export interface TaskRecord {
  /** The record as the API sent it: the status rules and the redaction look at more than the known fields. */
  raw: JsonObject;
  id: string | undefined;
  type: string | undefined;
  traceId: string | undefined;
  /** What was submitted; empty if nothing is known. */
  request: JsonObject;
  /** The outcome; empty while there is none. A response that is a list is wrapped as `data`. */
  response: JsonObject;
  /** Unix seconds, fractional. */
  createdAt: number | undefined;
  startedAt: number | undefined;
  /** Null while the task is open; undefined if nothing is known. */
  finishedAt: number | null | undefined;
  /** Seconds of processing. */
  elapsed: number | undefined;
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? textOf(value) : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The outcome as an object; `data` in it may be JSON text, too. */
function readResponse(value: unknown): JsonObject {
  const response = structureOf(value);
  if (Array.isArray(response)) return { data: response };
  if (!isObject(response)) return {};
  return typeof response.data === 'string'
    ? { ...response, data: structureOf(response.data) ?? response.data }
    : response;
}

/** Reads a record out of any JSON value; never throws. What is not an object reads as an empty record. */
export function readRecord(value: unknown): TaskRecord {
  const raw = isObject(value) ? value : {};
  const request = structureOf(raw.request);
  const response = readResponse(raw.response);
  return {
    raw,
    id: recordIdOf(raw),
    type: stringOf(raw.type),
    traceId: stringOf(raw.trace_id) ?? stringOf(response.trace_id),
    request: isObject(request) ? request : {},
    response,
    createdAt: numberOf(raw.created_at),
    startedAt: numberOf(raw.started_at),
    finishedAt: raw.finished_at === null ? null : numberOf(raw.finished_at),
    // Some records call it `duration`; the length of the video is in the response.
    elapsed: numberOf(raw.elapsed) ?? numberOf(raw.duration),
  };
}

/** The id of the task that a record is about: its `id`, else the `task_id` of its response; a number becomes text. */
export function recordIdOf(record: JsonObject): string | undefined {
  return textOf(record.id) ?? textOf(readResponse(record.response).task_id);
}
