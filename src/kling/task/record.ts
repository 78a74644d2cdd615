import * as z from 'zod';
import { isObject, type JsonObject, structureOf, textOf } from '../../text/json.js';

// What is of the wrong type counts as absent.
const text = z.string().trim().min(1).optional().catch(undefined);
const unixSeconds = z.number().optional().catch(undefined);
const processingSeconds = z.number().min(0).optional().catch(undefined);
const object = z.looseObject({}).catch({});

/** A task record in one shape, whichever of its forms the API sent. It keeps the fields that only the status rules look at. */
export type TaskRecord = z.infer<typeof recordSchema>;
const recordSchema = z.looseObject({
  type: text,
  trace_id: text,
  /** What was submitted; empty if nothing is known, like the response. */
  request: object,
  /** The outcome; a list stands under its `data`. */
  response: object,
  created_at: unixSeconds,
  started_at: unixSeconds,
  /** Null while the task is open; undefined if nothing is known. */
  finished_at: z.number().nullish().catch(undefined),
  elapsed: processingSeconds,
  /** What some records have in place of `elapsed`; the length of the video is in the response. */
  duration: processingSeconds,
});

/** The response of a record, else the fields of its own that stand for one. */
function responseOf(record: JsonObject): JsonObject {
  const { content, data, task_result, output } = record;
  const response = structureOf(record.response) ?? { content, data, task_result, output };
  if (!isObject(response)) return { data: response };
  return { ...response, data: structureOf(response.data) ?? response.data };
}

/** The record with `request`, `response` and `data` as objects and lists: each of them may come as JSON text. */
export function normalizeRecord(value: unknown) {
  const record = isObject(value) ? value : {};
  const response = responseOf(record);
  const trace_id = text.parse(record.trace_id) ?? text.parse(response.trace_id);
  return { ...record, request: structureOf(record.request), response, trace_id };
}

/** The id of the task that a record is about: its `id`, else the `task_id` of its response; a number becomes text. */
export function recordIdOf(record: JsonObject): string | undefined {
  return textOf(record.id) ?? textOf(responseOf(record).task_id);
}

/** Reads a record that has been normalised. */
export function readRecord(normal: unknown): TaskRecord {
  return recordSchema.parse(isObject(normal) ? normal : {});
}
