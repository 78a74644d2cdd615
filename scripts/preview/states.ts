import type { TaskSource } from '../../test/support/fake-api.js';
import { completedRecord, failedRecord, type Json, pendingRecord } from '../../test/support/records.js';

/** A state to click through: the tool, its arguments, and what the fake API knows. */
export interface State {
  tool: 'kling_get_task' | 'kling_get_tasks_batch';
  args: Json;
  /** Where the host passes on something else than the tool's result. */
  instead?: 'nothing' | 'cancelled' | 'handle' | 'unreadable';
}

const one = (task_id: string, instead?: State['instead']): State => ({
  tool: 'kling_get_task',
  args: { task_id },
  ...(instead && { instead }),
});

export const STATES: Record<string, State> = {
  'Nothing yet': one('pending', 'nothing'),
  Pending: one('pending'),
  'Pending, ready after 20 s': one('rendering'),
  'Pending as a task of the protocol': one('rendering', 'handle'),
  'Pending for too long': one('overdue'),
  Completed: one('completed'),
  'Completed, with more files': one('several'),
  'Completed, without a file': one('voice'),
  'Completed, video gone': one('gone'),
  'Completed, video blocked': one('blocked'),
  Failed: one('failed'),
  'Tool error': one('no-such-task'),
  Cancelled: one('pending', 'cancelled'),
  'Nothing readable': one('pending', 'unreadable'),
  Batch: {
    tool: 'kling_get_tasks_batch',
    args: { task_ids: ['completed', 'rendering', 'failed', 'pending', 'voice', 'no-such-task'] },
  },
};

const RENDERING_MS = 20_000;

/** What the fake API knows; the task that renders starts anew each time it has been ready for a while. */
export function tasksFor(mediaUrl: string): TaskSource[] {
  let startMs = Date.now();
  const video = `${mediaUrl}/clip.webm`;
  const rendering = () => {
    const ageMs = Date.now() - startMs;
    if (ageMs > 3 * RENDERING_MS) startMs = Date.now();
    return ageMs < RENDERING_MS || ageMs > 3 * RENDERING_MS
      ? pendingRecord('rendering', 'processing', (Date.now() - startMs) / 1000)
      : completedRecord('rendering', video);
  };
  const several = {
    success: true,
    data: [
      { id: 'v-1', video_url: video, duration: 3, state: 'succeed' },
      { id: 'v-2', video_url: `${video}?2`, duration: 3, state: 'succeed' },
      { id: 'v-3', image_url: `${mediaUrl}/picture.svg`, state: 'succeed' },
    ],
  };
  return [
    rendering,
    () => pendingRecord('pending', 'processing', 84),
    () => pendingRecord('overdue', 'processing', 3000),
    completedRecord('completed', video),
    { ...completedRecord('several'), response: several },
    {
      ...completedRecord('voice'),
      type: 'voices',
      response: { success: true, data: { voice_id: 'voice-17', name: 'Nova' } },
    },
    completedRecord('gone', `${mediaUrl}/gone.webm`),
    completedRecord('blocked', 'https://elsewhere.example/video.mp4'),
    failedRecord('failed'),
  ];
}
