import { DOCUMENTED_ID, DOCUMENTED_VIDEO } from '../../test/support/records.js';

export const TOOLS = ['kling_get_task', 'kling_get_tasks_batch'] as const;

/** Whether a client's name for a tool means the server's: some put the server's name in front, `mcp__kling-tasks__…`. */
export function isTool(name: string, tool: string): boolean {
  return new RegExp(`(^|[^a-z0-9])_*${tool}$`).test(name);
}

/** What a client is asked to do, and what has to be in the text that comes of it. */
export interface Step {
  step: string;
  tool: (typeof TOOLS)[number];
  input: object;
  expected: string[];
}

/** One call of each kind; the task with the given id is still pending at its first lookup. */
export function stepsFor(renderingId: string): Step[] {
  const [single, batch] = TOOLS;
  const completed = ['"status":"completed"', `${renderingId}.mp4`];
  const both = [DOCUMENTED_VIDEO, '"not_found":["unknown-1"]'];
  return [
    { step: 'single', tool: single, input: { task_id: DOCUMENTED_ID }, expected: [DOCUMENTED_VIDEO] },
    { step: 'wait', tool: single, input: { task_id: renderingId, wait_seconds: 30 }, expected: completed },
    { step: 'batch', tool: batch, input: { task_ids: [DOCUMENTED_ID, 'unknown-1'] }, expected: both },
    { step: 'error', tool: single, input: { task_id: 'unknown-1' }, expected: ['[task_not_found]'] },
  ];
}
