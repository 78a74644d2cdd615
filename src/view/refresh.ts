import { can } from './host.js';
import { input, shown } from './session.js';
import { questionAbout } from './shown.js';
import type { Answer, Task } from './task.js';
import { callTool } from './tool-calls.js';

/** Files of one card fail together: what fails within this time is asked for in one call, in milliseconds. */
const COLLECT_MS = 100;

const collected = new Map<string, Task>();
let answer: Promise<Answer | undefined> | undefined;

/** Looks a finished task up again, to get addresses that have not expired; undefined where that is not possible. */
export async function refresh(task: Task): Promise<Task | undefined> {
  collected.set(task.id, task);
  answer ??= askSoon();
  const news = await answer.catch(() => undefined);
  return news?.kind === 'tasks' ? news.tasks.find(({ id }) => id === task.id) : undefined;
}

async function askSoon(): Promise<Answer | undefined> {
  await new Promise((resolve) => setTimeout(resolve, COLLECT_MS));
  const question = questionAbout(shown, [...collected.values()], input);
  collected.clear();
  answer = undefined;
  return question && can('serverTools') ? callTool(question[0], { ...question[1], wait_seconds: 0 }) : undefined;
}
