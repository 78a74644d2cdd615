import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { DOCUMENTED_ID, type Json } from '../test/support/records.js';

/** How to start what is measured. */
export interface Command {
  node: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
}

const INITIALIZE = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'bench', version: '1.0.0' },
};

const STATELESS = {
  _meta: {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  },
};

/** A process under measurement that speaks MCP: the server or a baseline. */
export class Subject {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, (answer: Json) => void>();
  #lastId = 0;
  /** From spawn to the answered `tools/list`. */
  readyMs = 0;
  /** What it said about itself and its tools. */
  answers: Json = {};

  private constructor({ node, args, env, cwd }: Command) {
    this.#child = spawn(node, args, { env, cwd, stdio: 'pipe' });
    this.#child.stderr.resume();
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const { id, result } = JSON.parse(line);
      if (!result || result.isError) throw new Error(`${args[0]} answered ${line.slice(0, 300)}`);
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
    });
  }

  /** Starts it and goes through the opening of a session up to `tools/list`. */
  static async start(command: Command): Promise<Subject> {
    const startMs = performance.now();
    const subject = new Subject(command);
    const initialize = await subject.request('initialize', INITIALIZE);
    subject.#write({ method: 'notifications/initialized' });
    const list = await subject.request('tools/list');
    subject.readyMs = performance.now() - startMs;
    subject.answers = { initialize, 'tools/list': list };
    return subject;
  }

  /** Starts it and lists the tools as a client of 2026-07-28 does, which knows no session. */
  static async startStateless(command: Command): Promise<Subject> {
    const startMs = performance.now();
    const subject = new Subject(command);
    const discover = await subject.request('server/discover', STATELESS);
    const list = await subject.request('tools/list', STATELESS);
    subject.readyMs = performance.now() - startMs;
    subject.answers = { 'server/discover': discover, 'tools/list': list };
    return subject;
  }

  request(method: string, params?: Json): Promise<Json> {
    const id = ++this.#lastId;
    this.#write({ id, method, params });
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  /** One `kling_get_task`; in milliseconds. */
  async call(task_id = DOCUMENTED_ID): Promise<number> {
    const startMs = performance.now();
    await this.request('tools/call', { name: 'kling_get_task', arguments: { task_id } });
    return performance.now() - startMs;
  }

  /** The milliseconds of that many calls, one after the other. */
  async callsOneByOne(count: number): Promise<number[]> {
    const times: number[] = [];
    while (times.length < count) times.push(await this.call());
    return times;
  }

  /** Calls a second, each for a task of its own, with the given number of calls in flight. */
  async throughput(count: number, inFlight: number): Promise<number> {
    let left = count;
    const startMs = performance.now();
    const work = async () => {
      while (left-- > 0) await this.call(`task-${left}`);
    };
    await Promise.all(Array.from({ length: inFlight }, work));
    return (count / (performance.now() - startMs)) * 1000;
  }

  /** Resident memory in MiB; NaN on other systems than Linux. */
  residentMiB(): number {
    if (process.platform !== 'linux') return Number.NaN;
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  async end(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.stdin.end();
    // A baseline with open connections does not exit by itself; the server needs the time to store its compiled code.
    await Promise.race([exited, sleep(500, undefined, { ref: false })]);
    this.#child.kill('SIGKILL');
    await exited;
  }

  #write(message: Json): void {
    this.#child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }
}
