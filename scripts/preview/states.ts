import type { TaskSource } from '../../test/support/fake-api.js';
import { completedRecord, failedRecord, type Json, pendingRecord } from '../../test/support/records.js';

/** A state to click through: the tool, its arguments, and what the host passes on. */
export interface State {
  tool: 'kling_get_task' | 'kling_get_tasks_batch';
  args: Json;
  /** In place of the tool's own result: nothing yet, a cancellation, or another result. */
  instead?: 'nothing' | 'cancelled' | Json;
}

const one = (task_id: string, instead?: State['instead']): State => ({
  tool: 'kling_get_task',
  args: { task_id },
  ...(instead && { instead }),
});
const waiting = (task_id: string, instead?: State['instead']): State => ({
  ...one(task_id, instead),
  args: { task_id, wait_seconds: 50 },
});
const many = (task_ids: string[]): State => ({ tool: 'kling_get_tasks_batch', args: { task_ids } });
const error = (code: string, text: string): State =>
  one('pending', { content: [{ type: 'text', text: `[${code}] ${text}` }], isError: true });

const TWENTY = Array.from({ length: 20 }, (_, index) => `batch-${index + 1}`);

/** By group and name. */
export const STATES: Record<string, Record<string, State>> = {
  Waiting: {
    'Wait, ready after 20 s': waiting('rendering'),
    'Wait without a result': waiting('pending', 'nothing'),
    'No arguments': { tool: 'kling_get_task', args: {}, instead: 'nothing' },
    Cancelled: waiting('pending', 'cancelled'),
    'Nothing readable': one('pending', { content: [] }),
  },
  Pending: {
    'For 5 s': one('age-5'),
    'For 3 minutes': one('age-180'),
    'For 20 minutes': one('age-1200'),
    'For 40 minutes': one('age-2400'),
    'Ready after 20 s': one('rendering'),
  },
  Completed: {
    Video: one('completed'),
    'More files': one('several'),
    Voice: one('voice'),
    'Link expired': one('gone'),
    Blocked: one('blocked'),
  },
  Failed: {
    'Short reason': one('failed'),
    'Long reason': one('failed-long'),
    'Unknown task': one('no-such-task'),
    'No token': error(
      'configuration',
      'ACEDATACLOUD_API_TOKEN is not set: create one. Until then no call can succeed.',
    ),
    'No connection': error('network_error', 'api.acedata.cloud could not be reached. Check the connection.'),
  },
  Batch: {
    'Of 1': many(['rendering']),
    'Of 6': many(['completed', 'rendering', 'failed', 'age-2400', 'voice', 'no-such-task']),
    'Of 20': many(TWENTY),
  },
};

const RENDERING_S = 20;
const PROMPTS = [
  'A red fox runs through deep snow, slow motion',
  'A paper boat drifts down a rainy street between neon reflections',
  'Clouds pour over a mountain ridge at sunrise',
];

/**
 * What the fake API knows.
 * @param chosenMs when a state was chosen, at which pending tasks have the ages of their names
 */
export function tasksFor(mediaUrl: string, chosenMs: () => number): TaskSource[] {
  const video = `${mediaUrl}/clip.webm`;
  const passedS = () => (Date.now() - chosenMs()) / 1000;
  const pending = (id: string, ageS: number) => () => pendingRecord(id, 'processing', ageS + passedS());
  const several = {
    success: true,
    data: [
      { id: 'v-1', video_url: video, duration: 3, state: 'succeed' },
      { id: 'v-2', video_url: `${video}?2`, duration: 3, state: 'succeed' },
      { id: 'v-3', image_url: `${mediaUrl}/picture.svg`, state: 'succeed' },
    ],
  };
  const voice = { success: true, data: { voice_id: 'voice-17', voice_name: 'Nova' } };
  const reason =
    'The model answered {"code":1201,"message":"Invalid image: width and height must be at least 300 px"}.';
  const batch = TWENTY.map((id, index) => {
    const request = { prompt: PROMPTS[index % PROMPTS.length] };
    if (index % 7 === 3) return { ...failedRecord(id), request };
    return index % 5 === 1 ? () => ({ ...pending(id, 60)(), request }) : { ...completedRecord(id, video), request };
  });
  return [
    () => (passedS() < RENDERING_S ? pending('rendering', 0)() : completedRecord('rendering', video)),
    pending('pending', 84),
    ...[5, 180, 1200, 2400].map((ageS) => pending(`age-${ageS}`, ageS)),
    completedRecord('completed', video),
    { ...completedRecord('several'), response: several },
    { ...completedRecord('voice'), type: 'voices', response: voice },
    completedRecord('gone', `${mediaUrl}/gone.webm`),
    completedRecord('blocked', 'https://elsewhere.example/video.mp4'),
    failedRecord('failed'),
    failedRecord('failed-long', reason),
    ...batch,
  ];
}
