import type { Writable } from 'node:stream';
import { cleanText, redactor } from './text/clean.js';

/** From the quietest to the most talkative. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Writes messages to stderr, one per line; continuation lines of a message are indented. The token is redacted. */
export class Log {
  readonly #redact: (text: string) => string;
  #dead = false;

  /** @param secret the token, which is redacted at every level */
  constructor(
    readonly level: LogLevel = 'warn',
    secret?: string,
    readonly stream: Writable = process.stderr,
  ) {
    this.#redact = redactor(secret);
    // Once stderr is closed, each message would raise another error, which would end the process or be logged in turn.
    stream.on('error', () => {
      this.#dead = true;
    });
  }

  readonly error = (message: string) => this.#write('error', message);
  readonly warn = (message: string) => this.#write('warn', message);
  readonly info = (message: string) => this.#write('info', message);
  readonly debug = (message: string) => this.#write('debug', message);

  /** Logs an error that is a bug, with its stack. */
  readonly bug = (error: unknown) =>
    this.error(error instanceof Error ? (error.stack ?? error.message) : `thrown: ${String(error)}`);

  #write(level: LogLevel, message: string): void {
    if (this.#dead || LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(this.level)) return;
    const text = this.#redact(cleanText(message)).replaceAll('\n', '\n  ');
    this.stream.write(`kling-tasks-mcp ${level}: ${text}\n`);
  }
}
