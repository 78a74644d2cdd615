import type { JsonObject } from '../text/json.js';
import type { CallContext } from '../tools/tool.js';
import { ErrorCode, isRequestId, ProtocolError, type Request } from './json-rpc.js';
import type { StdioPipe } from './stdio.js';

/** One request until it is answered. Anything sent after the answer or a cancellation is dropped. */
export class Exchange {
  readonly #controller = new AbortController();
  /** Aborts when the client cancels the request. */
  readonly cancelled = this.#controller.signal;
  #isOpen = true;
  /** Whether the server may exit without answering this request. */
  isBackground = false;

  /** @param onClose called once, when the request has been answered or cancelled */
  constructor(
    readonly request: Request,
    readonly pipe: Pick<StdioPipe, 'write'>,
    readonly onClose: () => void,
  ) {}

  notify(method: string, params: JsonObject): void {
    if (this.#isOpen) this.pipe.write({ jsonrpc: '2.0', method, params });
  }

  /** Sends progress to the client; undefined if it did not ask for any, or sent an unusable token. */
  get notifyProgress(): CallContext['notifyProgress'] {
    const { progressToken } = this.request.meta;
    if (!isRequestId(progressToken)) return undefined;
    // Sent in the next turn: some clients have removed the listener if progress arrives in the same write as the answer.
    return (progress) => {
      setImmediate(() => this.notify('notifications/progress', { progressToken, ...progress }));
    };
  }

  resolve(result: object): void {
    this.#close({ result });
  }

  reject(error: unknown): void {
    const { code, message, data } =
      error instanceof ProtocolError ? error : new ProtocolError(ErrorCode.internal, 'The server failed: see its log.');
    this.#close({ error: { code, message, ...(data && { data }) } });
  }

  cancel(): void {
    this.#close();
    this.#controller.abort();
  }

  #close(outcome?: object): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (outcome) this.pipe.write({ jsonrpc: '2.0', id: this.request.id, ...outcome });
    this.onClose();
  }
}
