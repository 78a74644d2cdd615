import type { Log } from './log.js';
import type { Connection } from './mcp/connection.js';

/** After stdin was closed there are 2 s in all: 1.5 s for a request in flight, then for the answers to get out; the rest is slack. */
const CLOSING_LIMIT_MS = 1800;
/** The time that a signal leaves for an answer that is half written. */
const SIGNAL_LIMIT_MS = 500;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Ends the process in order, however the end comes: stdin closed, a signal, stdout gone, or an exception that nobody caught.
 * @param closing aborted when stdin was closed: waiting calls then answer with what they know
 */
export function shutDownOrderly(connection: Connection, closing: AbortController, log: Log): void {
  const { pipe } = connection;

  /** Ends once everything written has left the process, or the time is over: \`exit\` alone would cut a large answer. */
  function exitAfterFlush(limitMs: number): void {
    setTimeout(() => process.exit(0), limitMs);
    // In the next turn, so that answers which the end itself sets free get out too.
    setImmediate(() => {
      pipe.flush();
      pipe.stdout.write('', () => process.exit(0));
    });
  }

  connection.onEnd = () => {
    log.debug('stdin closed');
    closing.abort();
    const startMs = performance.now();
    setTimeout(() => process.exit(0), CLOSING_LIMIT_MS);
    const exitWhenIdle = () => {
      if (connection.inFlight > 0) return;
      connection.onSettled = () => {};
      exitAfterFlush(CLOSING_LIMIT_MS - (performance.now() - startMs));
    };
    connection.onSettled = exitWhenIdle;
    exitWhenIdle();
  };

  for (const signal of SIGNALS) {
    process.once(signal, () => {
      log.debug(`received ${signal}`);
      pipe.stop();
      exitAfterFlush(SIGNAL_LIMIT_MS);
    });
  }

  // The client closed its end (EPIPE): nobody is left to answer.
  pipe.stdout.on('error', () => process.exit(0));

  const crash = (error: unknown) => {
    log.error(error instanceof Error ? (error.stack ?? error.message) : 'an unknown error was thrown');
    pipe.flush();
    process.exit(1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
}
