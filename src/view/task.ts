import { isObject, textOf } from '../text/json.js';
import { type JsonObject, listOf, numberOf, objectOf, timeOf, urlOf } from './json.js';

export interface Media {
  kind: 'video' | 'image' | 'audio' | 'file';
  url: string;
  /** The id beside the file, such as that of a voice. */
  id: string | undefined;
  /** Why it is not played: the host's policy, or it did not load. */
  problem?: 'blocked' | 'broken';
}

/** What this page shows of a task, one of `kling_get_task` or a shorter one of `kling_get_tasks_batch`. */
export interface Task {
  id: string;
  status: 'pending' | 'completed' | 'failed';
  type: string | undefined;
  media: Media[];
  durationSeconds: number | undefined;
  /** What it returned other than files. */
  output: JsonObject | undefined;
  /** How many files and entries did not fit into the result. */
  leftOut: number;
  error: { code: string | undefined; message: string } | undefined;
  request: JsonObject | undefined;
  /** The beginning of the prompt, in a batch. */
  prompt: string | undefined;
  /** When a pending task began, by the clock of this machine: in milliseconds since 1970. */
  startMs?: number | undefined;
  /** When a pending task was looked up, as far as that is known. */
  asOfMs?: number | undefined;
  finishMs: number | undefined;
  /** Its age when it was looked up, if it is pending; otherwise how long it took. */
  elapsedSeconds: number | undefined;
  traceId: string | undefined;
  /** The object as it was received. */
  raw: JsonObject;
}

export const isPending = ({ status }: Task) => status === 'pending';

/** A result younger than this is taken for one that has just come, in milliseconds. */
const FRESH_MS = 60_000;

/** Whether a pending task was last looked up so long ago that it may have ended since. */
export const isOld = ({ asOfMs = 0 }: Task) => Date.now() - asOfMs > FRESH_MS;

function mediaOf({ video_url, other_media }: JsonObject): Media[] {
  const others = listOf(other_media).map(objectOf);
  return [{ kind: 'video', url: video_url, id: undefined }, ...others].flatMap(({ kind, url, id }): Media[] => {
    const address = urlOf(url);
    if (address === undefined) return [];
    const isKnown = kind === 'video' || kind === 'image' || kind === 'audio';
    return [{ kind: isKnown ? kind : 'file', url: address, id: textOf(id) }];
  });
}

/**
 * When a pending task was looked up and when it began, by the clock of this machine. A host that opens an old conversation
 * again repeats old results: only the two times of the task tell how old one is.
 */
function timesOf(createdMs: number | undefined, elapsedSeconds: number | undefined, isNew: boolean) {
  const nowMs = Date.now();
  const isKnown = createdMs !== undefined && elapsedSeconds !== undefined;
  const asOfMs = isKnown && !isNew ? createdMs + elapsedSeconds * 1000 : nowMs;
  const isFresh = nowMs - asOfMs < FRESH_MS;
  return { asOfMs, startMs: isFresh && elapsedSeconds !== undefined ? nowMs - elapsedSeconds * 1000 : createdMs };
}

/** Reads one task of a result; undefined if it is none. */
export function readTask(raw: JsonObject, isNew: boolean): Task | undefined {
  const { status } = raw;
  const id = textOf(raw.task_id);
  if (id === undefined || (status !== 'pending' && status !== 'completed' && status !== 'failed')) return undefined;
  const elapsedSeconds = numberOf(raw.elapsed_seconds);
  const { code, message } = objectOf(raw.error);
  return {
    id,
    status,
    type: textOf(raw.type),
    media: mediaOf(raw),
    durationSeconds: numberOf(raw.duration_seconds),
    output: isObject(raw.output) ? raw.output : undefined,
    leftOut: numberOf(raw.left_out) ?? 0,
    error: isObject(raw.error) ? { code: textOf(code), message: textOf(message) ?? '' } : undefined,
    request: isObject(raw.request) ? raw.request : undefined,
    prompt: textOf(raw.prompt),
    ...(status === 'pending' && timesOf(timeOf(raw.created_at), elapsedSeconds, isNew)),
    finishMs: timeOf(raw.finished_at),
    elapsedSeconds,
    traceId: textOf(raw.trace_id),
    raw,
  };
}
