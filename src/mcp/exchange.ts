import type { JsonObject } from '../kling/text/json.js';
import type { CallProgress } from '../tools/tool.js';
import { INTERNAL_ERROR, isRequestId, ProtocolError, type Request } from './json-rpc.js';

/** One request until it is answered. Anything sent after the answer or a cancellation is dropped. */
export class Exchange {
  readonly #controller = new AbortController();
  #open = true;
  #inBackground = false;

  /**
   * @param send writes a message
   * @param onChange called when the request is answered, cancelled or put into the background
   */
  constructor(
    readonly request: Request,
    readonly send: (message: object) => void,
    readonly onChange: (exchange: Exchange) => void,
  ) {}

  /** Aborts when the client cancels the request. */
  get cancelled(): AbortSignal {
    return this.#controller.signal;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Whether the server may exit without answering this request, which then does not count as in flight either. */
  get inBackground(): boolean {
    return this.#inBackground;
  }

  stayInBackground(): void {
    this.#inBackground = true;
    this.onChange(this);
  }

  notify(method: string, params: JsonObject): void {
    if (this.#open) this.send({ jsonrpc: '2.0', method, params });
  }

  /** Sends progress to the client; undefined if it did not ask for any, or sent an unusable token. */
  get notifyProgress(): ((progress: CallProgress) => void) | undefined {
    const { progressToken } = this.request.meta;
    if (!isRequestId(progressToken)) return undefined;
    // Sent in the next turn: some clients have removed the listener if progress arrives in the same write as the answer.
    return (progress) => {
      setImmediate(() => this.notify('notifications/progress', { progressToken, ...progress }));
    };
  }

  resolve(result: object): void {
    this.#close({ jsonrpc: '2.0', id: this.request.id, result });
  }

  reject(error: unknown): void {
    const { code, message, data } =
      error instanceof ProtocolError ? error : new ProtocolError(INTERNAL_ERROR, 'The server failed: see its log.');
    this.#close({ jsonrpc: '2.0', id: this.request.id, error: { code, message, ...(data && { data }) } });
  }

  cancel(): void {
    this.#close();
    this.#controller.abort();
  }

  #close(answer?: object): void {
    if (!this.#open) return;
    this.#open = false;
    if (answer) this.send(answer);
    this.onChange(this);
  }
}
