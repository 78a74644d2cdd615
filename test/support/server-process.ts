import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { type JSONRPCMessage, JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';
import { type FakeApi, TOKEN } from './fake-api.js';
import { processes } from './processes.js';
import type { Json } from './records.js';
import { PRIVATE_VALUES } from './records.js';

export const ENTRY = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

export interface ServerOptions {
  fakeApi?: FakeApi;
  /** Added to an otherwise clean environment; undefined removes a variable. */
  env?: Record<string, string | undefined>;
  args?: string[];
  /** The built server; that of this project otherwise. */
  entry?: string;
  /** The working directory; an empty one otherwise. */
  cwd?: string;
  /** Further texts that must not appear anywhere, besides the token and the documented private values. */
  secrets?: string[];
}

/** The built server as a process of its own, with everything that it has written. */
export class ServerProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly lines: string[] = [];
  /** The lines of stdout as JSON; those that are not JSON are in `garbage`. */
  readonly messages: Json[] = [];
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  stdout = '';
  stderr = '';
  online: ((line: string) => void) | undefined;
  readonly #secrets: string[];
  readonly #cwd: string | undefined;
  #rest = '';
  #pings = 0;
  #waiters: (() => void)[] = [];

  constructor({ fakeApi, env, args = [], entry = ENTRY, cwd, secrets = [] }: ServerOptions = {}) {
    this.#secrets = [TOKEN, ...PRIVATE_VALUES, ...secrets];
    this.#cwd = cwd === undefined ? mkdtempSync(join(tmpdir(), 'kling-tasks-')) : undefined;
    const base: Record<string, string | undefined> = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      LOG_LEVEL: 'debug',
      ...(fakeApi && { ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: fakeApi.url }),
      ...env,
    };
    this.child = spawn(process.execPath, [entry, ...args], { cwd: cwd ?? this.#cwd, env: base, stdio: 'pipe' });
    // If the server has ended, the pipe breaks; the tests check its exit instead.
    this.child.stdin.on('error', () => {});
    this.child.stdout.setEncoding('utf8').on('data', (chunk: string) => this.#take(chunk));
    this.child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.stderr += chunk;
      this.#wake();
    });
    processes.add(this);
    this.exited = once(this.child, 'close').then(([code, signal]) => {
      if (this.#cwd) rmSync(this.#cwd, { recursive: true, force: true });
      this.#wake();
      return { code, signal };
    });
  }

  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Writes text unchanged, and an object as one line of JSON. */
  write(message: string | Buffer | object): void {
    const raw = typeof message === 'string' || Buffer.isBuffer(message);
    this.child.stdin.write(raw ? message : `${JSON.stringify(message)}\n`);
  }

  /** The answer to the request with this id; waits for it. */
  async answer(id: unknown): Promise<Json> {
    return this.find((message) => message.id === id && !('method' in message));
  }

  /** The first message that fits; waits for it. Rejects when the server ends before. */
  async find(fits: (message: Json) => boolean): Promise<Json> {
    for (;;) {
      const found = this.messages.find(fits);
      if (found) return found;
      await this.#change();
    }
  }

  /** Resolves once stderr holds the text. */
  async logged(text: string): Promise<void> {
    while (!this.stderr.includes(text)) await this.#change();
  }

  /** Resolves once stdout holds the text. */
  async printed(text: string): Promise<void> {
    while (!this.stdout.includes(text)) await this.#change();
  }

  /**
   * All that is answered to the given lines without asking the API: what came before the answer to a ping that was sent
   * once a first ping behind them had been answered. The first alone proves nothing, as it may overtake them.
   */
  async replies(...lines: (string | Buffer | object)[]): Promise<Json[]> {
    const start = this.messages.length;
    for (const line of lines) this.write(line);
    const first = await this.#ping();
    const second = await this.#ping();
    return this.messages.slice(start, this.messages.indexOf(second)).filter((message) => message !== first);
  }

  async #ping(): Promise<Json> {
    const id = `ping-${++this.#pings}`;
    this.write({ jsonrpc: '2.0', id, method: 'ping' });
    return this.answer(id);
  }

  /** Sends the signal, waits for the end and checks what was written. */
  async kill(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    this.child.kill(signal);
    const exit = await this.exited;
    this.check();
    return exit;
  }

  /** The resident memory of the process. */
  async residentBytes(): Promise<number> {
    const status = await readFile(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  }

  /** Closes stdin and waits for the end; then checks what was written. */
  async close(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    this.child.stdin.end();
    const exit = await this.exited;
    this.check();
    return exit;
  }

  /** stdout holds JSON-RPC alone, and no secret appears anywhere. */
  check(): void {
    if (this.#rest !== '') throw new Error(`half a line on stdout: ${this.#rest.slice(0, 200)}`);
    for (const line of this.lines) JSONRPCMessageSchema.parse(JSON.parse(line));
    this.checkSecrets();
  }

  /** No secret appears in what was written so far. */
  checkSecrets(): void {
    for (const secret of this.#secrets) {
      if (this.stdout.includes(secret)) throw new Error(`stdout shows ${secret}`);
      if (this.stderr.includes(secret)) throw new Error(`stderr shows ${secret}`);
    }
  }

  #take(chunk: string): void {
    this.stdout += chunk;
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      this.lines.push(line);
      this.messages.push(parse(line));
      this.online?.(line);
    }
    this.#wake();
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }

  async #change(): Promise<void> {
    if (this.ended) {
      throw new Error(`the server has ended\n${this.stderr}`);
    }
    await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }
}

function parse(line: string): Json {
  try {
    return JSON.parse(line);
  } catch {
    return { garbage: line };
  }
}

/** The SDK's client speaks through this to a server process, whose every line is kept. */
class ProcessTransport implements Transport {
  onmessage?: NonNullable<Transport['onmessage']>;
  onclose?: () => void;
  onerror?: (error: Error) => void;

  constructor(readonly server: ServerProcess) {}

  async start(): Promise<void> {
    this.server.online = (line) => this.onmessage?.(JSONRPCMessageSchema.parse(JSON.parse(line)));
    this.server.exited.then(() => this.onclose?.());
  }

  async send(message: JSONRPCMessage): Promise<void> {
    this.server.write(message);
  }

  async close(): Promise<void> {
    await this.server.close();
  }
}

export interface ToolResult {
  isError?: boolean;
  structuredContent?: { result: Json };
  content: { type: string; text?: string; uri?: string; name?: string; mimeType?: string }[];
}

/** A real MCP client, connected to a built server of its own. Close it: that is when stdout and stderr are checked. */
export class Session {
  private constructor(
    readonly server: ServerProcess,
    readonly client: Client,
  ) {}

  static async start(options: ServerOptions = {}): Promise<Session> {
    const server = new ServerProcess(options);
    const client = new Client({ name: 'test', version: '1.0.0' });
    await client.connect(new ProcessTransport(server));
    return new Session(server, client);
  }

  /** Calls a tool; the client validates the result against the tool's output schema. */
  async call(name: string, args: Json, options: Parameters<Client['callTool']>[2] = {}): Promise<ToolResult> {
    return (await this.client.callTool({ name, arguments: args }, undefined, options)) as unknown as ToolResult;
  }

  async close(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    await this.client.close();
    return this.server.exited;
  }
}
