import { finished, PassThrough, type Readable, type Writable } from 'node:stream';
import type { Transport, TransportSendOptions } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  ErrorCode,
  type JSONRPCErrorResponse,
  type JSONRPCMessage,
  type RequestId,
} from '@modelcontextprotocol/sdk/types.js';
import type { Log } from '../log.js';
import { clientIdOf, type Incoming, readLine, refused, sdkIdOf } from './message.js';

const MAX_LINE_BYTES = 10 * 1024 * 1024;
/** While the client leaves this much unread, no more messages are taken: an answer may be many times as long as its request. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
/** While this many requests wait for their answers, no more messages are taken. */
const MAX_OPEN = 5000;
/** How much is read ahead of the messages that are taken, so that the end of stdin is noticed behind them. */
const MAX_HELD_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

const LINE_TOO_LONG = refused(ErrorCode.InvalidRequest, `The line is longer than ${MAX_LINE_BYTES} bytes.`);

/**
 * MCP over stdin and stdout: one message a line. Other than with the SDK's own transport, every request gets an answer, even a
 * malformed one; neither long lines nor a client that does not read take up memory; and the end is orderly.
 */
export class StdioTransport implements Transport {
  onmessage?: NonNullable<Transport['onmessage']>;
  /** Called when the client is gone, or when everything has been answered after the end of stdin. */
  onclose?: () => void;

  /** The requests that have not been answered, by their ids as the SDK knows them. */
  readonly #open = new Set<RequestId>();
  #hasStdinEnded = false;
  #isClosed = false;
  /** Resolves the promise of {@link #change}. */
  #wake = () => {};

  /** @param closing is aborted at the end of stdin, so that calls stop waiting and answer by what they know */
  constructor(
    readonly stdin: Readable,
    readonly stdout: Writable,
    readonly closing: AbortController,
    readonly log: Pick<Log, 'warn' | 'debug'>,
  ) {}

  async start(): Promise<void> {
    const input = this.stdin.pipe(new PassThrough({ highWaterMark: MAX_HELD_BYTES }));
    finished(this.stdin, { writable: false }, () => {
      this.#hasStdinEnded = true;
      input.end();
      this.#wake();
    });
    this.stdout.on('drain', () => this.#wake());
    // The client has closed its end: nobody is left to be answered.
    this.stdout.on('error', () => this.onclose?.());
    void this.#read(input);
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    if ('method' in message) {
      // What belongs to a request is dropped once that is answered or cancelled.
      const { relatedRequestId } = options ?? {};
      if (relatedRequestId === undefined || this.#open.has(relatedRequestId)) this.#write(message);
    } else if (message.id !== undefined && this.#open.delete(message.id)) {
      this.#write({ ...message, id: clientIdOf(message.id) });
      this.#wake();
    }
  }

  /** Takes and sends nothing more. Resolves when all that was sent has left the process, since exiting would cut it off. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await new Promise((resolve) => this.stdout.write('', resolve));
    this.onclose?.();
  }

  async #read(input: Readable): Promise<void> {
    for await (const line of linesOf(input)) {
      for (const incoming of line === undefined ? [LINE_TOO_LONG] : readLine(line)) {
        while (!this.#hasRoom()) await this.#change();
        // Otherwise a cancellation could reach the SDK after the next request with the same id.
        await Promise.resolve();
        this.#take(incoming);
      }
    }
    this.log.debug('stdin closed');
    this.closing.abort();
    while (this.#open.size > 0) await this.#change();
    await this.close();
  }

  /** Whether another message may be taken. Once stdin has ended, only the little that was read ahead is left. */
  #hasRoom(): boolean {
    return this.#hasStdinEnded || (this.#open.size < MAX_OPEN && this.stdout.writableLength < MAX_UNREAD_BYTES);
  }

  /** Resolves when something has changed that {@link #read} may be waiting for. */
  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #take(message: Incoming): void {
    if (this.#isClosed) return;
    if ('error' in message) {
      this.#refuse(message);
    } else if (!('id' in message)) {
      const { requestId } = message.params ?? {};
      const isCancelled = message.method === 'notifications/cancelled' && this.#open.delete(String(requestId));
      if (isCancelled) this.#wake();
      this.onmessage?.(message);
    } else if (this.#open.has(message.id)) {
      this.#refuse(
        refused(ErrorCode.InvalidRequest, `id ${String(message.id).slice(0, 80)} is in use by another request.`),
      );
    } else {
      this.#open.add(message.id);
      this.onmessage?.(message);
    }
  }

  /**
   * Sends the answer to an unusable message: without its id if that is in use, since the client would take this for the answer
   * to the other request.
   */
  #refuse({ id, ...answer }: JSONRPCErrorResponse): void {
    this.log.warn(`refused a message: ${answer.error.message}`);
    const isUsable = id !== undefined && !this.#open.has(sdkIdOf(id));
    this.#write({ ...answer, ...(isUsable && { id }) });
  }

  /** Writes a message as one line. Those of one turn of the event loop leave together. */
  #write(message: JSONRPCMessage): void {
    if (this.#isClosed) return;
    if (this.stdout.writableCorked === 0) {
      this.stdout.cork();
      setImmediate(() => this.stdout.uncork());
    }
    this.stdout.write(`${JSON.stringify(message)}\n`);
  }
}

/**
 * The lines of a stream of bytes, without blank ones; undefined stands for one that is too long. Such a line is discarded
 * while it arrives, so that it takes no memory.
 */
async function* linesOf(input: AsyncIterable<Buffer>): AsyncGenerator<string | undefined> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of input) {
    let start = 0;
    while (start < chunk.length) {
      const end = chunk.indexOf(NEWLINE, start);
      const part = chunk.subarray(start, end === -1 ? chunk.length : end);
      length += part.length;
      if (length > MAX_LINE_BYTES) parts = [];
      else parts.push(part);
      if (end === -1) break;
      yield* takeLine();
      start = end + 1;
    }
  }
  yield* takeLine();

  function* takeLine() {
    // White space for `trim` is also the BOM with which some clients begin.
    const line = length > MAX_LINE_BYTES ? undefined : Buffer.concat(parts).toString().trim();
    parts = [];
    length = 0;
    if (line !== '') yield line;
  }
}
