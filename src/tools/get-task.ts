import * as z from 'zod';
import { KlingError } from '../kling/api/error.js';
import { type Task, taskSchema } from '../kling/task/task.js';
import type { Outcome } from '../kling/watch.js';
import { taskIdSchema, waitSecondsSchema } from './arguments.js';
import { withFilesThatFit } from './result.js';
import { GET_TASK, textsFor } from './texts.js';
import { defineTool, type Tool, type ToolOptions } from './tool.js';

/** `kling_get_task`: one task, in full detail. */
export function getTaskTool(options: ToolOptions): Tool {
  const { maxWaitSeconds } = options;
  return defineTool(options, {
    name: GET_TASK,
    title: 'Get Kling task by id',
    description: textsFor(maxWaitSeconds).getTask,
    input: z.object({
      task_id: taskIdSchema.describe(
        'The task_id that the generation returned, without quotes or URL around it; not a video_id',
      ),
      wait_seconds: waitSecondsSchema(maxWaitSeconds).describe(
        'Seconds to wait for the task to finish; 0 answers at once',
      ),
    }),
    output: taskSchema,
    idsOf: ({ task_id }) => [task_id],
    labelOf: ([id = '']) => id,
    argumentsOf: (label) => ({ task_id: label }),
    resultOf: toTaskResult,
  });
}

/**
 * The task as the call tells it.
 * @throws KlingError if it was not found, or the lookup failed for good
 */
export function toTaskResult(outcome: Outcome, [id]: string[], waitSeconds: number): Task {
  const { tasks, faults, pollAfterSeconds } = outcome;
  const [task] = tasks.values();
  const [fault] = faults.values();
  if (fault) throw task ? withLastStatus(fault, task.status) : fault;
  if (!task) throw new KlingError('task_not_found', `No task ${id} exists for this account.`);
  if (task.status !== 'pending') return withFilesThatFit(task);
  const { request, poll_after_seconds, ...pending } = task;
  return {
    ...pending,
    // A model that waits would read the request again and again.
    request: waitSeconds > 0 ? undefined : request,
    poll_after_seconds: pollAfterSeconds ?? poll_after_seconds,
  };
}

function withLastStatus({ code, message, hint, traceId, cause }: KlingError, status: string): KlingError {
  return new KlingError(code, message, { hint: `${hint} Last seen ${status}.`, traceId, cause });
}
