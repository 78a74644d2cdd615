import { GIVE_UP_AFTER_S } from '../kling/task/task.js';

/** The names of the tools, which their texts, too, refer to. */
export const GET_TASK = 'kling_get_task';
export const GET_TASKS_BATCH = 'kling_get_tasks_batch';

/**
 * What the model reads about the tools; every word costs tokens in every conversation. If calls cannot wait
 * (`KLING_MAX_WAIT=0`), the texts recommend calling again instead.
 */
export function textsFor(maxWaitSeconds: number) {
  const waits = maxWaitSeconds > 0;
  const orWait = (until: string) =>
    waits ? `; with wait_seconds, wait up to ${maxWaitSeconds} s for ${until} to finish` : '';
  const statuses = `pending, completed (video_url and/or other_media, or output) or failed (reason in error; not a tool error)`;
  const again = waits ? 'call again at once' : 'call again after poll_after_seconds';
  const set = `set wait_seconds to ${maxWaitSeconds}`;

  return {
    instructions: `Looks up Kling generations submitted through AceDataCloud, by task_id. To follow one until it is \
finished, call ${GET_TASK}${waits ? ` with wait_seconds ${maxWaitSeconds}` : ''}, again ${
      waits ? '' : 'after poll_after_seconds '
    }while status is pending; then give the user video_url, or the URLs in other_media. For several use ${GET_TASKS_BATCH}.`,

    getTask: `Get the status and result of one Kling generation task on AceDataCloud by task_id${orWait('it')}. Returns \
status ${statuses}, with dates and the request (prompt, model${waits ? '; not if still pending after a wait' : ''}). \
For the status of several use ${GET_TASKS_BATCH}. It cannot submit, list, cancel or download.
To follow a pending task, ${waits ? `${set}; while status is pending, ${again}` : again}. Most take 1 to 5 minutes; if still \
pending at elapsed_seconds ${GIVE_UP_AFTER_S}, stop and tell the user.
Lookups are free; the server has its own token. A tool error is about the lookup, not the task, and names the next \
step; an unknown id is [task_not_found].`,

    getTasksBatch: `Get the status and result of 1 to 100 Kling generation tasks on AceDataCloud${orWait('all')}. Returns \
counts and, per task in input order, the beginning of its prompt and its status: ${statuses}. For one task, or for full \
prompts, models, dates or video_ids, use ${GET_TASK}. It cannot submit, list, cancel or download.
To follow tasks, ${waits ? `${set} and ${again}` : again} with the ids still pending. Add ids whose lookup_errors say to \
retry, once their delay is over. Most take 1 to 5 minutes; if still pending at elapsed_seconds \
${GIVE_UP_AFTER_S}, drop the id and tell the user.
Lookups are free; the server has its own token. not_found lists unknown ids, lookup_errors failed lookups, not_shown \
ids that did not fit (call again for those). A tool error means that every lookup failed, not that the tasks did.`,
  };
}
