import { isObject, textOf } from '../text/json.js';
import type { Fault } from './faults.js';
import { idsOf, type JsonObject, jsonOf, listOf, numberOf, objectOf } from './json.js';
import { readTask, type Task } from './task.js';

/** Why some tasks of a batch could not be looked up. */
export interface LookupFault extends Fault {
  ids: string[];
}

/** What is known of the tasks that a call was about. */
export interface Tasks {
  kind: 'tasks';
  /** Whether it is of `kling_get_tasks_batch`. */
  isBatch: boolean;
  tasks: Task[];
  notFound: string[];
  faults: LookupFault[];
  /** The ids of the tasks that did not fit into the result, and how many of these are completed. */
  hidden: string[];
  hiddenReady: number;
  pollAfterSeconds: number | undefined;
}

/** What came of a call to one of the tools. */
export type Answer =
  | Tasks
  /** The lookup failed. */
  | { kind: 'error'; fault: Fault }
  /** The call goes on as a task of the protocol, which belongs to the host. */
  | { kind: 'handle' }
  /** The host did not make the call, or told nothing of its result. */
  | { kind: 'refused' }
  | { kind: 'unreadable' };

/** The distinct ids of which it tells anything: first those of its tasks. */
export const idsOfAll = ({ tasks, notFound, faults }: Tasks): string[] => [
  ...new Set([...tasks.map(({ id }) => id), ...notFound, ...faults.flatMap(({ ids }) => ids)]),
];

export const countOf = (tasks: Task[], status: Task['status']) => tasks.filter((task) => task.status === status).length;

const readFault = ({ task_ids, code, message }: JsonObject): LookupFault => ({
  ids: idsOf(task_ids),
  code: textOf(code) ?? '',
  message: textOf(message) ?? '',
});

/** Reads the `result` of either tool: where there is no list of tasks, it is one. */
function readResult(result: JsonObject, isNew: boolean): Tasks | undefined {
  const isBatch = Array.isArray(result.tasks);
  const tasks = (isBatch ? listOf(result.tasks) : [result]).flatMap((each) => readTask(objectOf(each), isNew) ?? []);
  if (!isBatch && tasks.length === 0) return undefined;
  return {
    kind: 'tasks',
    isBatch,
    tasks,
    notFound: idsOf(result.not_found),
    faults: listOf(result.lookup_errors).map(objectOf).map(readFault),
    hidden: idsOf(result.not_shown),
    hiddenReady: Math.max(0, (numberOf(objectOf(result.counts).completed) ?? 0) - countOf(tasks, 'completed')),
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
  const parsed = jsonOf(text ?? '');
  for (const source of [structuredContent, parsed]) {
    const answer = readResult(objectOf(objectOf(source).result), isNew);
    if (answer) return answer;
  }
  if (text === undefined || (isError !== true && isObject(parsed))) return { kind: 'unreadable' };
  const [, code = '', message = text] = /^\[([a-z0-9_]+)\]\s+(.+)$/s.exec(text) ?? [];
  return { kind: 'error', fault: { code, message } };
}
