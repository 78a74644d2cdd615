import * as z from 'zod';
import { cleanLine } from '../text/clean.js';
import { cleanerOf } from '../text/privacy.js';
import { excerptOutput, excerptRequest } from './excerpt.js';
import { MEDIA_KINDS, type MediaContext, readMedia } from './media.js';
import { readRecord } from './record.js';
import { judgeStatus, STATUSES } from './status.js';

const seconds = z.number().min(0);
const isoDate = z.string().meta({ format: 'date-time' });

const mediaSchema = z.object({
  kind: z.enum(MEDIA_KINDS),
  url: z.string(),
  id: z.string().optional(),
  duration_seconds: seconds.optional(),
});

const errorSchema = z.object({ code: z.string().optional(), message: z.string().min(1) });

/** A task in full. Absent fields are left out, never null; the order is the order of the result's text. */
export const taskSchema = z.object({
  task_id: z.string(),
  status: z.enum(STATUSES),
  state: z.string().optional().describe("The API's own word"),
  type: z.string().optional(),
  video_url: z.string().optional(),
  video_id: z.string().optional(),
  duration_seconds: seconds.optional(),
  other_media: z.array(mediaSchema).max(20).optional(),
  output: z.unknown().optional().describe('What a task without video or image returned'),
  error: errorSchema.optional(),
  request: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
    .optional()
    .describe('What was asked for'),
  created_at: isoDate.optional(),
  started_at: isoDate.optional(),
  finished_at: isoDate.optional(),
  elapsed_seconds: seconds.optional(),
  trace_id: z.string().optional().describe("For the vendor's support"),
  poll_after_seconds: z.number().int().min(1).optional(),
});

export type Task = z.infer<typeof taskSchema>;

/** A task at a glance, as a batch lists it. */
export const taskSummarySchema = taskSchema.pick({
  task_id: true,
  status: true,
  state: true,
  type: true,
  video_url: true,
  duration_seconds: true,
  other_media: true,
  error: true,
  elapsed_seconds: true,
  trace_id: true,
});

export type TaskSummary = z.infer<typeof taskSummarySchema>;

const MAX_MESSAGE = 500;
const MAX_OTHER_MEDIA = 20;
/** The API's documented politeness: a first look after 10 s, then one every 10 s. */
const POLL_INTERVAL_S = 10;
/** The first second of the year 10000, up to which ISO 8601 has four-digit years. */
const END_OF_DATES_S = 253_402_300_800;

/** Unix seconds as ISO 8601 in UTC with milliseconds; undefined where the number is no date. */
function isoDateOf(unixSeconds: number | null | undefined): string | undefined {
  const unixMs = Math.round((unixSeconds ?? 0) * 1000);
  return unixMs > 0 && unixMs < END_OF_DATES_S * 1000 ? new Date(unixMs).toISOString() : undefined;
}

/** The object without its undefined values: absent fields are left out. */
function defined<T extends object>(object: T): T;
function defined(object: object): object {
  const shown: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(object)) if (value !== undefined) shown[key] = value;
  return shown;
}

/** Which task was asked for, and what time it is. */
export interface TaskContext {
  /** The id as it was asked for. */
  taskId: string;
  /** Unix time in milliseconds. */
  nowMs: number;
}

/**
 * Maps a record of the API to a Task. Pure and total: no JSON value makes it throw, and what it returns satisfies
 * {@link taskSchema}.
 */
export function toTask(value: unknown, { taskId, nowMs }: TaskContext): Task {
  const record = readRecord(value);
  const cleaner = cleanerOf(record);
  const line = (text: string | undefined, max: number) => cleanLine(cleaner.text(text ?? ''), max) || undefined;

  const { status, state, error } = judgeStatus(record);
  const type = line(record.type, 64);
  const createdAt = isoDateOf(record.created_at);
  const base = {
    task_id: taskId,
    status,
    state: line(state, 64),
    type,
  };

  if (status === 'pending') {
    const age = createdAt ? Math.max(0, nowMs / 1000 - (record.created_at ?? 0)) : undefined;
    const young = age !== undefined && age < POLL_INTERVAL_S;
    return defined({
      ...base,
      created_at: createdAt,
      elapsed_seconds: age && Math.round(age),
      poll_after_seconds: young ? Math.max(1, Math.round(POLL_INTERVAL_S - age)) : POLL_INTERVAL_S,
    });
  }

  const elapsed = record.elapsed !== undefined && record.elapsed >= 0 ? record.elapsed : undefined;
  return defined({
    ...base,
    ...(status === 'completed' && resultsOf(record.response, { taskId, type, cleaner })),
    error:
      error && defined({ code: line(error.code, 64), message: cleanLine(cleaner.text(error.message), MAX_MESSAGE) }),
    request: excerptRequest(record, cleaner),
    created_at: createdAt,
    started_at: isoDateOf(record.started_at),
    finished_at: isoDateOf(record.finished_at),
    elapsed_seconds: elapsed,
    trace_id: line(record.trace_id, 128) ?? line(readRecord(record.response).trace_id, 128),
  });
}

/** What a completed task has to show: its first video, the other files, or what it returned instead. */
function resultsOf(response: unknown, context: MediaContext) {
  const media = readMedia(response, context);
  const video = media.find(({ kind }) => kind === 'video');
  const others = media.filter((item) => item !== video).slice(0, MAX_OTHER_MEDIA);
  const visible = media.some(({ kind }) => kind === 'video' || kind === 'image');
  return {
    video_url: video?.url,
    video_id: video?.id,
    duration_seconds: video?.duration_seconds,
    other_media: others.length > 0 ? others : undefined,
    output: visible ? undefined : excerptOutput(response, context.cleaner),
  };
}

/** The part of a task that a batch shows; a trace id only for a failed one. */
export function summarizeTask(task: Task): TaskSummary {
  const summary = taskSummarySchema.parse(task);
  if (task.status !== 'failed') delete summary.trace_id;
  return summary;
}

/** The result videos of a task, in the order in which it names them. */
export function videosOf(task: Task): string[] {
  const others = (task.other_media ?? []).filter(({ kind }) => kind === 'video').map(({ url }) => url);
  return task.video_url ? [task.video_url, ...others] : others;
}

/** Stands in until the mapping lands. */
export function recordIdOf(record: Record<string, unknown>): string | undefined {
  return typeof record.id === 'string' ? record.id : undefined;
}
