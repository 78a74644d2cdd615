import * as z from 'zod';
import { isObject, type JsonObject, parseJson } from '../text/json.js';

const tolerantText = z.string().optional().catch(undefined);
const tolerantNumber = z.number().optional().catch(undefined);

/**
 * A task record as the API sends it. Every field is optional and a value of the wrong type counts as absent, because
 * the records of older and newer task types differ; unknown keys are kept, as the status rules look at some of them.
 */
const recordSchema = z.looseObject({
  id: z
    .union([z.string(), z.number().transform(String)])
    .optional()
    .catch(undefined),
  type: tolerantText,
  trace_id: tolerantText,
  request: z.custom<JsonObject>(isObject).optional().catch(undefined),
  /** The outcome: an object or a list, also where the record holds it as a JSON string. */
  response: z
    .unknown()
    .transform((value) => (typeof value === 'string' ? parseJson(value) : value))
    .optional(),
  /** Unix seconds, fractional. */
  created_at: tolerantNumber,
  started_at: tolerantNumber,
  /** Null while the task is open; absent where nothing is known. */
  finished_at: z.number().nullish().catch(undefined),
  /** Seconds. */
  elapsed: tolerantNumber,
});

export type TaskRecord = z.infer<typeof recordSchema>;

/** Reads a record out of any JSON value; never throws. What is no object reads as an empty record. */
export function readRecord(value: unknown): TaskRecord {
  return recordSchema.parse(isObject(value) ? value : {});
}
