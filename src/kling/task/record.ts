import { isObject, type JsonObject, structureOf, textOf } from '../../text/json.js';

/** A task record in one shape, whichever of its forms the API sent. */
export type TaskRecord = ReturnType<typeof readRecord>;

/** The text of a string that is not blank, trimmed; undefined for everything else. */
export function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? textOf(value) : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The outcome, empty while there is none. A list is wrapped as `data`; `data` may be JSON text, too. */
function readResponse(value: unknown): JsonObject {
  const response = structureOf(value);
  if (Array.isArray(response)) return { data: response };
  if (!isObject(response)) return {};
  const data = structureOf(response.data);
  return data ? { ...response, data } : response;
}

/**
 * Reads a record out of any JSON value; never throws. The records of older and newer task types differ: JSON strings are
 * parsed, values of the wrong type count as absent, and what is not an object reads as an empty record.
 */
export function readRecord(value: unknown) {
  const raw = isObject(value) ? value : {};
  const request = structureOf(raw.request);
  const response = readResponse(raw.response);
  const places = [response, response.data, raw].filter(isObject);
  return {
    /** As the API sent it: the status rules and the redaction look at more than the known fields. */
    raw,
    id: recordIdOf(raw),
    type: stringOf(raw.type),
    traceId: stringOf(raw.trace_id) ?? stringOf(response.trace_id),
    request: isObject(request) ? request : {},
    response,
    /** What was metered; empty if nothing is known. */
    usage: places.map(({ usage }) => usage).find(isObject) ?? {},
    /** Unix seconds, fractional, like the other two. */
    createdAt: numberOf(raw.created_at),
    startedAt: numberOf(raw.started_at),
    /** Null while the task is open; undefined if nothing is known. */
    finishedAt: raw.finished_at === null ? null : numberOf(raw.finished_at),
    /** Seconds of processing, which some records call `duration`; the length of the video is in the response. */
    elapsed: [raw.elapsed, raw.duration].map(numberOf).find((seconds) => seconds !== undefined && seconds >= 0),
  };
}

/** The id of the task that a record is about: its `id`, else the `task_id` of its response; a number becomes text. */
export function recordIdOf(record: JsonObject): string | undefined {
  return textOf(record.id) ?? textOf(readResponse(record.response).task_id);
}
