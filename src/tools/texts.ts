/** What the model reads about the tools. Each word of it is paid for in every conversation. */
export interface Texts {
  instructions: string;
  getTask: string;
  getTasksBatch: string;
}

/** The texts; a server that does not let calls wait (`KLING_MAX_WAIT=0`) speaks of asking again instead. */
export function textsFor(maxWaitSeconds: number): Texts {
  const waits = maxWaitSeconds > 0;
  const howToFollow = waits
    ? `To follow a pending task, set wait_seconds to its maximum: the call returns when the task ends, or with status \
pending when the time is up; then repeat it.`
    : 'To follow a pending task, call again after poll_after_seconds.';
  const untilEnded = waits ? ', or wait for it to end' : '';
  const untilAllEnded = waits ? ', or wait until all have ended' : '';
  const howToRepeat = waits
    ? `With wait_seconds the call returns when no task is pending, or with what is known when the time is up; then repeat \
it with the pending ids only.`
    : 'To follow pending tasks, call again after poll_after_seconds with the pending ids only.';
  const howToSeeThrough = waits
    ? 'call kling_get_task with wait_seconds at its maximum, again while status is pending'
    : 'call kling_get_task, again after poll_after_seconds while status is pending';

  return {
    instructions: `Looks up Kling generations submitted through AceDataCloud, by task_id; lookups are free and read-only. \
To follow one to its end, ${howToSeeThrough}; then give the user video_url, or the URLs in other_media.`,

    getTask: `Look up one Kling generation task on AceDataCloud by task_id${untilEnded}. Returns pending, completed (URLs \
of the video or other media, duration) or failed (reason in error), with the request (prompt, model) and dates. For the \
status of several tasks use kling_get_tasks_batch; for their prompts call this once per task. Read-only: it cannot submit, \
list, cancel or download.
${howToFollow} Most take 1 to 5 minutes; past 30 minutes of elapsed_seconds, stop and tell the user.
Lookups are free and use the API token set up on the server. A failed task is a normal result; a tool error is about the \
lookup, not the task, and names the next step. An unknown id is [task_not_found].`,

    getTasksBatch: `Look up 1 to 100 Kling generation tasks on AceDataCloud in one call${untilAllEnded}. Returns counts and, \
per task, pending, completed (URLs, duration) or failed (reason in error). For one task, or for prompts, models and dates, \
use kling_get_task. Read-only; lookups are free and use the API token set up on the server.
${howToRepeat}
Unknown ids are listed in not_found. Where some lookups fail, lookup_errors says which and why; the other tasks are still \
returned.`,
  };
}
