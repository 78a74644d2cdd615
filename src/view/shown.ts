import type { JsonObject } from './json.js';
import type { Answer, LookupError, Task } from './task.js';

/** What the page is about at the moment. */
export type Shown = Answer | { kind: 'nothing' } | { kind: 'cancelled'; message: string | undefined };

export type ShownTasks = Extract<Shown, { kind: 'tasks' }>;

/**
 * What to show after an answer. An answer about some tasks of a batch leaves the others and the order unchanged, and one
 * that comes late does not undo an outcome. An answer to a wait lacks the request, which is kept. A failed lookup and a
 * task handle say nothing about the tasks.
 */
export function merge(shown: Shown, answer: Answer): Shown {
  if (answer.kind === 'error') return shown;
  if (shown.kind !== 'tasks') return answer;
  if (answer.kind !== 'tasks') return shown;
  const tasks = shown.tasks.flatMap((old) => {
    const isPending = old.status === 'pending';
    if (isPending && answer.notFound.includes(old.id)) return [];
    const news = answer.tasks.find(({ id, status }) => id === old.id && (isPending || status !== 'pending'));
    if (!news) return old;
    const { request = old.request, type = old.type, asOfMs = old.asOfMs } = news;
    return { ...news, request, type, asOfMs };
  });
  const unseen = idsOfAll(shown).slice(shown.tasks.length);
  tasks.push(...answer.tasks.filter(({ id }) => unseen.includes(id)));
  const told = idsOfAll(answer);
  const isUntold = (id: string) => !told.includes(id);
  const isTask = (id: string) => tasks.some((task) => task.id === id);
  return {
    ...shown,
    tasks,
    notFound: [...shown.notFound.filter(isUntold), ...answer.notFound.filter((id) => !isTask(id))],
    lookupErrors: [
      ...shown.lookupErrors.map((old) => ({ ...old, ids: old.ids.filter(isUntold) })),
      ...answer.lookupErrors,
    ].filter(({ ids }) => ids.length > 0),
  };
}

/** The distinct ids that an answer tells anything of: first those of its tasks. */
export const idsOfAll = ({ tasks, notFound, lookupErrors }: ShownTasks): string[] => [
  ...new Set([...tasks.map(({ id }) => id), ...notFound, ...lookupErrors.flatMap(({ ids }) => ids)]),
];

/** Whether an answer brings nothing but news of what is shown. */
export function isAbout(shown: ShownTasks, answer: ShownTasks): boolean {
  const ids = idsOfAll(shown);
  return shown.isBatch === answer.isBatch && idsOfAll(answer).every((id) => ids.includes(id));
}

export const tasksOf = (shown: Shown): Task[] => (shown.kind === 'tasks' ? shown.tasks : []);

const countOf = (tasks: Task[], status: string) => tasks.filter((task) => task.status === status).length;

export const pendingOf = (shown: Shown): Task[] => tasksOf(shown).filter(({ status }) => status === 'pending');

/** Why a task of a batch cannot be looked up any more, if repeating the lookup is useless. */
export const finalFaultOf = (shown: Shown, { id }: Task): LookupError | undefined =>
  shown.kind === 'tasks' ? shown.lookupErrors.find(({ ids, passes }) => !passes && ids.includes(id)) : undefined;

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
  if (args.task_ids != null) return ['kling_get_tasks_batch', args];
  return args.task_id == null ? undefined : ['kling_get_task', args];
}

/** As the server counts: the counts add up to the distinct ids. */
export function countsOf(shown: ShownTasks) {
  const { tasks, notFound } = shown;
  return {
    pending: countOf(tasks, 'pending'),
    completed: countOf(tasks, 'completed'),
    failed: countOf(tasks, 'failed'),
    not_found: notFound.length,
    lookup_failed: idsOfAll(shown).length - tasks.length - notFound.length,
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
      ...(shown.lookupErrors.length > 0 && {
        lookup_errors: shown.lookupErrors.map(({ ids, raw }) => ({ ...raw, task_ids: ids })),
      }),
    },
  });
}
