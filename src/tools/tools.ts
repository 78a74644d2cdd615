import { getTaskTool } from './get-task.js';
import { getTasksBatchTool } from './get-tasks-batch.js';
import type { Tool, ToolOptions } from './tool.js';

/** The tools of this server, in the order in which they are listed. */
export function createTools(options: ToolOptions): Tool[] {
  return [getTaskTool(options), getTasksBatchTool(options)];
}
