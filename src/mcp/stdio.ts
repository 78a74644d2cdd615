import type { Readable, Writable } from 'node:stream';
import { LineSplitter } from './lines.js';

export const MAX_LINE_BYTES = 10 * 1024 * 1024;
/** While the client leaves this much unread, nothing more is done: a message may have an answer many times its size. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
/** While it is held up, the pipe still reads a little ahead, so that the end of stdin is noticed. */
const MAX_HELD_BYTES = 256 * 1024;
const READ_AHEAD_INTERVAL_MS = 50;
/** While too many requests are in flight, messages are still handled bit by bit: a cancellation may be among them. */
const BUSY_INTERVAL_MS = 1000;
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
  #readAhead: NodeJS.Timeout | undefined;
  #lastTakenMs = Number.NEGATIVE_INFINITY;
  #ended = false;
  #collected = '';
  #turn: NodeJS.Immediate | undefined;

  constructor(
    readonly stdin: Readable,
    readonly stdout: Writable,
    readonly handler: PipeHandler,
  ) {
    this.#splitter = new LineSplitter(MAX_LINE_BYTES, handler);
  }

  start(): void {
    this.stdin.on('data', (chunk: Buffer) => {
      this.#held.push(chunk);
      this.#advance();
    });
    for (const event of ['end', 'close', 'error']) this.stdin.on(event, () => this.#end());
    this.stdout.on('drain', () => this.readOn());
  }

  /** Stops reading. */
  stop(): void {
    this.#ended = true;
    clearInterval(this.#readAhead);
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

  /** Continues reading, if it had to pause and no longer needs to. */
  readOn(): void {
    if (!this.#ended && this.#readAhead && !this.#isFull()) this.#advance();
  }

  #isUnread(): boolean {
    return this.stdout.writableLength + this.#collected.length > MAX_UNREAD_BYTES;
  }

  #isFull(): boolean {
    return this.#isUnread() || this.handler.isBusy();
  }

  /** Handles what may be handled now, and pauses stdin while there is more. */
  #advance(): void {
    for (;;) {
      if (this.#isUnread() || (this.#isFull() && performance.now() < this.#lastTakenMs + BUSY_INTERVAL_MS)) break;
      const chunk = this.#held.shift();
      if (!chunk) break;
      this.#lastTakenMs = performance.now();
      this.#splitter.push(chunk);
    }
    if (this.#isFull() || this.#held.length > 0) {
      this.stdin.pause();
      this.#readAhead ??= setInterval(() => this.#readALittle(), READ_AHEAD_INTERVAL_MS);
    } else {
      clearInterval(this.#readAhead);
      this.#readAhead = undefined;
      this.stdin.resume();
    }
  }

  #readALittle(): void {
    this.#advance();
    const heldBytes = this.#held.reduce((sum, { length }) => sum + length, 0);
    // The next chunk pauses it again.
    if (heldBytes <= MAX_HELD_BYTES) this.stdin.resume();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#readAhead);
    for (const chunk of this.#held.splice(0)) this.#splitter.push(chunk);
    this.#splitter.end();
    this.handler.onEnd();
  }
}
