import * as z from 'zod';
import { KlingError } from '../kling/api/error.js';
import type { Outcome } from '../kling/follow.js';
import { type CallArguments, taskIdSchema, waitSecondsSchema } from './arguments.js';
import { toResult } from './result.js';
import { taskSchema } from './schemas.js';
import { textsFor } from './texts.js';
import { Tool, type ToolOptions } from './tool.js';

/** `kling_get_task`: one task, in full detail. */
export function getTaskTool(options: ToolOptions): Tool {
  const { maxWaitSeconds } = options;
  return new Tool(options, {
    name: 'kling_get_task',
    title: 'Get Kling task',
    description: textsFor(maxWaitSeconds).getTask,
    input: z.strictObject({
      task_id: taskIdSchema.describe(
        "From the generation call's answer: the bare id, no quotes or URL; not a video_id",
      ),
      wait_seconds: waitSecondsSchema(maxWaitSeconds).describe(
        'Seconds to wait for the task to end; 0 answers at once',
      ),
    }),
    output: taskSchema,
    toResult: toTaskResult,
  });
}

function toTaskResult({ tasks, notFound, faults, pollAfterSeconds }: Outcome, { askedWaitSeconds }: CallArguments) {
  const [task] = tasks.values();
  const [fault] = faults.values();
  if (fault) throw task ? withLastState(fault, task.status) : fault;
  if (!task) throw new KlingError('task_not_found', `No task ${notFound[0]} exists for this account.`);
  if (task.status !== 'pending') return toResult(task);
  const shown = { ...task };
  // A model that waits would read the request again and again.
  if (askedWaitSeconds > 0) delete shown.request;
  if (pollAfterSeconds !== undefined) shown.poll_after_seconds = pollAfterSeconds;
  return toResult(shown);
}

function withLastState({ code, message, hint, fromApi, traceId, cause }: KlingError, status: string): KlingError {
  return new KlingError(code, message, { hint: `${hint} Last seen ${status}.`, fromApi, traceId, cause });
}
