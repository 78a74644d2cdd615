import { request } from './protocol.js';
import type { Json } from './records.js';

/** A server as its client sees it, in a process of its own or within this one. */
export abstract class Peer {
  readonly lines: string[] = [];
  /** The lines as JSON; one that is not JSON is `garbage`. */
  readonly messages: Json[] = [];
  online: ((line: string) => void) | undefined;
  /** What was written behind the last newline. */
  protected rest = '';
  #pings = 0;
  #waiters: (() => void)[] = [];

  protected abstract writeRaw(text: string | Buffer): void;

  /** Ends stdin, and resolves once the server has ended. */
  abstract close(): Promise<unknown>;

  /** Writes text unchanged, and an object as one line of JSON. */
  write(message: string | Buffer | object): void {
    const isRaw = typeof message === 'string' || Buffer.isBuffer(message);
    this.writeRaw(isRaw ? message : `${JSON.stringify(message)}\n`);
  }

  /** Sends a request and gives what answers it. */
  async ask(message: Json): Promise<Json> {
    this.write(message);
    return this.answer(message.id);
  }

  /** The answer to the request with this id; waits for it. */
  async answer(id: unknown): Promise<Json> {
    for (;;) {
      const found = this.messages.find((message) => message.id === id && !('method' in message));
      if (found) return found;
      await this.change();
    }
  }

  /**
   * All that is answered to the given lines without asking the API: what came before the answer to a ping that was sent
   * once a first ping behind them had been answered. The first alone proves nothing, as it may overtake them.
   */
  async replies(...lines: (string | Buffer | object)[]): Promise<Json[]> {
    const start = this.messages.length;
    for (const line of lines) this.write(line);
    const first = await this.ask(request(`ping-${++this.#pings}`, 'ping'));
    const second = await this.ask(request(`ping-${++this.#pings}`, 'ping'));
    return this.messages.slice(start, this.messages.indexOf(second)).filter((message) => message !== first);
  }

  /** Resolves when the server has written something, or has ended. */
  protected async change(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  protected wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }

  protected take(chunk: string): void {
    const lines = (this.rest + chunk).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      this.lines.push(line);
      this.messages.push(parse(line));
      this.online?.(line);
    }
    this.wake();
  }
}

/** Through this a client of an SDK speaks to a server, whose every line is kept. */
export class PeerTransport<Message extends object> {
  onmessage?: (message: Message) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;

  /** @param isForClient which messages reach the client; all unless told otherwise */
  constructor(
    readonly peer: Peer,
    readonly isForClient: (message: Json) => boolean = () => true,
  ) {}

  async start(): Promise<void> {
    this.peer.online = (line) => {
      const message = JSON.parse(line);
      if (this.isForClient(message)) this.onmessage?.(message);
    };
  }

  async send(message: Message): Promise<void> {
    this.peer.write(message);
  }

  async close(): Promise<void> {
    await this.peer.close();
    this.onclose?.();
  }
}

function parse(line: string): Json {
  try {
    return JSON.parse(line);
  } catch {
    return { garbage: line };
  }
}
