import * as z from 'zod';
import type { KlingError } from '../kling/api/error.js';
import { summarizeTask, taskSchema, taskSummarySchema } from '../kling/task/task.js';
import type { Outcome } from '../kling/watch.js';
import { taskIdsSchema, waitSecondsSchema } from './arguments.js';
import { MAX_TEXT, textOf, withFilesThatFit } from './result.js';
import { GET_TASKS_BATCH, textsFor } from './texts.js';
import { defineTool, type Tool, type ToolOptions } from './tool.js';

const count = z.int();
const ids = z.array(z.string());

/** The status of many tasks. The counts add up to the number of distinct ids. */
export const batchSchema = z.object({
  counts: z
    .object({ pending: count, completed: count, failed: count, not_found: count, lookup_failed: count })
    .describe('Of all ids, also those in not_shown'),
  tasks: z.array(taskSummarySchema),
  not_found: ids,
  lookup_errors: z
    .array(z.object({ task_ids: ids, code: z.string(), message: z.string(), trace_id: z.string().optional() }))
    .optional()
    .describe('Failed lookups, which say nothing about the tasks'),
  not_shown: ids.optional().describe('Ids whose tasks had no room: call again for them'),
  poll_after_seconds: taskSchema.shape.poll_after_seconds,
});
export type Batch = z.infer<typeof batchSchema>;

/** `kling_get_tasks_batch`: many tasks at a glance. */
export function getTasksBatchTool(options: ToolOptions): Tool {
  const { maxWaitSeconds } = options;
  return defineTool(options, {
    name: GET_TASKS_BATCH,
    title: 'Get Kling tasks by id',
    description: textsFor(maxWaitSeconds).getTasksBatch,
    input: z.object({
      task_ids: taskIdsSchema.describe(
        'The task_ids that generations returned, without quotes or URLs around them; not video_ids; duplicates are merged',
      ),
      wait_seconds: waitSecondsSchema(maxWaitSeconds).describe(
        'Seconds to wait until none is pending; 0 answers at once',
      ),
    }),
    output: batchSchema,
    idsOf: ({ task_ids }) => task_ids,
    labelOf: ({ length }) => `batch-of-${length}`,
    resultOf: toBatch,
  });
}

/**
 * Turns an outcome into the result of a batch.
 * @param ids each once, in the order of the input
 * @throws KlingError if every lookup failed
 */
export function toBatch({ tasks, notFound, faults, pollAfterSeconds }: Outcome, ids: string[]): Batch {
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
  return withTasksThatFit(batch);
}

/** Groups the ids by their fault, so that the fault of one request is told once. */
function lookupErrorsOf(faults: Map<string, KlingError>): Batch['lookup_errors'] {
  return [...new Set(faults.values())].map((fault) => {
    const { code, message, hint, traceId: trace_id } = fault;
    const task_ids = [...faults.keys()].filter((id) => faults.get(id) === fault);
    return { task_ids, code, message: `${message} ${hint}`.trim(), ...(trace_id && { trace_id }) };
  });
}

/** The batch with as many tasks, from the first on, as its text has room for; the ids of the others are in `not_shown`. */
function withTasksThatFit(batch: Batch): Batch {
  if (textOf(batch).length <= MAX_TEXT) return batch;
  const not_shown = batch.tasks.map(({ task_id }) => task_id);
  let shown: Batch = { ...batch, tasks: [], not_shown };
  const room = MAX_TEXT - textOf(shown).length;
  for (const [index, task] of batch.tasks.entries()) {
    const tasks = [...shown.tasks, index === 0 ? withFilesThatFit(task, room) : task];
    const more = { ...shown, tasks, not_shown: not_shown.slice(index + 1) };
    if (textOf(more).length > MAX_TEXT) break;
    shown = more;
  }
  return shown;
}
