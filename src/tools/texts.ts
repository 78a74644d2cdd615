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
  const orWait = (until: string) => (waits ? `, or wait up to ${maxWaitSeconds} s for ${until} to finish` : '');
  const set = `set wait_seconds to ${maxWaitSeconds}`;
  const statuses = `pending, completed (video_url and/or other_media, which may expire, or output) or failed (reason in \
error; a normal result)`;

  return {
    instructions: `Looks up Kling generations submitted through AceDataCloud, by task_id. To follow one until it is \
finished, call ${GET_TASK}${waits ? ` with wait_seconds ${maxWaitSeconds}` : ''}, again ${
      waits ? '' : 'after poll_after_seconds '
    }while status is pending; then give the user video_url, or the URLs in other_media. For several use ${GET_TASKS_BATCH}.`,

    getTask: `Look up one Kling generation task on AceDataCloud by task_id${orWait('it')}. Returns its status: \
${statuses}, with dates and${waits ? ', unless pending after a wait,' : ''} the request (prompt, model). For the status of \
several use ${GET_TASKS_BATCH}. It cannot submit, list, cancel or download.
To follow a pending task, ${
      waits
        ? `${set}; while status is pending, call this tool again at once`
        : 'call this tool again after poll_after_seconds'
    }. Most take 1 to 5 minutes; once elapsed_seconds passes ${GIVE_UP_AFTER_S}, stop checking and tell the user.
Lookups are free, with the server's API token. A tool error is about the lookup, not the task, and names \
the next step; an unknown id is tool error [task_not_found].`,

    getTasksBatch: `Look up 1 to 100 Kling generation tasks on AceDataCloud${orWait('all')}. Returns counts and, per \
task in input order, its status: ${statuses}, with the beginning of its prompt. For one task, or for full prompts, \
models, dates or video_ids, use ${GET_TASK}. It cannot submit, list, cancel or download.
To follow tasks, ${
      waits ? `${set} and call again at once` : 'call again after poll_after_seconds'
    } with the ids still pending; add those whose lookup_errors say to retry, after any delay named. Most take 1 to \
5 minutes; once elapsed_seconds passes ${GIVE_UP_AFTER_S}, drop the id and tell the user.
Lookups are free, with the server's API token. Unknown ids are in not_found, failed lookups in lookup_errors, ids \
that did not fit in not_shown (call again for those). A tool error means that every lookup failed.`,
  };
}
