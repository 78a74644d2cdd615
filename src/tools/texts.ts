/**
 * What the model reads about the tools; every word costs tokens in every conversation. If calls cannot wait
 * (`KLING_MAX_WAIT=0`), the texts recommend calling again instead.
 */
export function textsFor(maxWaitSeconds: number) {
  const waits = maxWaitSeconds > 0;
  const howToFollow = waits
    ? `To follow a pending task, set wait_seconds to its maximum: the call returns when the task ends, or with status \
pending when the time is up; then repeat it.`
    : 'To follow a pending task, call again after poll_after_seconds.';
  const untilEnded = waits ? `, or wait up to ${maxWaitSeconds} s for it to end` : '';
  const untilAllEnded = waits ? `, or wait up to ${maxWaitSeconds} s for all to end` : '';
  const howToRepeat = `To follow tasks, ${
    waits ? 'set wait_seconds to its maximum and call again' : 'call again after poll_after_seconds'
  } with the ids still pending and those whose lookup_errors message says to retry.`;
  const howToSeeThrough = waits
    ? 'call kling_get_task with wait_seconds at its maximum, again while status is pending'
    : 'call kling_get_task, again after poll_after_seconds while status is pending';

  return {
    instructions: `Looks up Kling generations submitted through AceDataCloud, by task_id. \
To follow one to its end, ${howToSeeThrough}; then give the user video_url, or the URLs in other_media. For several use kling_get_tasks_batch.`,

    getTask: `Look up one Kling generation task on AceDataCloud by task_id${untilEnded}. Returns pending, completed (URLs \
of the video or other media, or output; duration) or failed (reason in error), with the request (prompt, model) and dates. For \
several tasks use kling_get_tasks_batch, unless you need prompts, models or dates. Read-only: it cannot submit, list, \
cancel or download.
${howToFollow} Most take 1 to 5 minutes; past 30 minutes of elapsed_seconds, stop and tell the user.
Lookups are free and use the API token set up on the server. A failed task is a normal result; a tool error is about the \
lookup, not the task, and names the next step. An unknown id is [task_not_found].`,

    getTasksBatch: `Look up 1 to 100 Kling generation tasks on AceDataCloud${untilAllEnded}. Returns counts and, per task in \
input order, pending, completed (URLs or output, duration) or failed (reason in error). For one task, or for prompts, \
models and dates, use kling_get_task. Read-only; lookups are free and use the API token set up on the server.
${howToRepeat} Most take 1 to 5 minutes; past 30 minutes of elapsed_seconds, stop and tell the user.
Unknown ids are listed in not_found, which is no error. Where some lookups fail, lookup_errors says which and why; a tool \
error means that every lookup failed.`,
  };
}
