import type { Config } from './config/config.js';
import { KlingClient } from './kling/api/client.js';
import { KlingError } from './kling/api/error.js';
import { Looker } from './kling/looker.js';
import type { Client } from './kling/lookup.js';
import type { Log } from './log.js';
import type { Tool } from './tools/tool.js';
import { createTools } from './tools/tools.js';

/** Creates the tools and everything below them. Loaded for the first call, or shortly after the first `tools/list`. */
export function createService({ connection, faults, maxWaitSeconds }: Config, userAgent: string, log: Log): Tool[] {
  const onForeignRecords = (count: number) => log.debug(`${count} records that nobody asked for were ignored`);
  const client = connection ? new KlingClient(connection, userAgent, log.debug) : unusableClient(faults);
  // Otherwise the first request would have to wait until it is loaded.
  if (connection) import('./kling/api/undici.js').catch(() => {});
  return createTools({
    looker: new Looker(client, { onBug: log.bug, onForeignRecords }),
    maxWaitSeconds,
    onBug: log.bug,
    onRefusal: (reason) => log.warn(`refused arguments of ${reason}`),
  });
}

/** Stands in for the client if the configuration is unusable: every lookup says what is wrong. */
function unusableClient(faults: string[]): Client {
  const error = new KlingError('configuration', faults.join(' '), { hint: '' });
  return { requestTimeoutMs: 1000, quietMs: 0, retryAfterMs: 0, lookup: () => Promise.reject(error) };
}
