import type { Config } from './config/config.js';
import { KlingClient } from './kling/api/client.js';
import { KlingError } from './kling/api/error.js';
import { Looker } from './kling/looker.js';
import type { Client } from './kling/lookup.js';
import type { Log } from './log.js';
import { getTaskTool } from './tools/get-task.js';
import { getTasksBatchTool } from './tools/get-tasks-batch.js';
import type { Tool } from './tools/tool.js';

export interface ServiceOptions extends Pick<Config, 'connection' | 'faults' | 'maxWaitSeconds'> {
  userAgent: string;
  log: Log;
}

/** Creates the tools, in the order in which they are listed, and everything below them. Loaded for the first call, or shortly after the first `tools/list`. */
export function createService({ connection, faults, maxWaitSeconds, userAgent, log }: ServiceOptions): Tool[] {
  const onBug = (error: unknown) => log.bug(error);
  const onForeignRecords = (count: number) => log.debug(`${count} records that nobody asked for were ignored`);
  const client = connection
    ? new KlingClient(connection, userAgent, (line) => log.debug(line))
    : unusableClient(faults);
  // Otherwise the first request would have to wait until it is loaded.
  if (connection) import('./kling/api/undici.js').catch(() => {});
  const looker = new Looker(client, { onBug, onForeignRecords });
  const onRefusal = (reason: string) => log.warn(`refused arguments of ${reason}`);
  const options = { looker, maxWaitSeconds, onBug, onRefusal };
  return [getTaskTool(options), getTasksBatchTool(options)];
}

/** Stands in for the client if the configuration is unusable: every lookup says what is wrong. */
function unusableClient(faults: string[]): Client {
  const error = new KlingError('configuration', faults.join(' '), { hint: '' });
  return { requestTimeoutMs: 1000, quietMs: 0, retryAfterMs: 0, lookup: () => Promise.reject(error) };
}
