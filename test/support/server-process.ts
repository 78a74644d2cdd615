import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { type JSONRPCMessage, JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';
import { type FakeApi, TOKEN } from './fake-api.js';
import { Peer, PeerTransport } from './peer.js';
import { type Json, PRIVATE_VALUES } from './records.js';

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

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** The built server as a process of its own, with everything that it has written. */
export class ServerProcess extends Peer {
  readonly child: ChildProcessWithoutNullStreams;
  /** Rejects if a secret appears in what was written. */
  readonly exited: Promise<Exit>;
  stdout = '';
  stderr = '';
  readonly #secrets: string[];
  readonly #cwd: string | undefined;

  constructor({ fakeApi, env, args = [], entry = ENTRY, cwd, secrets = [] }: ServerOptions = {}) {
    super();
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
    this.child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      this.stdout += chunk;
      this.take(chunk);
    });
    this.child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.stderr += chunk;
      this.wake();
    });
    this.exited = once(this.child, 'close').then(([code, signal]) => {
      if (this.#cwd) rmSync(this.#cwd, { recursive: true, force: true });
      this.wake();
      this.checkSecrets();
      return { code, signal };
    });
  }

  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  protected override writeRaw(text: string | Buffer): void {
    this.child.stdin.write(text);
  }

  /** Resolves once stderr holds the text. */
  async logged(text: string): Promise<void> {
    while (!this.stderr.includes(text)) await this.change();
  }

  /** Sends the signal, waits for the end and checks what was written. */
  kill(signal: NodeJS.Signals): Promise<Exit> {
    this.child.kill(signal);
    return this.#end();
  }

  /** The resident memory of the process. */
  async residentBytes(): Promise<number> {
    const status = await readFile(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  }

  /** Closes stdin and waits for the end; then checks what was written. */
  close(): Promise<Exit> {
    this.child.stdin.end();
    return this.#end();
  }

  async #end(): Promise<Exit> {
    const exit = await this.exited;
    this.check();
    return exit;
  }

  /** stdout must hold JSON-RPC alone. */
  check(): void {
    if (this.rest !== '') throw new Error(`half a line on stdout: ${this.rest.slice(0, 200)}`);
    for (const line of this.lines) JSONRPCMessageSchema.parse(JSON.parse(line));
  }

  protected checkSecrets(): void {
    for (const secret of this.#secrets) {
      if (this.stdout.includes(secret)) throw new Error(`stdout shows ${secret}`);
      if (this.stderr.includes(secret)) throw new Error(`stderr shows ${secret}`);
    }
  }

  protected override async change(): Promise<void> {
    if (this.ended) throw new Error(`the server has ended\n${this.stderr}`);
    await super.change();
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
    await client.connect(new PeerTransport<JSONRPCMessage>(server));
    return new Session(server, client);
  }

  /** Calls a tool; the client validates the result against the tool's output schema. */
  async call(name: string, args: Json, options: Parameters<Client['callTool']>[2] = {}): Promise<ToolResult> {
    return (await this.client.callTool({ name, arguments: args }, undefined, options)) as unknown as ToolResult;
  }

  async close(): Promise<Exit> {
    await this.client.close();
    return this.server.exited;
  }
}
