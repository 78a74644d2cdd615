import { GIVE_UP_AFTER_S } from '../limits.js';
import { type Answer, idsOfAll, type Tasks } from './answer.js';
import { idsIn, type JsonObject } from './json.js';
import { isPending, type Task } from './task.js';

/** What the page is about at the moment. */
export type Shown = Exclude<Answer, { kind: 'handle' | 'refused' }> | { kind: 'nothing' };

/** A call to one of the tools. */
export interface Question {
  name: 'kling_get_task' | 'kling_get_tasks_batch';
  arguments: JsonObject;
}

/**
 * What to show after news. Of tasks that are shown, only those that are pending change, so that what plays goes on and an
 * answer that comes late undoes no outcome. An answer to a wait lacks the request, which is kept. A failed lookup says
 * nothing about the tasks.
 * @param renews whether finished tasks take over the addresses of their files
 */
export function merge(shown: Shown, news: Shown, renews = false): Shown {
  if (shown.kind !== 'tasks') return news;
  if (news.kind !== 'tasks') return shown;
  if (!isAbout(shown, news)) return news;
  const tasks = shown.tasks.flatMap((old) => {
    const task = news.tasks.find(({ id }) => id === old.id);
    if (!isPending(old) && !(renews && task?.status === old.status)) return old;
    if (!task) return news.notFound.includes(old.id) ? [] : old;
    const { request = old.request, type = old.type } = task;
    return { ...task, request, type, startMs: old.startMs ?? task.startMs };
  });
  const known = shown.tasks.map(({ id }) => id);
  tasks.push(...news.tasks.filter(({ id }) => !known.includes(id)));
  const told = idsOfAll(news);
  const isUntold = (id: string) => !told.includes(id);
  const hidden = shown.hidden.filter(isUntold);
  return {
    ...shown,
    tasks,
    notFound: [
      ...shown.notFound.filter(isUntold),
      ...news.notFound.filter((id) => !tasks.some((task) => task.id === id)),
    ],
    faults: [...shown.faults.map((old) => ({ ...old, ids: old.ids.filter(isUntold) })), ...news.faults].filter(
      ({ ids }) => ids.length > 0,
    ),
    hidden,
    hiddenReady: (hidden.length === shown.hidden.length ? shown : news).hiddenReady,
  };
}

/** Whether news tell of nothing but what is shown. */
export function isAbout(shown: Tasks, news: Tasks): boolean {
  const ids = [...idsOfAll(shown), ...shown.hidden];
  return shown.isBatch === news.isBatch && idsOfAll(news).every((id) => ids.includes(id));
}

/** Whether a single task is all that there is to tell, also of a batch. */
export const isAlone = ({ tasks, notFound, faults, hidden }: Tasks) =>
  tasks.length === 1 && notFound.length + faults.length + hidden.length === 0;

export const tasksOf = (shown: Shown): Task[] => (shown.kind === 'tasks' ? shown.tasks : []);

export const pendingOf = (shown: Shown): Task[] => tasksOf(shown).filter(isPending);

/** Whether a pending task was so old when it was last looked up that it is unlikely to end. */
export const isOverdue = ({ elapsedSeconds = 0 }: Task) => elapsedSeconds >= GIVE_UP_AFTER_S;

/**
 * The call that looks these ids up; if nothing is known of any task yet, the host's own call.
 * @returns undefined if it is not known what to ask for
 */
export function questionAbout(shown: Shown, ids: string[], input: JsonObject, waitSeconds = 0): Question | undefined {
  const given =
    shown.kind === 'tasks' ? { [shown.isBatch ? 'task_ids' : 'task_id']: shown.isBatch ? ids : ids[0] } : input;
  if (idsIn(given).length === 0) return undefined;
  return {
    name: given.task_ids == null ? 'kling_get_task' : 'kling_get_tasks_batch',
    arguments: { ...given, wait_seconds: waitSeconds },
  };
}

/** Hosts need not take more. */
const MAX_TEXT = 36_000;

/**
 * The compact JSON in which the tool would tell of some of the tasks.
 * @param news those of which the model does not know yet; what does not fit is named in `not_shown`
 */
export function textForModel(shown: Tasks, news: Task[]): string {
  if (!shown.isBatch) return JSON.stringify({ result: news[0]?.raw });
  for (let length = news.length; ; length--) {
    const not_shown = news.slice(length).map(({ id }) => id);
    const tasks = news.slice(0, length).map(({ raw }) => raw);
    const result = { tasks, ...(not_shown.length > 0 && { not_shown }) };
    const text = JSON.stringify({ result });
    if (text.length < MAX_TEXT || length === 0) return text;
  }
}
