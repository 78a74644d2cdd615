import type { JsonObject } from './json.js';
import type { Answer, Task } from './task.js';

/** What the page is about at the moment. */
export type Shown = Answer | { kind: 'nothing' } | { kind: 'cancelled'; message: string | undefined };

export type ShownTasks = Extract<Shown, { kind: 'tasks' }>;

/**
 * What to show after an answer. An answer about some tasks of a batch leaves the others and the order unchanged. An answer
 * to a wait lacks the request, which is kept. A task handle says nothing about the tasks.
 */
export function merge(shown: Shown, answer: Answer): Shown {
  if (shown.kind !== 'tasks') return answer;
  if (answer.kind !== 'tasks') return shown;
  const { notFound, lookupErrors } = answer;
  const told = [...answer.tasks.map(({ id }) => id), ...notFound, ...lookupErrors.flatMap(({ ids }) => ids)];
  const tasks = shown.tasks.flatMap((old) => {
    if (notFound.includes(old.id)) return [];
    const news = answer.tasks.find(({ id }) => id === old.id);
    return news ? { ...news, request: news.request ?? old.request, type: news.type ?? old.type } : old;
  });
  const stillWrong = shown.lookupErrors.filter(({ ids }) => !ids.some((id) => told.includes(id)));
  return {
    ...shown,
    tasks,
    notFound: [...shown.notFound, ...notFound.filter((id) => !shown.notFound.includes(id))],
    lookupErrors: [...stillWrong, ...lookupErrors],
  };
}

/** Whether an answer brings nothing but news of what is shown. */
export const isAbout = (shown: Shown, answer: Shown): answer is Answer =>
  answer.kind === 'handle' ||
  (answer.kind === 'tasks' && answer.tasks.every(({ id }) => tasksOf(shown).some((old) => old.id === id)));

export const tasksOf = (shown: Shown): Task[] => (shown.kind === 'tasks' ? shown.tasks : []);

const countOf = (tasks: Task[], status: string) => tasks.filter((task) => task.status === status).length;

export const pendingOf = (shown: Shown): Task[] => tasksOf(shown).filter(({ status }) => status === 'pending');

/** Whether what is shown may still change. */
export const isOpen = (shown: Shown): boolean => shown.kind === 'handle' || pendingOf(shown).length > 0;

/**
 * The call that looks up these tasks again; if nothing is known of any task yet, the host's own call once more.
 * @returns tool and arguments; undefined if it is not known what to ask for
 */
export function questionAbout(shown: Shown, tasks: Task[], input: JsonObject): [string, JsonObject] | undefined {
  const ids = tasks.map(({ id }) => id);
  let args = input;
  if (shown.kind === 'tasks') args = shown.isBatch ? { task_ids: ids } : { task_id: ids[0] };
  if (args.task_ids !== undefined) return ['kling_get_tasks_batch', args];
  return args.task_id === undefined ? undefined : ['kling_get_task', args];
}

/** As the server counts: the counts add up to the distinct ids. */
export function countsOf({ tasks, notFound, lookupErrors }: ShownTasks) {
  const known = [...tasks.map(({ id }) => id), ...notFound];
  const unknown = lookupErrors.flatMap(({ ids }) => ids).filter((id) => !known.includes(id));
  return {
    pending: countOf(tasks, 'pending'),
    completed: countOf(tasks, 'completed'),
    failed: countOf(tasks, 'failed'),
    not_found: notFound.length,
    lookup_failed: unknown.length,
  };
}

/** The compact JSON that the tool would answer with now. */
export function textForModel(shown: ShownTasks): string {
  const [first] = shown.tasks;
  if (!shown.isBatch) return JSON.stringify({ result: first?.raw });
  return JSON.stringify({
    result: {
      counts: countsOf(shown),
      tasks: shown.tasks.map(({ raw }) => raw),
      not_found: shown.notFound,
      ...(shown.lookupErrors.length > 0 && { lookup_errors: shown.lookupErrors.map(({ raw }) => raw) }),
    },
  });
}
