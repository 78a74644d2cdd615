import type { Readable, Writable } from 'node:stream';
import { serializeMessage } from '@modelcontextprotocol/sdk/shared/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  ErrorCode,
  type JSONRPCMessage,
  JSONRPCNotificationSchema,
  type JSONRPCRequest,
  JSONRPCRequestSchema,
  type RequestId,
} from '@modelcontextprotocol/sdk/types.js';
import { isObject, type JsonObject } from '../kling/text/json.js';
import type { Log } from '../log.js';
import { InFlight } from './in-flight.js';
import { LineSplitter } from './lines.js';

const MAX_LINE_BYTES = 10 * 1024 * 1024;
/** More calls at once than any client makes: beyond that its next messages wait in the pipe … */
const MAX_IN_FLIGHT = 1000;
/** … but are taken piece by piece, as a cancellation or the end may stand behind them. */
const PEEK_INTERVAL_MS = 1000;
/** With so much unread by the client nothing more is done, as each message may have an answer many times its size … */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
/** … but a little is put aside, so that the end of stdin behind it is seen. */
const MAX_HELD_BYTES = 256 * 1024;
const HELD_PEEK_INTERVAL_MS = 50;
const BAD_PARAMS = 'The params do not fit the method.';

/**
 * The pipe between client and server, one JSON-RPC message a line. It stands in for the SDK's StdioServerTransport,
 * which drops what it cannot parse without an answer, goes deaf after 10 MiB without a newline, takes a second call with
 * the same id, and lets replies pile up when the client does not read.
 *
 * To the SDK every request carries a number of ours instead of the client's id. That is what makes the cancellation of
 * an id 0 or "" work, which the SDK takes for none, and what keeps a late reply to a cancelled call off the pipe.
 */
export class StdioTransport implements Transport {
  onmessage?: NonNullable<Transport['onmessage']>;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  /** Called after each reply. */
  onreply?: () => void;
  /** Called once, when stdin has ended and the last of it was delivered. */
  onend?: () => void;
  /** What client and server agreed on in `initialize`. */
  protocolVersion: string | undefined;

