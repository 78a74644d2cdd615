import { GIVE_UP_AFTER_S, POLL_INTERVAL_S } from '../../limits.js';
import { cleanLine } from '../../text/clean.js';
import { defined, isObject, type JsonObject } from '../../text/json.js';
import { type Cleaner, cleanerOf, redactMessage } from '../../text/privacy.js';
import { MAX_URL } from '../../text/url.js';
import { excerptOutput, excerptSettings } from './excerpt.js';
import { readResults } from './media.js';
import { readRecord } from './record.js';
import { judgeStatus, type TaskError } from './status.js';

/** A task in full. Absent fields are left out, never null. */
export type Task = ReturnType<typeof toTask>;

const MAX_WORD = 64;
const MAX_OTHER_MEDIA = 20;
/** Before the year 10000, ISO 8601 has four-digit years. */
const END_OF_DATES_MS = Date.UTC(10_000, 0);

/** Unix seconds as ISO 8601 in UTC with milliseconds; undefined where the number is no date. */
function isoDateOf(unixSeconds: number | null | undefined): string | undefined {
  const unixMs = Math.round((unixSeconds ?? 0) * 1000);
  return unixMs > 0 && unixMs < END_OF_DATES_MS ? new Date(unixMs).toISOString() : undefined;
}

/** In how many seconds to look again at a pending task of this age in seconds; 10 if the age is unknown. */
function pollAfter(ageSeconds = POLL_INTERVAL_S): number | undefined {
  if (ageSeconds >= GIVE_UP_AFTER_S) return undefined;
  return ageSeconds < POLL_INTERVAL_S ? Math.max(1, Math.round(POLL_INTERVAL_S - ageSeconds)) : POLL_INTERVAL_S;
}

/**
 * Maps a record of the API to a Task. Pure and total: no JSON value makes it throw.
 * @param taskId as it was asked for
 * @param nowMs Unix time in milliseconds, by the clock of the API
 */
export function toTask(value: unknown, { taskId, nowMs }: { taskId: string; nowMs: number }) {
  const record = readRecord(value);
  const cleaner = cleanerOf(record.raw, [taskId, record.id, record.traceId]);
  const { status, state, error } = judgeStatus(record);
  const isPending = status === 'pending';
  const type = cleaner.line(record.type, MAX_WORD);
  const request = excerptSettings(record.request, cleaner);
  const createdAt = isoDateOf(record.createdAt);
  const ageSeconds = createdAt ? Math.max(0, nowMs / 1000 - (record.createdAt ?? 0)) : undefined;
  // The order is that of the result's text.
  return {
    task_id: taskId,
    status,
    ...defined({
      /** The API's own word that decided. */
      state: cleaner.line(state, MAX_WORD),
      type,
      ...(status === 'completed' && resultsOf(record.response, taskId, type, cleaner)),
      /** What was metered, as the API names it. */
      usage: excerptSettings(record.usage, cleaner, 1),
      error: error && redactError(error, cleaner, request),
      request,
      created_at: createdAt,
      started_at: isPending ? undefined : isoDateOf(record.startedAt),
      finished_at: isPending ? undefined : isoDateOf(record.finishedAt),
      /** How long it took; for a pending task the time since it was created. */
      elapsed_seconds: isPending ? ageSeconds && Math.round(ageSeconds) : record.elapsed,
      trace_id: isPending ? undefined : cleaner.line(record.traceId, 128),
      /** When the next look makes sense; absent where the task has been pending for too long. */
      poll_after_seconds: isPending ? pollAfter(ageSeconds) : undefined,
    }),
  };
}

/** The error as it may be shown; it may repeat the URLs that the request shows. */
function redactError({ code = '', message }: TaskError, cleaner: Cleaner, request: JsonObject = {}): TaskError {
  const shown = Object.values(request).flat();
  const redact = (text: string, max: number) => cleanLine(redactMessage(text, cleaner, shown), max);
  // Where a code has something to redact, it is an id or an address instead.
  const isCode = code !== '' && redact(code, MAX_WORD) === cleanLine(code, MAX_WORD);
  return { ...(isCode && { code: cleanLine(code, MAX_WORD) }), message: redact(message, 500) };
}

/** The results of a completed task: its first video, the other files, and what it returned in addition or instead. */
function resultsOf(response: JsonObject, taskId: string, type: string | undefined, cleaner: Cleaner) {
  const { media, hasOthers, leftOut } = readResults(response, taskId, type, cleaner);
  const video = media.find(({ kind }) => kind === 'video');
  const others = media.filter((item) => item !== video).slice(0, MAX_OTHER_MEDIA);
  const isVisible = media.some(({ kind }) => kind === 'video' || kind === 'image');
  const output = isVisible && !hasOthers ? undefined : excerptOutput(response, cleaner, media);
  return {
    video_url: video?.url,
    video_id: video?.id,
    duration_seconds: video?.duration_seconds,
    other_media: others.length > 0 ? others : undefined,
    /** What it returned other than files: a voice with its id, an element. */
    output: leftOut > 0 ? withLeftOut(output, leftOut) : output,
  };
}

/** The output with a note that some results are missing, so that nobody takes the rest for all of them. */
function withLeftOut(output: unknown, count: number): JsonObject {
  const files = count === 1 ? '1 file, as its URL has' : `${count} files, as their URLs have`;
  const left_out = `${files} more than ${MAX_URL} characters`;
  return isObject(output) ? { ...output, left_out } : defined({ data: output, left_out });
}

/** The part of a task that a batch shows: files without ids, and a trace id only if the task failed. */
export function summarizeTask(task: Task) {
  const { video_id, usage, request, created_at, started_at, finished_at, poll_after_seconds, ...summary } = task;
  const { status, video_url, other_media } = summary;
  if (other_media) summary.other_media = other_media.map(({ id, ...file }) => file);
  if (video_url || other_media) delete summary.output;
  if (status !== 'failed') delete summary.trace_id;
  return summary;
}
