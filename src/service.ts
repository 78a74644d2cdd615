import type { Config } from './config/config.js';
import { KlingClient } from './kling/api/client.js';
import { KlingError } from './kling/api/error.js';
import { Looker } from './kling/looker.js';
import type { Client } from './kling/lookup.js';
import type { Log } from './log.js';
import { getTaskTool } from './tools/get-task.js';
import { getTasksBatchTool } from './tools/get-tasks-batch.js';
import type { Tool } from './tools/tool.js';

/** Creates the tools, in the order in which they are listed. Loaded for the first call, or shortly after `tools/list`. */
export function createService({ connection, faults, maxWaitSeconds }: Config, userAgent: string, log: Log): Tool[] {
  const onForeignRecords = (count: number) => log.debug(`${count} records that nobody asked for were ignored`);
  const client = connection ? new KlingClient(connection, userAgent, log.debug) : unusableClient(faults);
  // Otherwise the first request would have to wait until it is loaded.
  if (connection) import('./kling/api/undici.js').catch(() => {});
  const looker = new Looker(client, { onBug: log.bug, onForeignRecords });
  const onRefusal = (reason: string) => log.warn(`refused arguments of ${reason}`);
  const options = { looker, maxWaitSeconds, onBug: log.bug, onRefusal };
  return [getTaskTool(options), getTasksBatchTool(options)];
}

/** Stands in for the client if the configuration is unusable: every lookup says what is wrong. */
function unusableClient(faults: string[]): Client {
  const error = new KlingError('configuration', faults.join(' '), { hint: '' });
  return {
    redact: (text) => text,
    requestTimeoutMs: 1000,
    quietMs: 0,
    retryAfterMs: 0,
    lookup: () => Promise.reject(error),
  };
}
