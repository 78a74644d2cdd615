import type { Log } from './log.js';
import type { ClientConnection } from './mcp/connection.js';

/** When stdin closes, the process ends within 2 s: 1.5 s for a request in flight, then time to flush the answers, then slack. */
const CLOSING_LIMIT_MS = 1800;
/** How long a signal waits for an answer that is partly written. */
const SIGNAL_LIMIT_MS = 500;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Shuts the process down in an orderly way, whatever the cause: stdin closed, a signal, stdout gone, or an uncaught exception.
 * @param closing aborted when stdin closes, so that waiting calls answer with what they know
 */
export function shutDownOrderly(connection: ClientConnection, closing: AbortController, log: Log): void {
  const { pipe } = connection;

  /** Exits once everything written has left the process, or at the time limit: `exit` alone would truncate a large answer. */
  function exitAfterFlush(limitMs: number): void {
    setTimeout(() => process.exit(0), limitMs);
    // One turn later, so that the answers that the abort has triggered are written too.
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

  // The client closed its end (EPIPE), so there is nobody left to answer.
  pipe.stdout.on('error', () => process.exit(0));

  const crash = (error: unknown) => {
    log.bug(error);
    pipe.flush();
    process.exit(1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
}