  readonly #splitter = new LineSplitter(
    MAX_LINE_BYTES,
    (line) => this.#receive(line),
    () => this.#refuse(ErrorCode.InvalidRequest, `The line is longer than ${MAX_LINE_BYTES} bytes.`),
  );
  readonly #inFlight = new InFlight();
  #initialize: RequestId | undefined;
  #initialized = false;
  #first = true;
  #peek: NodeJS.Timeout | undefined;
  #held: Buffer[] = [];
  #ended = false;

  constructor(
    readonly stdin: Readable,
    readonly stdout: Writable,
    readonly log: Log,
  ) {}

  async start(): Promise<void> {
    this.stdin.on('data', (chunk: Buffer) => {
      this.#held.push(chunk);
      if (!this.#isUnread()) this.#takeHeld();
      if (this.#isFull()) this.#hold();
    });
    for (const event of ['end', 'close', 'error']) this.stdin.on(event, () => this.#end());
    this.stdout.on('drain', () => this.#readOn());
  }

  async close(): Promise<void> {
    this.stdin.pause();
    this.onclose?.();
  }

  /** How many requests are not answered yet. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const reply = this.#readdress(message);
    if (!reply) return;
    this.stdout.write(serializeMessage(reply));
    if (!('method' in reply)) this.onreply?.();
    this.#readOn();
  }

  /** The message with the client's id in place of ours; undefined for a reply that nobody waits for any more. */
  #readdress(message: JSONRPCMessage): JSONRPCMessage | undefined {
    if ('method' in message || message.id === undefined) return message;
    const number = message.id;
    const id = this.#inFlight.take(number);
    if (id === undefined) return undefined;
    if (number === this.#initialize) {
      this.#initialized = 'result' in message;
      this.#initialize = undefined;
      const version = 'result' in message ? message.result.protocolVersion : undefined;
      if (typeof version === 'string') this.protocolVersion = version;
    }
    if ('result' in message) return { ...message, id };
    // Our handlers throw no internal error: this is the SDK's, whose text is a dump of zod's issues.
    if (message.error.code !== ErrorCode.InternalError) return { ...message, id };
    this.log.debug(`refused params: ${message.error.message}`);
    return {
      jsonrpc: '2.0',
      id,
      error: { code: ErrorCode.InvalidParams, message: BAD_PARAMS },
    };
  }

  #receive(line: string): void {
    const text = this.#first ? line.replace(/^\ufeff/, '') : line;
    this.#first = false;
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      this.#refuse(ErrorCode.ParseError, 'The line is not JSON.');
      return;
    }
    if (!isObject(message)) {
      const what = Array.isArray(message) ? 'Batches are not supported: send one message a line.' : 'Not a message.';
      this.#refuse(ErrorCode.InvalidRequest, what);
    } else if (!('method' in message) && ('result' in message || 'error' in message)) {
      // The server asks the client for nothing, so this answers nothing.
      this.log.debug('a response to no request was ignored');
    } else if ('id' in message) {
      this.#receiveRequest(message);
    } else {
      this.#receiveNotification(message);
    }
  }

  #receiveRequest(message: JsonObject): void {
    const parsed = JSONRPCRequestSchema.safeParse(message);
    const id = JSONRPCRequestSchema.shape.id.safeParse(message.id).data;
    if (id !== undefined && this.#inFlight.numberOf(id) !== undefined) {
      // With the id, the client would take this for the answer to its first call.
      this.#refuse(ErrorCode.InvalidRequest, `The id ${JSON.stringify(id).slice(0, 80)} is in use by another request.`);
    } else if (!parsed.success || id === undefined) {
      const badParams = id !== undefined && parsed.error?.issues.every(({ path }) => path[0] === 'params');
      if (badParams) this.#refuse(ErrorCode.InvalidParams, BAD_PARAMS, id);
      else this.#refuse(ErrorCode.InvalidRequest, 'Not a JSON-RPC 2.0 request.', id);
    } else if (parsed.data.method === 'initialize' && (this.#initialized || this.#initialize !== undefined)) {
      this.#refuse(ErrorCode.InvalidRequest, 'The connection is initialized already.', id);
    } else {
      this.#deliver(parsed.data, id);
    }
  }

  #deliver(request: JSONRPCRequest, id: RequestId): void {
    const number = this.#inFlight.add(id);
    if (request.method === 'initialize') this.#initialize = number;
    this.onmessage?.({ ...request, id: number });
  }

  #receiveNotification(message: JsonObject): void {
    const parsed = JSONRPCNotificationSchema.safeParse(message);
    if (!parsed.success) {
      this.#refuse(ErrorCode.InvalidRequest, 'Not a JSON-RPC 2.0 message.');
    } else if (parsed.data.method !== 'notifications/cancelled') {
      this.onmessage?.(parsed.data);
    } else {
      const id = JSONRPCRequestSchema.shape.id.safeParse(parsed.data.params?.requestId).data;
      const number = id === undefined ? undefined : this.#inFlight.numberOf(id);
      if (number === undefined || number === this.#initialize) return;
      this.#inFlight.take(number);
      this.onmessage?.({ ...parsed.data, params: { requestId: number } });
    }
  }

  #refuse(code: ErrorCode, message: string, id?: RequestId): void {
    this.stdout.write(serializeMessage({ jsonrpc: '2.0', ...(id !== undefined && { id }), error: { code, message } }));
  }

  #isUnread(): boolean {
    return this.stdout.writableLength > MAX_UNREAD_BYTES;
  }

  #isFull(): boolean {
    return this.#isUnread() || this.inFlight >= MAX_IN_FLIGHT;
  }

  #takeHeld(): void {
    for (const chunk of this.#held.splice(0)) this.#splitter.push(chunk);
  }

  #hold(): void {
    this.stdin.pause();
    const heldBytes = this.#held.reduce((sum, { length }) => sum + length, 0);
    if (heldBytes > MAX_HELD_BYTES) return;
    const intervalMs = this.#isUnread() ? HELD_PEEK_INTERVAL_MS : PEEK_INTERVAL_MS;
    this.#peek = setTimeout(() => this.stdin.resume(), intervalMs);
  }

  #readOn(): void {
    if (this.#ended || !this.stdin.isPaused() || this.#isFull()) return;
    clearTimeout(this.#peek);
    this.#takeHeld();
    if (this.#isFull()) this.#hold();
    else this.stdin.resume();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#takeHeld();
    this.#splitter.end();
    this.onend?.();
  }
}
