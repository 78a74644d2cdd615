import { idsOf, isObject, type JsonObject, jsonOf, listOf, numberOf, objectOf, textOf, timeOf, urlOf } from './json.js';

export interface Media {
  kind: 'video' | 'image' | 'audio' | 'file';
  url: string;
}

/** What this page shows of a task, one of `kling_get_task` or a shorter one of `kling_get_tasks_batch`. */
export interface Task {
  id: string;
  status: 'pending' | 'completed' | 'failed';
  type: string | undefined;
  media: Media[];
  durationSeconds: number | undefined;
  output: unknown;
  error: { code: string | undefined; message: string } | undefined;
  request: JsonObject | undefined;
  /** When a pending task began, by the clock of this machine: in milliseconds since 1970. */
  startMs?: number | undefined;
  finishMs: number | undefined;
  elapsedSeconds: number | undefined;
  traceId: string | undefined;
  /** When a pending task was looked up, as far as that is known. */
  asOfMs?: number | undefined;
  /** The object as it was received. */
  raw: JsonObject;
}

/** Why a lookup failed, and whether it may succeed when it is repeated. */
export interface Fault {
  message: string;
  passes: boolean;
}

export interface LookupError extends Fault {
  ids: string[];
  /** The object as it was received. */
  raw: JsonObject;
}

/** What an answer to a call of one of the tools says. */
export type Answer =
  | {
      kind: 'tasks';
      /** Whether it is of `kling_get_tasks_batch`. */
      isBatch: boolean;
      tasks: Task[];
      notFound: string[];
      lookupErrors: LookupError[];
      pollAfterSeconds: number | undefined;
    }
  /** The lookup failed. */
  | ({ kind: 'error' } & Fault)
  /** The call goes on as a task of the protocol, which belongs to the host. */
  | { kind: 'handle' }
  | { kind: 'unreadable' };

/** Faults of the lookup that may pass, by the server's codes. */
const PASSING = /^(too_many_requests|api_error|network_error|timeout|bad_response)$/;

/** A result younger than this is taken for one that has just come, in milliseconds. */
const FRESH_MS = 60_000;

/** Whether a task was last looked up so long ago that it may have ended since. */
export const isOld = ({ asOfMs }: Pick<Task, 'asOfMs'>) => asOfMs === undefined || Date.now() - asOfMs > FRESH_MS;

function mediaOf({ video_url, other_media }: JsonObject): Media[] {
  const others = listOf(other_media).map(objectOf);
  return [{ kind: 'video', url: video_url }, ...others].flatMap(({ kind, url }): Media[] => {
    const address = urlOf(url);
    if (address === undefined) return [];
    return [{ kind: kind === 'video' || kind === 'image' || kind === 'audio' ? kind : 'file', url: address }];
  });
}

/**
 * When the task was looked up and when it began, by the clock of this machine. A host that opens an old conversation
 * again repeats old results: only the two times of the task tell how old one is.
 */
function timesOf(createdMs: number | undefined, elapsedSeconds: number | undefined, isNew: boolean) {
  const nowMs = Date.now();
  const startMs = elapsedSeconds === undefined ? createdMs : nowMs - elapsedSeconds * 1000;
  if (isNew) return { asOfMs: nowMs, startMs };
  if (createdMs === undefined || elapsedSeconds === undefined) return { startMs };
  const asOfMs = createdMs + elapsedSeconds * 1000;
  return { asOfMs, startMs: nowMs - asOfMs < FRESH_MS ? startMs : createdMs };
}

function readTask(raw: JsonObject, isNew: boolean): Task | undefined {
  const { status } = raw;
  const id = textOf(raw.task_id);
  if (id === undefined || (status !== 'pending' && status !== 'completed' && status !== 'failed')) return undefined;
  const elapsedSeconds = numberOf(raw.elapsed_seconds);
  const error = isObject(raw.error) ? raw.error : { message: raw.error };
  const reason = textOf(error.message) ?? (status === 'failed' ? 'No reason was given.' : undefined);
  return {
    id,
    status,
    type: textOf(raw.type),
    media: mediaOf(raw),
    durationSeconds: numberOf(raw.duration_seconds),
    output: raw.output,
    error: reason === undefined ? undefined : { code: textOf(error.code), message: reason },
    request: isObject(raw.request) ? raw.request : undefined,
    ...(status === 'pending' && timesOf(timeOf(raw.created_at), elapsedSeconds, isNew)),
    finishMs: timeOf(raw.finished_at),
    elapsedSeconds,
    traceId: textOf(raw.trace_id),
    raw,
  };
}

const readLookupError = (raw: JsonObject): LookupError => ({
  ids: idsOf(raw.task_ids),
  message: textOf(raw.message) ?? '',
  passes: PASSING.test(textOf(raw.code) ?? ''),
  raw,
});

/** Reads the `result` of either tool: where there is no list of tasks, it is one. */
function readResult(result: JsonObject, isNew: boolean): Answer | undefined {
  const isBatch = Array.isArray(result.tasks);
  const tasks = (isBatch ? listOf(result.tasks) : [result]).flatMap((each) => readTask(objectOf(each), isNew) ?? []);
  if (!isBatch && tasks.length === 0) return undefined;
  return {
    kind: 'tasks',
    isBatch,
    tasks,
    notFound: idsOf(result.not_found),
    lookupErrors: listOf(result.lookup_errors).map(objectOf).map(readLookupError),
    pollAfterSeconds: numberOf(result.poll_after_seconds),
  };
}

/**
 * Reads a `CallToolResult`. Some hosts drop one of its two channels: the structured content is used if present, otherwise
 * the JSON in the first text block. Text that is not JSON is the server's message about a failed lookup.
 * @param isNew whether this answer is fresh from the server; the first result from a host may be an old one
 */
export function readAnswer({ resultType, isError, structuredContent, content }: JsonObject, isNew: boolean): Answer {
  if (resultType === 'task') return { kind: 'handle' };
  const isText = (block: JsonObject) => block.type === 'text' && textOf(block.text);
  const text = textOf(listOf(content).map(objectOf).find(isText)?.text);
  for (const source of [structuredContent, jsonOf(text ?? '')]) {
    const answer = readResult(objectOf(objectOf(source).result), isNew);
    if (answer) return answer;
  }
  if (text === undefined || (isError !== true && jsonOf(text))) return { kind: 'unreadable' };
  const [, code = '', message = text] = /^\[([a-z0-9_]+)\]\s+(.+)$/s.exec(text) ?? [];
  return { kind: 'error', message, passes: PASSING.test(code) };
}
