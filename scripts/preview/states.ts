import {
  batchOf,
  completedTask,
  errorResult,
  failedTask,
  pendingTask,
  resultOf,
} from '../../test/view/support/tasks.js';

type Json = Record<string, unknown>;

/** A state to click through: the arguments of the host's call, and what the host passes on in place of its result. */
export interface State {
  args: Json;
  instead?: 'nothing' | 'cancelled' | Json;
}

const one = (task_id: string): State => ({ args: { task_id } });
const waiting = (task_id: string): State => ({ args: { task_id, wait_seconds: 50 } });
const many = (task_ids: string[]): State => ({ args: { task_ids } });
const error = (text: string): State => ({ ...one('pending'), instead: errorResult(text) });

const TWENTY = Array.from({ length: 20 }, (_, index) => `batch-${index + 1}`);

/** By group and name. */
export const STATES: Record<string, Record<string, State>> = {
  Waiting: {
    'Wait, ready after 20 s': waiting('rendering'),
    'Wait without a result': { ...waiting('pending'), instead: 'nothing' },
    'No arguments': { args: {}, instead: 'nothing' },
    Cancelled: { ...waiting('pending'), instead: 'cancelled' },
    'Nothing readable': { ...one('pending'), instead: {} },
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
    'No token': error('[configuration] ACEDATACLOUD_API_TOKEN is not set: create one. Until then no call can succeed.'),
    'No connection': error('[network_error] api.acedata.cloud could not be reached. Check the connection.'),
  },
  Batch: {
    'Of 1': many(['rendering']),
    'Of 6': many(['completed', 'rendering', 'failed', 'age-2400', 'voice', 'no-such-task']),
    'Of 20': many(TWENTY),
  },
};

const RENDERING_S = 20;
const VIDEO = new URL('clip.webm', location.href).href;
const PICTURE = new URL('view-completed-light.png', location.href).href;
const REASON = 'The model answered {"code":1201,"message":"Invalid image: width and height must be at least 300 px"}.';
let chosenMs = Date.now();
const passedS = () => (Date.now() - chosenMs) / 1000;

const pending = (ageS: number) =>
  pendingTask(Math.round(ageS + passedS()), ageS > 1800 ? { poll_after_seconds: undefined } : {});
const completed = (fields: Json = {}) => completedTask({ video_url: VIDEO, duration_seconds: 3, ...fields });

/** What the tasks of the longest batch are, in turn. */
const KINDS = [completed, () => pending(60), completed, failedTask, completed];

/** What the account has, as of now. */
const TASKS: Record<string, () => Json> = {
  rendering: () => (passedS() < RENDERING_S ? pending(0) : completed()),
  pending: () => pending(84),
  ...Object.fromEntries([5, 180, 1200, 2400].map((ageS) => [`age-${ageS}`, () => pending(ageS)])),
  completed,
  several: () =>
    completed({
      other_media: [
        { kind: 'video', url: `${VIDEO}?2`, id: 'v-2', duration_seconds: 3 },
        { kind: 'image', url: PICTURE, id: 'v-3' },
      ],
    }),
  voice: () =>
    completed({
      video_url: undefined,
      duration_seconds: undefined,
      output: { voice_id: 'voice-17', voice_name: 'Nova' },
    }),
  gone: () => completed({ video_url: `${VIDEO}.gone` }),
  blocked: () => completed({ video_url: 'https://elsewhere.example/video.mp4' }),
  failed: failedTask,
  'failed-long': () => failedTask({ error: { code: '1201', message: REASON } }),
  ...Object.fromEntries(TWENTY.map((id, index) => [id, KINDS[index % KINDS.length] ?? completed])),
};

/** Lets a state begin: its pending tasks have the ages of their names. */
export function choose(): void {
  chosenMs = Date.now();
}

/** Answers a call as the server does. */
export async function callTool({ task_id, task_ids, wait_seconds = 0 }: Json): Promise<Json> {
  const ids = Array.isArray(task_ids) ? task_ids.map(String) : [String(task_id)];
  const found = () => ids.flatMap((id): Json[] => (TASKS[id] ? [{ ...TASKS[id](), task_id: id }] : []));
  const endMs = Date.now() + Number(wait_seconds) * 1000;
  while (Date.now() < endMs && found().some(({ status }) => status === 'pending')) {
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  if (task_ids) return resultOf(batchOf(found(), { not_found: ids.filter((id) => !TASKS[id]) }));
  const [task] = found();
  return task ? resultOf(task) : errorResult(`[task_not_found] No task of this account has the id ${task_id}.`);
}
