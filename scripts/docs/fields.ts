import type { Task } from '../../src/kling/task/task.js';
import type { Batch } from '../../src/tools/get-tasks-batch.js';

/** When a field of a task is present and what it means. A new field does not compile until it is described here. */
const TASK_FIELDS: Record<keyof Task, string> = {
  task_id: 'The id that was asked for',
  status: 'An unknown state counts as pending, never as success',
  state: "The API's own word that decided the status, such as `processing` or `succeed`",
  type: '`videos`, `motion`, `lip-sync`, `talking-photo` …',
  video_url: 'Completed: the first result video. The URL may expire',
  video_id: 'Completed: the id of that video, which is not a task id',
  duration_seconds: 'Completed: the length of that video',
  other_media: 'Completed: further results, each with `kind`, `url` and, where known, `id` and `duration_seconds`',
  output:
    'Completed without a video or image: what the task returned instead, such as a voice or an element; a list stands under `items`, a scalar under `value`',
  left_out: 'How many files and entries of lists did not fit: they are neither in `output` nor in `other_media`',
  usage: 'What was metered, where the API reports it',
  error: 'Failed, or part of the results failed: `message` and, where known, `code`',
  request: 'What was asked for, such as prompt and model. While pending, only if `wait_seconds` was 0',
  created_at: 'When the task was submitted',
  started_at: 'When work on it began (completed or failed)',
  finished_at: 'When it ended (completed or failed)',
  elapsed_seconds: 'How long the task took; while it is pending, how long ago it was submitted',
  trace_id: "Completed or failed: quote it to the vendor's support",
  poll_after_seconds: 'Pending for less than 30 minutes: when the next lookup makes sense',
};

const BATCH_FIELDS: Record<keyof Batch, string> = {
  counts: 'How many of the distinct ids are `pending`, `completed`, `failed`, `not_found` and `lookup_failed`',
  tasks: 'The tasks in the order of the input, each id once; their fields are listed below',
  not_found: 'The ids for which the account has no task',
  lookup_errors: 'Lookups that failed: `task_ids`, `code`, `message` and, where known, `trace_id`',
  poll_after_seconds: 'While a task is pending: when the next lookup makes sense',
};

/** The meaning of each field of a tool's result, by the name of the tool. */
export const RESULT_FIELDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  kling_get_task: TASK_FIELDS,
  kling_get_tasks_batch: BATCH_FIELDS,
};
