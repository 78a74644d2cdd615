import type { Readable, Writable } from 'node:stream';
import type { Log } from '../log.js';
import { cleanLine } from '../text/clean.js';
import { Exchange } from './exchange.js';
import { ErrorCode, isRequestId, ProtocolError, type Request, type RequestId, readMessage } from './json-rpc.js';
import { MAX_LINE_BYTES, StdioPipe } from './stdio.js';

const MALFORMED = new Set([ErrorCode.parse, ErrorCode.invalidRequest, ErrorCode.invalidParams]);

/** More requests at once than any client makes. Beyond this, further messages wait in the pipe. */
const MAX_IN_FLIGHT = 1000;

/**
 * Answers a request.
 * @throws ProtocolError for the client; any other error is a bug
 */
export type Answer = (exchange: Exchange) => Promise<object>;

/**
 * Takes the messages of a client and makes sure that every request is answered exactly once, whichever era of the protocol
 * it belongs to: both share request ids and cancellations.
 */
export class ClientConnection {
  readonly pipe: StdioPipe;
  /** Called once, after stdin has ended and the last message has been handled. */
  onEnd: () => void = () => {};
  /** Called whenever a request was answered or cancelled. */
  onSettled: () => void = () => {};

  readonly #open = new Map<RequestId, Exchange>();
  #isFirstLine = true;

  constructor(
    stdin: Readable,
    stdout: Writable,
    readonly log: Log,
    readonly answer: Answer,
  ) {
    this.pipe = new StdioPipe(stdin, stdout, {
      onLine: (line) => this.#takeLine(line),
      onLineTooLong: () => this.#refuse(ErrorCode.invalidRequest, `The line is longer than ${MAX_LINE_BYTES} bytes.`),
      onEnd: () => this.onEnd(),
      isBusy: () => this.inFlight >= MAX_IN_FLIGHT,
    });
  }

  /** The number of requests that the client waits for, not counting subscriptions. */
  get inFlight(): number {
    return [...this.#open.values()].filter(({ isBackground }) => !isBackground).length;
  }

  #takeLine(line: string): void {
    const text = this.#isFirstLine ? line.replace(/^\ufeff/, '') : line;
    this.#isFirstLine = false;
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      this.#refuse(ErrorCode.parse, 'The line is not JSON.');
      return;
    }
    // A batch, which 2025-03-26 demands that servers take; each of its requests is answered on a line of its own.
    const messages = Array.isArray(message) ? message : [message];
    if (messages.length === 0 || messages.length > MAX_IN_FLIGHT) {
      this.#refuse(ErrorCode.invalidRequest, `A batch must have 1 to ${MAX_IN_FLIGHT} messages.`);
    } else {
      for (const each of messages) this.#take(each);
    }
  }

  #take(message: unknown): void {
    const incoming = readMessage(message);
    if (incoming.kind === 'request') this.#start(incoming.request);
    else if (incoming.kind === 'refused') this.#refuse(incoming.error.code, incoming.error.message, incoming.id);
    else if (incoming.kind === 'notification' && incoming.method === 'notifications/cancelled') {
      this.#cancel(incoming.params.requestId);
    }
    // This server acts on no other notification, and makes no requests to which there could be a response.
  }

  #start(request: Request): void {
    const { id, method } = request;
    if (this.#open.has(id)) {
      this.#refuse(ErrorCode.invalidRequest, `id ${JSON.stringify(id).slice(0, 80)} is in use by another request.`, id);
      return;
    }
    const exchange = new Exchange(request, this.pipe, () => {
      this.#open.delete(id);
      this.onSettled();
      this.pipe.readOn();
    });
    this.#open.set(id, exchange);
    this.answer(exchange).then(
      (result) => exchange.resolve(result),
      (error) => {
        if (error instanceof ProtocolError) this.#logRefusal(`${cleanLine(method, 80)}: ${error.message}`, error.code);
        else if (!exchange.cancelled.aborted) this.log.bug(error);
        exchange.reject(error);
      },
    );
  }

  #cancel(id: unknown): void {
    const exchange = isRequestId(id) ? this.#open.get(id) : undefined;
    // MCP forbids the cancellation of `initialize`.
    if (exchange?.request.method !== 'initialize') exchange?.cancel();
  }

  /** Answers an unusable message, without an id if none can be read (clients refuse `id: null`) or if it is in use. */
  #refuse(code: number, message: string, id?: RequestId): void {
    this.#logRefusal(message, code);
    const isUsable = id !== undefined && !this.#open.has(id);
    this.pipe.write({ jsonrpc: '2.0', ...(isUsable && { id }), error: { code, message } });
  }

  /** Malformed messages are warnings, for the client's developers; other refusals (probed methods) are debug. */
  #logRefusal(what: string, code: number): void {
    if (MALFORMED.has(code)) this.log.warn(`refused a message: ${what}`);
    else this.log.debug(what);
  }
}
