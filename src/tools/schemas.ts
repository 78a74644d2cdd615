import * as z from 'zod';
import { MEDIA_KINDS, type Media } from '../kling/task/media.js';
import { STATUSES } from '../kling/task/status.js';
import type { summarizeTask, Task } from '../kling/task/task.js';
import { isObject } from '../text/json.js';

const text = z.string().optional();
const seconds = z.number().min(0).optional();
const isoDate = z.string().meta({ format: 'date-time' }).optional();
/** An object whose fields come from the API. Zod's own schema of an arbitrary object would only cost tokens. */
const anyObject = z.unknown().refine(isObject).meta({ type: 'object' }).optional();

const mediaSchema = z.object({
  kind: z.enum(MEDIA_KINDS),
  url: z.string(),
  id: text,
  duration_seconds: seconds,
} satisfies Record<keyof Media, z.ZodType>);
const summaryMediaSchema = mediaSchema.omit({ id: true });
const errorSchema = z.object({ code: text, message: z.string().min(1) });

/** What `kling_get_task` returns; the order of the fields is that of the result's text. */
export const taskSchema = z.object({
  task_id: z.string(),
  status: z.enum(STATUSES),
  state: text.describe("The API's own word"),
  type: text,
  video_url: text.describe('May expire: advise saving the file'),
  video_id: text,
  duration_seconds: seconds,
  other_media: z.array(mediaSchema).max(20).optional(),
  output: z.unknown().optional().describe('Result that is no file, e.g. a voice_id'),
  usage: anyObject,
  error: errorSchema.optional(),
  request: anyObject.describe('What was asked for; left out if still pending after a wait'),
  created_at: isoDate,
  started_at: isoDate,
  finished_at: isoDate,
  elapsed_seconds: seconds.describe('Since submission; once ended, the run time'),
  trace_id: text,
  poll_after_seconds: z.number().int().min(1).optional().describe('Next lookup, if not waiting'),
} satisfies Record<keyof Task, z.ZodType>);

/** A task in the result of `kling_get_tasks_batch`; its fields are described in `kling_get_task` only, to save tokens. */
export const taskSummarySchema = z.object({
  task_id: z.string(),
  status: z.enum(STATUSES),
  state: text,
  type: text,
  video_url: text.describe('May expire'),
  duration_seconds: seconds,
  other_media: z.array(summaryMediaSchema).max(20).optional(),
  output: z.unknown().optional(),
  error: errorSchema.optional(),
  elapsed_seconds: seconds,
  trace_id: text,
} satisfies Record<keyof ReturnType<typeof summarizeTask>, z.ZodType>);
