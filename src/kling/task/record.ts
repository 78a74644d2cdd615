import * as z from 'zod';
import {
  isObject,
  isStructure,
  type JsonObject,
  type Leaf,
  leavesOf,
  mapParts,
  structureOf,
  textOf,
} from '../../text/json.js';
import { hrefOf } from '../../text/url.js';

// What is of the wrong type counts as absent.
/** A string that is not blank, trimmed. */
export const text = z.string().trim().min(1).optional().catch(undefined);
const unixSeconds = z.number().optional().catch(undefined);
const processingSeconds = z.number().min(0).optional().catch(undefined);
const object = z.looseObject({}).catch({});

/** A task record in one shape, whichever of its forms the API sent. It keeps the fields that only the status rules look at. */
export type TaskRecord = z.infer<typeof recordSchema> & {
  /** The part of the response that was returned rather than submitted. */
  result: unknown;
  /** The leaves of the result. */
  leaves: readonly Leaf[];
};
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
  const record = recordSchema.parse(isObject(normal) ? normal : {});
  const result = resultOf(record.response);
  return { ...record, result, leaves: leavesOf(result) };
}

/** A key in lower case with its words apart: `coverUrl` and `cover-url` are `cover_url`. */
const plainKey = (key: string) => key.replace(/([a-z\d])(?=[A-Z])|[^A-Za-z\d]+/g, '$1_').toLowerCase();

/** Keys of what is no result: what was submitted, what comes before the result, and addresses of the service itself. */
const NO_RESULT_KEY =
  /^(?:task_info|request)$|(?:^|_)(?:callback|webhook|status|source|origin|preview|cover|poster|thumb|frame|docs|parent|refer|input)/;
/** Keys of result URLs. */
const URL_KEY = /^url$|_urls?$/i;
/** Keys that belong to the envelope of a result rather than to its content. */
const ENVELOPE_KEY =
  /^(?:success|code|message|error|(?:(?:request|task|trace|video)_)?id|model|duration|elapsed|state|status|task_status(?:_msg)?|request|input|task_info|usage)$|_at$/;

export const isEnvelopeKey = (key: string) => ENVELOPE_KEY.test(plainKey(key));

/** Whether a leaf of a result is a URL, or a list of URLs. */
export const isUrl = ({ key }: Leaf) => URL_KEY.test(key);

/** Whether one of the leaves is content, as the status rules mean it: neither blank nor of the envelope. */
export function haveContent(leaves: readonly Leaf[]): boolean {
  return leaves.some(({ path, value }) => {
    const isBlank = ![value].flat().some((part) => part === true || textOf(part) !== undefined);
    return !isBlank && !path.some((step) => isEnvelopeKey(String(step)));
  });
}

/**
 * What a response, or one element of it, returned: all but inputs, previews and nulls; undefined if nothing is left. Under the
 * keys of URLs there are only http(s) ones, as they are shown. Where a `task_result` holds something, only what is below it,
 * since what is beside it was submitted.
 */
export function resultOf(response: JsonObject): unknown {
  const result = withoutOthers(response, '');
  const below = belowTaskResult(result);
  return haveContent(leavesOf(below)) ? below : result;
}

function withoutOthers(value: unknown, key: string): unknown {
  if (NO_RESULT_KEY.test(plainKey(key))) return undefined;
  if (isStructure(value)) return mapParts(value, (part, name = key) => withoutOthers(part, name));
  return URL_KEY.test(key) ? hrefOf(value) : (value ?? undefined);
}

function belowTaskResult(value: unknown): unknown {
  if (isObject(value) && value.task_result !== undefined) return { task_result: value.task_result };
  return isStructure(value) ? mapParts(value, belowTaskResult) : undefined;
}
