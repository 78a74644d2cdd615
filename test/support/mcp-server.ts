import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Scheduler } from '../../src/kling/scheduler.js';
import { createServer } from '../../src/mcp/server.js';
import { StdioTransport } from '../../src/mcp/transport.js';
import { getTaskTool } from '../../src/tools/get-task.js';
import { getTasksBatchTool } from '../../src/tools/get-tasks-batch.js';
import { FakeLookups } from './fake-lookups.js';
import { type Peer, request } from './protocol.js';
import type { Json } from './records.js';

/** The protocol with the real tools, but without a process and without HTTP: it reads and writes streams of this process. */
export class McpServer implements Peer {
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  readonly messages: Json[] = [];
  /** What was told to the log, with its level. */
  readonly log: string[] = [];
  readonly bugs: unknown[] = [];
  readonly closing = new AbortController();
  /** Resolves when the process would exit. */
  readonly closed: Promise<void>;
  #rest = '';
  #pings = 0;
  #waiters: (() => void)[] = [];

  /** @param viewFile the page of the view; another file will do */
  constructor(
    readonly lookups = new FakeLookups(),
    viewFile = fileURLToPath(import.meta.url),
  ) {
    const log = {
      bug: (error: unknown) => this.bugs.push(error),
      warn: (message: string) => this.log.push(`warn: ${message}`),
      debug: (message: string) => this.log.push(`debug: ${message}`),
    };
    const scheduler = new Scheduler(lookups, { closing: this.closing.signal, onBug: log.bug });
    const options = { scheduler, maxWaitSeconds: 50, log };
    const server = createServer({
      info: { name: 'kling-tasks-mcp', title: 'Kling tasks', version: '0.0.0' },
      instructions: 'Use kling_get_task.',
      tools: [getTaskTool(options), getTasksBatchTool(options)],
      viewFile,
      closing: this.closing.signal,
      log,
    });
    this.closed = new Promise((resolve) => {
      server.onclose = resolve;
    });
    this.stdout.setEncoding('utf8').on('data', (chunk: string) => this.#take(chunk));
    void server.connect(new StdioTransport(this.stdin, this.stdout, this.closing, log));
  }

  /** Writes text unchanged, and an object as one line of JSON. */
  write(message: string | Buffer | object): void {
    const isRaw = typeof message === 'string' || Buffer.isBuffer(message);
    this.stdin.write(isRaw ? message : `${JSON.stringify(message)}\n`);
  }

  /** The answer to the request with this id; waits for it. */
  async answer(id: unknown): Promise<Json> {
    for (;;) {
      const found = this.messages.find((message) => message.id === id && !('method' in message));
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  /** Everything that is answered to the given lines before a ping that was sent when they had been read. */
  async replies(...lines: (string | Buffer | object)[]): Promise<Json[]> {
    const start = this.messages.length;
    for (const line of lines) this.write(line);
    const first = await this.#ping();
    const second = await this.#ping();
    return this.messages.slice(start, this.messages.indexOf(second)).filter((message) => message !== first);
  }

  /** Sends a request and gives what answers it. */
  async ask(message: Json): Promise<Json> {
    this.write(message);
    return this.answer(message.id);
  }

  /** Ends stdin, and resolves when the process would exit. */
  async close(): Promise<void> {
    this.stdin.end();
    await this.closed;
  }

  async #ping(): Promise<Json> {
    return this.ask(request(`ping-${++this.#pings}`, 'ping'));
  }

  #take(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.messages.push(JSON.parse(line));
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}
