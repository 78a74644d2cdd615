import * as z from 'zod';
import { GIVE_UP_AFTER_S, POLL_INTERVAL_S } from '../../limits.js';
import { cleanLine, type Redact } from '../../text/clean.js';
import { isObject, textOf } from '../../text/json.js';
import { publicCopy } from '../../text/public-copy.js';
import { redactMessage } from '../../text/redact-message.js';
import { excerptOutput, excerptRequest, excerptUsage } from './excerpt.js';
import { mediaSchema, readFiles } from './media.js';
import { normalizeRecord, readRecord, type TaskRecord } from './record.js';
import { judgeStatus, statusSchema, type TaskError, taskErrorSchema } from './status.js';

const MAX_OTHER_MEDIA = 20;
/** The longest URL of a file that is shown, in characters: no signed one comes near it. */
const MAX_URL = 4096;
const MAX_WORD = 64;
const MAX_MESSAGE = 500;
const MAX_TRACE_ID = 128;
/** The part of a prompt by which people know their videos. */
const MAX_SUMMARY_PROMPT = 80;

const text = z.string().optional();
const number = z.number().optional();
const anyObject = z.looseObject({}).optional();

/** A task in full. Absent fields are left out, never null; the order is that of the result's text. */
export type Task = z.infer<typeof taskSchema>;
export const taskSchema = z.object({
  task_id: z.string(),
  status: statusSchema,
  state: text.describe("The API's own word"),
  type: text,
  video_url: text.describe('May expire: advise saving the file'),
  video_id: text,
  duration_seconds: number,
  other_media: z.array(mediaSchema).optional().describe('May expire, too'),
  output: anyObject.describe('A result that is not a file, such as a voice_id'),
  left_out: z.int().optional().describe('Files and entries omitted for size'),
  usage: anyObject.describe('What was metered'),
  error: taskErrorSchema.optional(),
  request: anyObject.describe('Absent if still pending after a wait'),
  /** ISO 8601, UTC. */
  created_at: text,
  started_at: text,
  finished_at: text,
  elapsed_seconds: number.describe('Since submission; once finished, the processing time'),
  trace_id: text.describe('For support'),
  poll_after_seconds: z.int().optional().describe('Seconds until the next lookup makes sense, when not waiting'),
});

/** The part of a task that a batch shows. */
export type TaskSummary = z.infer<typeof taskSummarySchema>;
export const taskSummarySchema = z.object({
  ...taskSchema.pick({ task_id: true, status: true, state: true, type: true }).shape,
  prompt: text.describe(`First ${MAX_SUMMARY_PROMPT} characters`),
  ...taskSchema.pick({ video_url: true, duration_seconds: true }).shape,
  other_media: z.array(mediaSchema.omit({ id: true })).optional(),
  // Described only above: a model reads both, and pays for each word.
  output: anyObject,
  ...taskSchema.pick({ left_out: true, error: true, elapsed_seconds: true, trace_id: true }).shape,
});

/**
 * Maps a record of the API to a Task. Pure and total: no JSON value makes it throw.
 * @param about.taskId as it was asked for
 * @param about.nowMs Unix time in milliseconds, by the clock of the API
 */
export function toTask(
  value: unknown,
  { taskId, nowMs, redact }: { taskId: string; nowMs: number; redact: Redact },
): Task {
  const normal = normalizeRecord(value);
  const ownIds = [taskId, normal.trace_id];
  // Nothing private is left in what is read from here on.
  const record = readRecord(publicCopy(normal, { redact, keep: ownIds }));
  const { response, trace_id, created_at, started_at, finished_at } = record;
  const { status, state, error } = judgeStatus(record);
  const isPending = status === 'pending';
  const type = cleanWord(record.type);
  const request = excerptRequest(record.request);
  const settings = Object.values(request ?? {}).flat();
  const createdAt = isoDateOf(created_at);
  const ageSeconds = createdAt && created_at ? Math.max(0, nowMs / 1000 - created_at) : undefined;
  const usages = [response, response.data, record].filter(isObject).map(({ usage }) => usage);
  return {
    task_id: taskId,
    status,
    state: cleanWord(state),
    type,
    ...(status === 'completed' && showResult(record, type, taskId)),
    usage: excerptUsage(usages.find(isObject)),
    error: error && cutError(error, { ids: ownIds, urls: settings.map(String) }),
    request,
    created_at: createdAt,
    started_at: isPending ? undefined : isoDateOf(started_at),
    finished_at: isPending ? undefined : isoDateOf(finished_at),
    elapsed_seconds: isPending ? ageSeconds && Math.round(ageSeconds) : (record.elapsed ?? record.duration),
    trace_id: isPending || trace_id === undefined ? undefined : cleanLine(trace_id, MAX_TRACE_ID),
    poll_after_seconds: isPending ? pollAfter(ageSeconds) : undefined,
  };
}

/** The result of a completed task: its first video, the other files, and what it returned besides or instead. */
function showResult({ result, leaves }: TaskRecord, type: string | undefined, taskId: string) {
  const { media, hasOthers } = readFiles(leaves, type, taskId);
  const files = media.filter(({ url }) => url.length <= MAX_URL);
  const video = files.find(({ kind }) => kind === 'video');
  const others = files.filter((file) => file !== video).slice(0, MAX_OTHER_MEDIA);
  const listed = new Set([video, ...others].flatMap((file) => file?.url ?? []));
  const isVisible = files.some(({ kind }) => kind === 'video' || kind === 'image');
  const { output, leftOut } =
    isVisible && !hasOthers ? { output: undefined, leftOut: 0 } : excerptOutput(result, listed);
  const outputText = JSON.stringify(output ?? {});
  const hidden = media.filter(({ url }) => !listed.has(url) && !outputText.includes(JSON.stringify(url)));
  return {
    video_url: video?.url,
    video_id: video?.id,
    duration_seconds: video?.duration_seconds,
    other_media: others.length > 0 ? others : undefined,
    output,
    left_out: hidden.length + leftOut || undefined,
  };
}

/** The error as it is shown: it names no other ids and URLs than the reader sees anyway. */
function cutError({ code, message }: TaskError, known: { ids: (string | undefined)[]; urls: string[] }): TaskError {
  const shownCode = code && cleanLine(redactMessage(code, known), MAX_WORD);
  return { code: shownCode, message: cleanLine(redactMessage(message, known), MAX_MESSAGE) };
}

function cleanWord(word: string | undefined): string | undefined {
  return word && cleanLine(word, MAX_WORD);
}

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

/** What a batch shows of a task: the beginning of its prompt, files without ids, and an output only where there are none. */
export function summarizeTask(task: Task): TaskSummary {
  const { video_url, other_media, output, status, trace_id } = task;
  return taskSummarySchema.parse({
    ...task,
    prompt: promptOf(task),
    output: video_url || other_media ? undefined : output,
    trace_id: status === 'failed' ? trace_id : undefined,
  });
}

/** People know a task by its prompt, by the text of a lip-sync, or by the first shot of a storyboard. */
function promptOf({ request = {} }: Task): string | undefined {
  const keys = ['prompt', 'text', 'multi_prompt.0.prompt'];
  const prompt = keys.map((key) => textOf(request[key])).find((each) => each !== undefined);
  return prompt && cleanLine(prompt, MAX_SUMMARY_PROMPT);
}
