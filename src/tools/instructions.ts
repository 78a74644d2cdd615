/**
 * What the server says about itself to the model.
 * @param maxWaitSeconds where it is 0, no waiting is offered
 */
export function instructionsFor(maxWaitSeconds: number): string {
  const how =
    maxWaitSeconds > 0
      ? 'call kling_get_task with wait_seconds at its maximum, again while status is pending'
      : 'call kling_get_task, again after poll_after_seconds while status is pending';
  return (
    'Looks up Kling generations submitted through AceDataCloud, by task_id; lookups are free and read-only. ' +
    `To follow one to its end, ${how}; then give the user video_url, or the URLs in other_media.`
  );
}
