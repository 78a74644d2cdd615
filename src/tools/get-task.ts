import * as z from 'zod';
import { KlingError } from '../kling/api/error.js';
import type { Outcome } from '../kling/follow.js';
import { taskSchema } from '../kling/task/task.js';
import { defined } from '../text/json.js';
import { type CallArguments, taskIdSchema, waitSecondsSchema } from './arguments.js';
import { toResult } from './result.js';
import { textsFor } from './texts.js';
import { defineTool, type ToolOptions } from './tool.js';

/** `kling_get_task`: one task, in full detail. */
export function getTaskTool(options: ToolOptions) {
  const waitSeconds = waitSecondsSchema(options.maxWaitSeconds);
  return defineTool(options, {
    name: 'kling_get_task',
    title: 'Get Kling task',
    description: textsFor(options.maxWaitSeconds).getTask,
    input: z.strictObject({
      task_id: taskIdSchema.describe(
        "From the generation call's answer: the bare id, no quotes or URL; not a video_id",
      ),
      wait_seconds: waitSeconds.describe('Seconds to wait for the task to end; 0 answers at once'),
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
  // A model that waits would read the request again and again.
  const request = askedWaitSeconds > 0 ? undefined : task.request;
  const poll_after_seconds = pollAfterSeconds ?? task.poll_after_seconds;
  return toResult(defined({ ...task, request, poll_after_seconds }));
}

function withLastState({ code, message, hint, fromApi, traceId, cause }: KlingError, status: string): KlingError {
  return new KlingError(code, message, { hint: `${hint} Last seen ${status}.`, fromApi, traceId, cause });
}
