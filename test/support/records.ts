import { type Task, toTask } from '../../src/kling/task/task.js';

/** Records as the endpoint sends them: the documented ones, and one for each outcome that was seen. */

export type Json = Record<string, unknown>;

const PROMPT =
  'White ceramic coffee mug on glossy marble countertop with morning window light. Camera slowly rotates 360 degrees ' +
  'around the mug, pausing briefly at the handle.';

const INTERNAL = {
  _id: '67c5163f550a4144a5b68698',
  api_id: '29187cb2-1acb-43b8-baf5-3f3f709292eb',
  application_id: 'f35762fe-e8a4-4613-bb70-e5c1be4f9fc2',
  credential_id: 'ce81345f-7e2a-4871-b539-aefb5f725220',
  user_id: 'ad7afe47-cea9-4cda-980f-2ad8810e51cf',
  job_id: 'CjJzzGfBfqcAAAAAAKdVMQ',
};

const REQUEST = {
  action: 'text2video',
  model: 'kling-v1',
  prompt: PROMPT,
  callback_url: 'https://webhook.site/624b2c78-6dbd-4618-9d2b-b32eade6d8c3',
};

/** What must never reach a client: internal ids and the callback address of the documented record. */
export const PRIVATE_VALUES = [...Object.values(INTERNAL), REQUEST.callback_url];

export const DOCUMENTED_ID = '20068983-0cc9-4c6a-aeb6-9c6a3c668be0';
export const DOCUMENTED_VIDEO =
  'https://cdn.acedata.cloud/assets/examples/gemini/04a043bd-6b23-4b4e-945c-ce48158c3eee-3a89912507c7.mp4';

/** The documented sample of a finished task. */
export const documented: Json = {
  ...INTERNAL,
  id: DOCUMENTED_ID,
  created_at: 1740969535.333,
  started_at: 1740969535.393,
  finished_at: 1740969852.463,
  elapsed: 317.07,
  request: REQUEST,
  trace_id: '0a907f69-4ae2-4a08-b34c-ee15c1c47077',
  type: 'videos',
  response: {
    success: true,
    video_id: '030bb06d-98d4-4044-9042-0aa0822e8c8c',
    video_url: DOCUMENTED_VIDEO,
    duration: '5.1',
    state: 'succeed',
    task_id: DOCUMENTED_ID,
  },
};

/** A record with the internal fields and the callback of the documented one. */
export function record(id: string, fields: Json = {}): Json {
  return {
    ...INTERNAL,
    id,
    type: 'videos',
    trace_id: 'trace-1',
    request: REQUEST,
    created_at: 1740969535.333,
    ...fields,
  };
}

/** A task that waits or runs, created the given number of seconds ago. */
export function pendingRecord(id: string, state = 'processing', ageSeconds = 60): Json {
  const created_at = Date.now() / 1000 - ageSeconds;
  return record(id, { created_at, finished_at: null, response: { task_id: id, state } });
}

/** A finished task with one video. */
export function completedRecord(id: string, url = `https://cdn.acedata.cloud/${id}.mp4`): Json {
  const response = {
    success: true,
    video_id: `v-${id}`,
    video_url: url,
    duration: '5.1',
    state: 'succeed',
    task_id: id,
  };
  return record(id, { started_at: 1740969535.393, finished_at: 1740969852.463, elapsed: 317.07, response });
}

/** A task that failed, with the API's reason. */
export function failedRecord(id: string, message = 'The prompt was refused by the safety system.'): Json {
  const error = { code: 'risk_control', message };
  const response = { success: false, error, task_id: id, trace_id: 'trace-1' };
  return record(id, { started_at: 1740969535.393, finished_at: 1740969552.463, elapsed: 17.07, response });
}

/** A response in the form of Kling's own API. */
export function kling(data: Json): Json {
  return {
    code: 0,
    message: 'SUCCEED',
    request_id: 'request-1',
    data: { task_id: 'kling-1', task_status: 'succeed', ...data },
  };
}

/** A finished extension of a video: the user's own video stands beside the results. */
export function parentRecord(id: string, videos: Json[]): Json {
  const parent_video = { id: 'parent-1', url: 'https://cdn.acedata.cloud/parent.mp4', duration: '5' };
  return record(id, {
    finished_at: 1740969852.463,
    response: kling({ task_info: { parent_video }, task_result: { videos } }),
  });
}

/** A finished element: its id, which the API writes as a number, and the pictures that the user gave. */
export function elementRecord(id: string): Json {
  const refer_images = [
    { image_url: 'https://cdn.acedata.cloud/side.png' },
    { image_url: 'https://cdn.acedata.cloud/back.png' },
  ];
  const data = { element_id: '829836802793406551', element_image_list: { refer_images } };
  return record(id, { type: 'elements', finished_at: 1740969852.463, response: { success: true, task_id: id, data } });
}

/** The Task that a record becomes, as `t` at a time when the documented task was 64 s old. */
export function taskOf(value: unknown, { taskId = 't', redact = (text: string) => text } = {}): Task {
  // As JSON, which is how anybody sees it: without what is undefined.
  return JSON.parse(JSON.stringify(toTask(value, { taskId, nowMs: 1740969600_000, redact })));
}
