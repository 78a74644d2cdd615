import { GIVE_UP_AFTER_S } from '../limits.js';

/** The names of the tools, which their texts, too, refer to. */
export const GET_TASK = 'kling_get_task';
export const GET_TASKS_BATCH = 'kling_get_tasks_batch';

/**
 * What the model reads about the tools; every word costs tokens in every conversation. If calls cannot wait
 * (`KLING_MAX_WAIT=0`), the texts recommend calling again instead.
 */
export function textsFor(maxWaitSeconds: number) {
  const waits = maxWaitSeconds > 0;
  const orWait = waits ? `, or wait up to ${maxWaitSeconds} s` : '';
  const set = `set wait_seconds to ${maxWaitSeconds}`;
  const again = waits ? 'call again at once' : 'call again after poll_after_seconds';

  return {
    instructions: `Looks up Kling generations submitted through AceDataCloud, by task_id. To follow one until it is \
finished, call ${GET_TASK}${waits ? ` with wait_seconds ${maxWaitSeconds}` : ''}, again ${
      waits ? '' : 'after poll_after_seconds '
    }while status is pending; then give the user video_url, or the URLs in other_media. For several use ${GET_TASKS_BATCH}.`,

    getTask: `Get the status and result of one Kling generation task on AceDataCloud by task_id${orWait}${
      waits ? ' for it to finish' : ''
    }. Returns its status (pending, completed or failed), files (video_url, other_media) or output, error, dates and \
request (prompt, model). For the status of several tasks use ${GET_TASKS_BATCH}. It cannot submit, list, cancel or download.
To follow a pending task, ${waits ? `${set}; while status is pending, ${again}` : again}. Most tasks take 1 to 5 minutes; \
once elapsed_seconds exceeds ${GIVE_UP_AFTER_S}, stop and tell the user.
Lookups are free; the server has its own API token. A failed task is a normal result; a tool error is about the lookup, \
not the task, and names the next step. An unknown id gives tool error [task_not_found].`,

    getTasksBatch: `Get the status and result of up to 100 Kling generation tasks on AceDataCloud${orWait}${
      waits ? ' until none is pending' : ''
    }. Returns counts and, in input order, each task's status (pending, completed or failed), beginning of prompt, files \
(video_url, other_media) or output, and error. For one task, or what a batch leaves out (video_id, full prompt, model, \
dates, left_out files), use ${GET_TASK}. It cannot submit, list, cancel or download.
To follow tasks, ${waits ? `${set} and ${again}` : again} with the ids still pending or in not_shown; retry those in \
lookup_errors as their message says. Most tasks take 1 to 5 minutes; once elapsed_seconds exceeds ${GIVE_UP_AFTER_S}, stop \
following the task and tell the user.
Lookups are free; the server has its own API token. Failed tasks and unknown ids (not_found) are normal results; a tool \
error means that every lookup failed, and names the next step.`,
  };
}
