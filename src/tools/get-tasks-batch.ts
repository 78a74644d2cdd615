import * as z from 'zod';
import type { KlingError } from '../kling/api/error.js';
import type { Outcome } from '../kling/follow.js';
import { summarizeTask, taskSummarySchema } from '../kling/task/task.js';
import { type CallArguments, taskIdSchema, waitSecondsSchema } from './arguments.js';
import { toResult } from './result.js';
import { textsFor } from './texts.js';
import { defineTool, type ToolOptions } from './tool.js';

const MAX_IDS = 100;

const count = z.number().int().min(0);
const lookupErrorSchema = z.object({
  task_ids: z.array(z.string()),
  code: z.string(),
  message: z.string(),
  trace_id: z.string().optional(),
});

/** The status of many tasks. The counts add up to the number of distinct ids. */
export const batchSchema = z.object({
  counts: z.object({ pending: count, completed: count, failed: count, not_found: count, lookup_failed: count }),
  tasks: z.array(taskSummarySchema),
  not_found: z.array(z.string()),
  lookup_errors: z.array(lookupErrorSchema).optional(),
  poll_after_seconds: z.number().int().min(1).optional(),
});

export type Batch = z.infer<typeof batchSchema>;

/** `kling_get_tasks_batch`: many tasks at a glance. */
export function getTasksBatchTool(options: ToolOptions) {
  const waitSeconds = waitSecondsSchema(options.maxWaitSeconds);
  const error = `must be a list of 1 to ${MAX_IDS} task ids`;
  const taskIds = z.array(taskIdSchema, error).min(1, error).max(MAX_IDS, error);
  return defineTool(options, {
    name: 'kling_get_tasks_batch',
    title: 'Get Kling tasks',
    description: textsFor(options.maxWaitSeconds).getTasksBatch,
    input: z.strictObject({
      task_ids: taskIds.describe("From the generation calls' answers, no video_ids; duplicates are merged"),
      wait_seconds: waitSeconds.describe('Seconds to wait until none is pending; 0 answers at once'),
    }),
    output: batchSchema,
    toResult: (outcome: Outcome, { ids }: CallArguments) => toResult(toBatch(ids, outcome)),
  });
}

/**
 * Turns an outcome into the result of a batch.
 * @throws KlingError if every lookup failed
 */
export function toBatch(ids: string[], { tasks, notFound, faults, pollAfterSeconds }: Outcome): Batch {
  const [fault] = faults.values();
  if (fault && tasks.size === 0 && notFound.length === 0) throw fault;
  const known = ids.flatMap((id) => tasks.get(id) ?? []);
  const lookup_failed = ids.length - known.length - notFound.length;
  const counts = { pending: 0, completed: 0, failed: 0, not_found: notFound.length, lookup_failed };
  for (const { status } of known) counts[status]++;
  const batch: Batch = { counts, tasks: known.map(summarizeTask), not_found: notFound };
  if (faults.size > 0) batch.lookup_errors = lookupErrorsOf(faults);
  const pollAfter = pollAfterSeconds ?? Math.min(...known.flatMap((task) => task.poll_after_seconds ?? []));
  if (counts.pending > 0 && Number.isFinite(pollAfter)) batch.poll_after_seconds = pollAfter;
  return batch;
}

/** Groups the ids by their fault, so that the fault of one request is reported once. */
function lookupErrorsOf(faults: Map<string, KlingError>): Batch['lookup_errors'] {
  return [...new Set(faults.values())].map((fault) => {
    const { code, message, hint, traceId: trace_id } = fault;
    const task_ids = [...faults.keys()].filter((id) => faults.get(id) === fault);
    return { task_ids, code, message: `${message} ${hint}`.trim(), ...(trace_id && { trace_id }) };
  });
}
