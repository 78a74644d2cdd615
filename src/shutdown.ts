import type { Log } from './log.js';
import type { ClientConnection } from './mcp/connection.js';

/** When stdin closes, the process ends within 2 s: 1.5 s for a request in flight, then time to flush the answers, then slack. */
const CLOSING_LIMIT_MS = 1800;
/** How long a signal waits for an answer that is partly written. */
const SIGNAL_LIMIT_MS = 500;

/**
 * Ends the process in an orderly way, whether stdin closes, a signal comes, stdout is gone or an exception is not caught.
 * @param closing aborted when stdin closes, so that waiting calls answer with what they know
 */
export function shutDownOrderly(connection: ClientConnection, closing: AbortController, log: Log): void {
  const { pipe } = connection;
  const exit = () => process.exit(0);

  /** Exits once everything written has left the process: `exit` alone would truncate a large answer. */
  const exitAfterFlush = () =>
    // One turn later, so that the answers that an abort has triggered are written too.
    setImmediate(() => {
      pipe.flush();
      pipe.stdout.write('', exit);
    });

  connection.onEnd = () => {
    log.debug('stdin closed');
    closing.abort();
    setTimeout(exit, CLOSING_LIMIT_MS);
    connection.onSettled = () => {
      if (connection.inFlight === 0) exitAfterFlush();
    };
    connection.onSettled();
  };

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      log.debug(`received ${signal}`);
      pipe.stop();
      setTimeout(exit, SIGNAL_LIMIT_MS);
      exitAfterFlush();
    });
  }

  // The client closed its end (EPIPE), so there is nobody left to answer.
  pipe.stdout.on('error', exit);

  // A rejection that nobody handles is one, too.
  process.on('uncaughtException', (error) => {
    log.bug(error);
    pipe.flush();
    process.exit(1);
  });
}
