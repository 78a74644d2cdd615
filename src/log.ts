import { Console } from 'node:console';
import type { Writable } from 'node:stream';
import { cleanText, redactor } from './kling/text/clean.js';

/** From the least to the most talkative. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What may wait for a client that does not read stderr; most never do, and a pipe holds only so much. */
const MAX_UNREAD_BYTES = 1024 * 1024;

/**
 * Writes to stderr, the token replaced, further lines of a message indented. While nobody reads stderr, or once it is
 * gone, it is silent.
 */
export class Log {
  #level: LogLevel = 'warn';
  #redact = redactor(undefined);
  #dead = false;

  constructor(readonly stream: Writable = process.stderr) {
    // Logging to a stderr that nobody reads any more would end the process, or go round in circles.
    stream.on('error', () => {
      this.#dead = true;
    });
  }

  configure(level: LogLevel, secret: string | undefined): void {
    this.#level = level;
    this.#redact = redactor(secret);
  }

  error(message: string): void {
    this.#write('error', message);
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

  /** stdout belongs to the protocol: whatever a dependency prints on the console goes to stderr. */
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
