import type { Json } from '../../support/records.js';

/** Tasks and batches as the tools answer with them. */

export const CDN = 'https://cdn.acedata.cloud';
export const VIDEO = `${CDN}/clip.webm`;
export const PROMPT =
  'White ceramic coffee mug on glossy marble countertop with morning window light. Camera slowly rotates 360 degrees ' +
  'around the mug, pausing briefly at the handle.';
export const ID = '20068983-0cc9-4c6a-aeb6-9c6a3c668be0';
export const REQUEST = {
  action: 'text2video',
  model: 'kling-v2-master',
  mode: 'pro',
  aspect_ratio: '16:9',
  prompt: PROMPT,
};

const isoBefore = (seconds: number, nowMs: number) => new Date(nowMs - seconds * 1000).toISOString();

/** @param ageSeconds how long ago it was submitted */
export function pendingTask(ageSeconds = 84, fields: Json = {}, nowMs = Date.now()): Json {
  return {
    task_id: ID,
    status: 'pending',
    state: 'processing',
    type: 'videos',
    request: REQUEST,
    created_at: isoBefore(ageSeconds, nowMs),
    elapsed_seconds: ageSeconds,
    poll_after_seconds: 10,
    ...fields,
  };
}

export function completedTask(fields: Json = {}): Json {
  return {
    task_id: ID,
    status: 'completed',
    state: 'succeed',
    type: 'videos',
    video_url: VIDEO,
    video_id: '030bb06d-98d4-4044-9042-0aa0822e8c8c',
    duration_seconds: 5.1,
    request: REQUEST,
    created_at: '2025-03-03T02:38:55.333Z',
    started_at: '2025-03-03T02:38:55.393Z',
    finished_at: '2025-03-03T02:44:12.463Z',
    elapsed_seconds: 317.07,
    trace_id: '0a907f69-4ae2-4a08-b34c-ee15c1c47077',
    ...fields,
  };
}

export function failedTask(fields: Json = {}): Json {
  return {
    ...completedTask({ video_url: undefined, video_id: undefined, duration_seconds: undefined }),
    status: 'failed',
    state: 'failed',
    error: { code: 'risk_control', message: 'The prompt was refused by the safety system.' },
    elapsed_seconds: 17.07,
    ...fields,
  };
}

/** As `kling_get_tasks_batch` tells a task: without its request, but with the beginning of the prompt. */
function summaryOf({ request, video_id, created_at, started_at, finished_at, ...task }: Json): Json {
  const { prompt } = Object(request);
  return { ...(prompt && { prompt: String(prompt).slice(0, 80) }), ...task, poll_after_seconds: undefined };
}

export function batchOf(tasks: Json[], fields: Json = {}): Json {
  const count = (status: string) => tasks.filter((task) => task.status === status).length;
  const notFound = Array.isArray(fields.not_found) ? fields.not_found.length : 0;
  return {
    counts: {
      pending: count('pending'),
      completed: count('completed'),
      failed: count('failed'),
      not_found: notFound,
      lookup_failed: 0,
    },
    tasks: tasks.map(summaryOf),
    not_found: [],
    ...(count('pending') > 0 && { poll_after_seconds: 10 }),
    ...fields,
  };
}

/** A result of either tool, in both channels. */
export function resultOf(result: Json): Json {
  const structuredContent: Json = JSON.parse(JSON.stringify({ result }));
  return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
}

export const errorResult = (text: string): Json => ({ content: [{ type: 'text', text }], isError: true });

/** The result of `kling_get_tasks_batch`. */
export const batch = (tasks: Json[], fields: Json = {}): Json => resultOf(batchOf(tasks, fields));

/** The result of `kling_get_task` for a task that has been completed. */
export const COMPLETED = resultOf(completedTask());
