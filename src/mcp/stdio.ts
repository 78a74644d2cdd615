import type { Readable, Writable } from 'node:stream';
import { LineSplitter } from './lines.js';

export const MAX_LINE_BYTES = 10 * 1024 * 1024;
/** While the client leaves this much unread, no further message is handled: its answer may be many times its size. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
/** Meanwhile a little input is still read and kept, so that the end of stdin is noticed. */
const MAX_HELD_BYTES = 256 * 1024;
const UNREAD_PEEK_INTERVAL_MS = 50;
/** While too many requests are in flight, input is still read bit by bit, because it may contain a cancellation. */
const BUSY_PEEK_INTERVAL_MS = 1000;
/** Lines are collected for one write in each turn of the event loop (15 to 24 % more calls a second), up to this size. */
const MAX_COLLECTED = 64 * 1024;

/** Who handles what comes in on stdin. */
export interface PipeHandler {
  onLine(line: string): void;
  onLineTooLong(): void;
  /** Called once, when stdin has ended and its last line was handled. */
  onEnd(): void;
  /** Whether so much is in flight that the next messages should wait in the pipe. */
  isBusy(): boolean;
}

/** The pipe between client and server: lines in, lines out, with back-pressure in both directions. */
export class StdioPipe {
  readonly #splitter: LineSplitter;
  #held: Buffer[] = [];
  #peek: NodeJS.Timeout | undefined;
  #ended = false;
  #collected = '';
  #turn: NodeJS.Immediate | undefined;

  constructor(
    readonly stdin: Readable,
    readonly stdout: Writable,
    readonly handler: PipeHandler,
  ) {
    this.#splitter = new LineSplitter(
      MAX_LINE_BYTES,
      (line) => handler.onLine(line),
      () => handler.onLineTooLong(),
    );
  }

  start(): void {
    this.stdin.on('data', (chunk: Buffer) => {
      this.#held.push(chunk);
      if (!this.#isUnread()) this.#takeHeld();
      if (this.#isFull()) this.#hold();
    });
    for (const event of ['end', 'close', 'error']) this.stdin.on(event, () => this.#end());
    this.stdout.on('drain', () => this.readOn());
  }

  /** Stops reading. */
  stop(): void {
    this.#ended = true;
    clearTimeout(this.#peek);
    this.stdin.pause();
  }

  /** Writes a message as one line, at the end of this turn of the event loop. */
  write(message: object): void {
    this.#collected += `${JSON.stringify(message)}\n`;
    if (this.#collected.length > MAX_COLLECTED) this.flush();
    else this.#turn ??= setImmediate(() => this.flush());
  }

  /** Writes the collected lines immediately, which is needed before the process exits. */
  flush(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    if (this.#collected === '') return;
    this.stdout.write(this.#collected);
    this.#collected = '';
  }

  /** Resumes reading if it was paused and the reason is gone. */
  readOn(): void {
    if (this.#ended || !this.stdin.isPaused() || this.#isFull()) return;
    clearTimeout(this.#peek);
    this.#takeHeld();
    if (this.#isFull()) this.#hold();
    else this.stdin.resume();
  }

  #isUnread(): boolean {
    return this.stdout.writableLength + this.#collected.length > MAX_UNREAD_BYTES;
  }

  #isFull(): boolean {
    return this.#isUnread() || this.handler.isBusy();
  }

  #takeHeld(): void {
    for (const chunk of this.#held.splice(0)) this.#splitter.push(chunk);
  }

  #hold(): void {
    this.stdin.pause();
    const heldBytes = this.#held.reduce((sum, { length }) => sum + length, 0);
    if (heldBytes > MAX_HELD_BYTES) return;
    const intervalMs = this.#isUnread() ? UNREAD_PEEK_INTERVAL_MS : BUSY_PEEK_INTERVAL_MS;
    this.#peek = setTimeout(() => this.stdin.resume(), intervalMs);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#peek);
    this.#takeHeld();
    this.#splitter.end();
    this.handler.onEnd();
  }
}
