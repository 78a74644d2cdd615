import { Console } from 'node:console';
import type { Writable } from 'node:stream';
import { cleanText, redactor } from './kling/text/clean.js';

/** From the quietest to the most talkative. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Many clients never read stderr, and a pipe has a limited capacity: beyond this much unread text, messages are dropped. */
const MAX_UNREAD_BYTES = 1024 * 1024;

/** Writes messages to stderr, one per line; continuation lines of a message are indented. The token is redacted. */
export class Log {
  #level: LogLevel = 'warn';
  #redact = redactor(undefined);
  #dead = false;

  constructor(readonly stream: Writable = process.stderr) {
    // Once stderr is closed, each message would raise another error, which would end the process or be logged in turn.
    stream.on('error', () => {
      this.#dead = true;
    });
  }

  /** @param secret the token, which is redacted from now on at every level */
  configure(level: LogLevel, secret: string | undefined): void {
    this.#level = level;
    this.#redact = redactor(secret);
  }

  error(message: string): void {
    this.#write('error', message);
  }

  /** Logs an error that is a bug, with its stack. */
  bug(error: unknown): void {
    this.error(error instanceof Error ? (error.stack ?? error.message) : `thrown: ${String(error)}`);
  }

  warn(message: string): void {
    this.#write('warn', message);
  }

  info(message: string): void {
    this.#write('info', message);
  }

  debug(message: string): void {
    this.#write('debug', message);
  }

  /** Sends to stderr whatever a dependency prints on the console: stdout belongs to the protocol. */
  takeConsole(): void {
    globalThis.console = new Console({ stdout: process.stderr, stderr: process.stderr, ignoreErrors: true });
  }

  #write(level: LogLevel, message: string): void {
    if (this.#dead || LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(this.#level)) return;
    if (this.stream.writableLength > MAX_UNREAD_BYTES) return;
    const text = cleanText(this.#redact(message)).replaceAll('\n', '\n  ');
    this.stream.write(`kling-tasks-mcp ${level}: ${text}\n`);
  }
}
