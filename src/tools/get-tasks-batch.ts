import * as z from 'zod';
import type { KlingError } from '../kling/api/error.js';
import { distinctIds, type Lookup } from '../kling/lookup.js';
import { STATUSES } from '../kling/task/status.js';
import { summarizeTask } from '../kling/task/task.js';
import type { Outcome } from '../kling/wait.js';
import { taskIdSchema, waitSecondsSchema } from './arguments.js';
import { sentencesOf, toResult } from './result.js';
import { taskSummarySchema } from './schemas.js';
import { defineTool, progressReporter, type Tool } from './tool.js';

const MAX_IDS = 100;

const count = z.number().int().min(0);

/** Many tasks at a glance; the counts add up to the distinct ids. */
export const batchSchema = z.object({
  counts: z.object({ pending: count, completed: count, failed: count, not_found: count, lookup_failed: count }),
  tasks: z.array(taskSummarySchema),
  not_found: z.array(z.string()),
  lookup_errors: z.array(z.object({ task_ids: z.array(z.string()), code: z.string(), message: z.string() })).optional(),
  poll_after_seconds: z.number().int().min(1).optional(),
});

export type Batch = z.infer<typeof batchSchema>;

const DESCRIPTION = `Get the status of up to ${MAX_IDS} Kling generation tasks on AceDataCloud in one call: pending, \
completed (video URL, duration) or failed (with the reason). For one task, or for its prompt, model and dates, use \
kling_get_task. Lookups are free, and need the API token of the server's setup.
With wait_seconds the call returns as soon as no task is pending, or at the end of the time with the state as it then \
is: prefer it to calling again and again.
Ids without a task stand in not_found. Where a part could not be looked up, lookup_errors says why; the rest is still told.`;

const IDS_ERROR = `must be a list of 1 to ${MAX_IDS} task ids`;

/** Groups the ids by the fault that hit them: one request's fault is told once. */
function lookupErrorsOf(faults: Map<string, KlingError>) {
  const groups = new Map<KlingError, string[]>();
  for (const [id, fault] of faults) groups.set(fault, [...(groups.get(fault) ?? []), id]);
  return [...groups].map(([fault, task_ids]) => ({ task_ids, code: fault.code, message: sentencesOf(fault) }));
}

function toBatch(ids: string[], { tasks, notFound, faults, pollAfterSeconds }: Outcome): Batch {
  const known = ids.flatMap((id) => tasks.get(id) ?? []);
  const countOf = (status: string) => known.filter((task) => task.status === status).length;
  const [pending, completed, failed] = STATUSES.map(countOf);
  const lookupErrors = lookupErrorsOf(faults);
  const pollAfter = pollAfterSeconds ?? Math.min(...known.flatMap((task) => task.poll_after_seconds ?? []));
  return {
    counts: {
      pending: pending ?? 0,
      completed: completed ?? 0,
      failed: failed ?? 0,
      not_found: notFound.length,
      lookup_failed: ids.length - known.length - notFound.length,
    },
    tasks: known.map(summarizeTask),
    not_found: notFound,
    ...(lookupErrors.length > 0 && { lookup_errors: lookupErrors }),
    ...(pending && { poll_after_seconds: pollAfter }),
  };
}

/** `kling_get_tasks_batch`: many tasks at a glance. */
export function getTasksBatchTool(lookup: Lookup, maxWaitSeconds: number): Tool {
  return defineTool({
    name: 'kling_get_tasks_batch',
    title: 'Get Kling tasks',
    description: DESCRIPTION,
    input: z.strictObject({
      task_ids: z
        .array(taskIdSchema, { error: IDS_ERROR })
        .min(1, { error: IDS_ERROR })
        .max(MAX_IDS, { error: IDS_ERROR })
        .describe('As the generation calls returned them'),
      wait_seconds: waitSecondsSchema(maxWaitSeconds).describe('How long to wait until none is pending'),
    }),
    output: batchSchema,
    async run({ task_ids, wait_seconds }, context) {
      const onProgress = progressReporter(wait_seconds, context);
      const ids = distinctIds(task_ids);
      const outcome = await lookup.tasks(ids, { waitSeconds: wait_seconds, stop: context.stop, onProgress });
      return toResult(toBatch(ids, outcome));
    },
  });
}
