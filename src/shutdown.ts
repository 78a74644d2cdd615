import type { Log } from './log.js';
import type { StdioTransport } from './mcp/stdio.js';

/** A stdin that was closed gives 2 s in all: 1.5 s for a request in flight, then the answers get out; the rest is slack. */
const CLOSING_LIMIT_MS = 1800;
/** What a signal leaves for an answer that is half written. */
const SIGNAL_LIMIT_MS = 500;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * One orderly end, however it comes: stdin closed, a signal, stdout gone, or an exception that nobody caught.
 * @param closing aborted when stdin was closed: waiting calls then answer with what they know
 */
export function endOrderly(transport: StdioTransport, closing: AbortController, log: Log): void {
  const { stdout } = transport;

  /** Ends once everything written has left the process, or the time is over: `exit` alone would cut a large answer. */
  function exitAfterFlush(limitMs: number): void {
    setTimeout(() => process.exit(0), limitMs);
    stdout.write('', () => process.exit(0));
  }

  transport.onend = () => {
    log.debug('stdin closed');
    closing.abort();
    const startMs = performance.now();
    setTimeout(() => process.exit(0), CLOSING_LIMIT_MS);
    const exitWhenIdle = () => {
      if (transport.inFlight === 0) exitAfterFlush(CLOSING_LIMIT_MS - (performance.now() - startMs));
    };
    transport.onreply = exitWhenIdle;
    exitWhenIdle();
  };

  for (const signal of SIGNALS) {
    process.once(signal, () => {
      log.debug(`received ${signal}`);
      transport.close().catch(() => {});
      exitAfterFlush(SIGNAL_LIMIT_MS);
    });
  }

  // The client closed its end (EPIPE): nobody is left to answer.
  stdout.on('error', () => process.exit(0));

  const crash = (error: unknown) => {
    log.error(error instanceof Error ? (error.stack ?? error.message) : 'an unknown error was thrown');
    process.exit(1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
}
