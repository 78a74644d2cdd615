import { isObject, type JsonObject, structureOf, textOf } from '../../text/json.js';

/** A task record in one shape, whichever of its forms the API sent. */
export interface TaskRecord {
  /** The whole record: the status rules look at more than the fields below. */
  raw: JsonObject;
  type: string | undefined;
  traceId: string | undefined;
  /** What was submitted; empty if nothing is known, like `response` and `usage`. */
  request: JsonObject;
  /** The outcome; a list stands under its `data`. */
  response: JsonObject;
  /** What was metered. */
  usage: JsonObject;
  /** Unix seconds, fractional, like the other two. */
  createdAt: number | undefined;
  startedAt: number | undefined;
  /** Null while the task is open; undefined if nothing is known. */
  finishedAt: number | null | undefined;
  /** Seconds of processing. */
  elapsedSeconds: number | undefined;
}

/** The text of a string that is not blank, trimmed; undefined for everything else. */
export function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? textOf(value) : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The response of a record, else the fields of its own that stand for one. */
function responseOf(record: JsonObject): JsonObject {
  const { content, data, task_result, output } = record;
  const response = structureOf(record.response) ?? { content, data, task_result, output };
  if (!isObject(response)) return { data: response };
  return { ...response, data: structureOf(response.data) ?? response.data };
}

/** The record with `request`, `response` and `data` as objects and lists: each of them may come as JSON text. */
export function normalizeRecord(value: unknown): JsonObject {
  const record = isObject(value) ? value : {};
  return { ...record, request: structureOf(record.request), response: responseOf(record) };
}

/** The id of the task that a record is about: its `id`, else the `task_id` of its response; a number becomes text. */
export function recordIdOf(record: JsonObject): string | undefined {
  return textOf(record.id) ?? textOf(responseOf(record).task_id);
}

/** Reads a normalised record. Values of the wrong type count as absent. */
export function readRecord(value: unknown): TaskRecord {
  const raw = isObject(value) ? value : {};
  const { request } = raw;
  const response = isObject(raw.response) ? raw.response : {};
  const places = [response, response.data, raw].filter(isObject);
  return {
    raw,
    type: stringOf(raw.type),
    traceId: stringOf(raw.trace_id) ?? stringOf(response.trace_id),
    request: isObject(request) ? request : {},
    response,
    usage: places.map(({ usage }) => usage).find(isObject) ?? {},
    createdAt: numberOf(raw.created_at),
    startedAt: numberOf(raw.started_at),
    finishedAt: raw.finished_at === null ? null : numberOf(raw.finished_at),
    // Some records call it `duration`; the length of the video is in the response.
    elapsedSeconds: [raw.elapsed, raw.duration].map(numberOf).find((seconds) => seconds !== undefined && seconds >= 0),
  };
}
