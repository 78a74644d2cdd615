import type { Connection } from './kling/api/client.js';
import { KlingClient } from './kling/api/client.js';
import { KlingError } from './kling/api/error.js';
import { createLookup, type Lookup } from './kling/lookup.js';
import type { Log } from './log.js';
import { getTaskTool } from './tools/get-task.js';
import { getTasksBatchTool } from './tools/get-tasks-batch.js';
import type { Tool } from './tools/tool.js';

/** What the tools run with. Without a connection each call says what is wrong with the configuration. */
export interface ServiceOptions {
  connection: Connection | undefined;
  faults: string[];
  maxWaitSeconds: number;
  log: Log;
}

/** The tools and all that stands below them; loaded when the first is called, or behind the first `tools/list`. */
export function createTools({ connection, faults, maxWaitSeconds, log }: ServiceOptions): Tool[] {
  // It would otherwise be loaded by the first request.
  import('./kling/api/undici.js').catch(() => {});
  const lookup = connection ? createLookup(clientOf(connection, log)) : unconfiguredLookup(faults);
  return [getTaskTool(lookup, maxWaitSeconds), getTasksBatchTool(lookup, maxWaitSeconds)];
}

function clientOf(connection: Connection, log: Log): KlingClient {
  return new KlingClient({
    ...connection,
    onAttempt: ({ action, outcome, durationMs }) =>
      log.debug(`${action}: ${outcome} after ${Math.round(durationMs)} ms`),
  });
}

/** A lookup that tells what is wrong with the configuration. */
function unconfiguredLookup(faults: string[]): Lookup {
  const fail = async () => {
    throw new KlingError('configuration', faults.join(' '));
  };
  return { task: fail, tasks: fail };
}
