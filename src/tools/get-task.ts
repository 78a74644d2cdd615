import * as z from 'zod';
import type { Lookup } from '../kling/lookup.js';
import { videosOf } from '../kling/task/task.js';
import { taskIdSchema, waitSecondsSchema } from './arguments.js';
import { toResult } from './result.js';
import { taskSchema } from './schemas.js';
import { defineTool, progressReporter, type Tool } from './tool.js';

const DESCRIPTION = `Get one Kling generation task on AceDataCloud in full: pending, completed (video URL, duration, what \
was asked for) or failed (with the reason). Use it to follow a task to its end; for two or more tasks use \
kling_get_tasks_batch. It cannot submit or change tasks. Lookups are free, and need the API token of the server's setup.
While a task is pending, set wait_seconds to its maximum rather than calling again and again: the call returns as soon \
as the task ends, or at the end of the time with status pending; then call again. Generation usually takes 1 to 5 minutes.
A failed task is a normal result with status failed and an error. An unknown id is the tool error [task_not_found]; \
every tool error says what to do next.`;

/** `kling_get_task`: one task, in full detail. */
export function getTaskTool(lookup: Lookup, maxWaitSeconds: number): Tool {
  return defineTool({
    name: 'kling_get_task',
    title: 'Get Kling task',
    description: DESCRIPTION,
    input: z.strictObject({
      task_id: taskIdSchema.describe('The task_id that the generation call returned; a video_id is something else'),
      wait_seconds: waitSecondsSchema(maxWaitSeconds).describe('How long to wait for the outcome'),
    }),
    output: taskSchema,
    async run({ task_id, wait_seconds }, context) {
      const onProgress = progressReporter(wait_seconds, context);
      const task = await lookup.task(task_id, { waitSeconds: wait_seconds, stop: context.stop, onProgress });
      return toResult(task, context.takesResourceLinks() ? videosOf(task) : []);
    },
  });
}
