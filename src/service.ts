import { type Connection, KlingClient } from './kling/api/client.js';
import { KlingError } from './kling/api/error.js';
import { Looker } from './kling/looker.js';
import type { Log } from './log.js';
import type { Tool } from './tools/tool.js';
import { createTools } from './tools/tools.js';

/** What the tools run with. Without a connection each call says what is wrong with the configuration. */
export interface ServiceOptions {
  connection: Connection | undefined;
  /** Sentences that say what is wrong with the configuration. */
  faults: string[];
  /** The largest wait_seconds that is offered to the model. */
  maxWaitSeconds: number;
  userAgent: string;
  log: Log;
}

/** Creates the tools and everything below them. Loaded for the first call, or shortly after the first `tools/list`. */
export function createService({ connection, faults, maxWaitSeconds, userAgent, log }: ServiceOptions): Tool[] {
  const common = {
    maxWaitSeconds,
    onBug: (error: unknown) => log.bug(error),
    onRefusal: (reason: string) => log.warn(`refused arguments of ${reason}`),
  };
  if (!connection) {
    return createTools({ ...common, backend: new KlingError('configuration', faults.join(' '), { hint: '' }) });
  }
  // Otherwise the first request would have to wait until it is loaded.
  import('./kling/api/undici.js').catch(() => {});
  const client = new KlingClient(connection, userAgent, (line) => log.debug(line));
  const onForeignRecords = (count: number) => log.debug(`${count} records that nobody asked for were ignored`);
  return createTools({ ...common, backend: new Looker(client, { onBug: common.onBug, onForeignRecords }) });
}
