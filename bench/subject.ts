import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Json } from '../test/support/records.js';

/** How a client opens the conversation, up to the list of tools: the requests of each era of the protocol. */
export const OPENINGS = {
  modern: [
    ['server/discover', envelope()],
    ['tools/list', envelope()],
  ],
  legacy: [
    [
      'initialize',
      { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1.0.0' } },
    ],
    ['tools/list', {}],
  ],
} satisfies Record<string, [method: string, params: Json][]>;
export type Era = keyof typeof OPENINGS;

function envelope(): Json {
  const version = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
  return { _meta: { ...version, 'io.modelcontextprotocol/clientCapabilities': {} } };
}

/** A process under measurement that speaks MCP: the server, a baseline or a peer. */
export class Subject {
  /** From the start of the process to the answered `tools/list`, in milliseconds. */
  readyMs = 0;
  /** The results of the opening, by method. */
  readonly opening: Json = {};
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, (result: Json) => void>();
  #lastId = 0;

  private constructor([program = '', ...args]: string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(program, args, { env, stdio: 'pipe' });
    this.#child.stderr.resume();
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const { id, result, error } = JSON.parse(line);
      if (error || result?.isError) throw new Error(`${args} answered ${line.slice(0, 300)}`);
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
    });
  }

  /** Starts it and goes through the opening of the era. */
  static async start(command: string[], env: NodeJS.ProcessEnv, era: Era): Promise<Subject> {
    const startMs = performance.now();
    const subject = new Subject(command, env);
    for (const [method, params] of OPENINGS[era]) {
      subject.opening[method] = await subject.request(method, params);
      if (method === 'initialize') subject.#write({ method: 'notifications/initialized' });
    }
    subject.readyMs = performance.now() - startMs;
    return subject;
  }

  request(method: string, params: Json): Promise<Json> {
    const id = ++this.#lastId;
    this.#write({ id, method, params });
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  /** One `kling_get_task`; in milliseconds. */
  async call(taskId: string): Promise<number> {
    const startMs = performance.now();
    await this.request('tools/call', { name: 'kling_get_task', arguments: { task_id: taskId } });
    return performance.now() - startMs;
  }

  /** The milliseconds of each of that many calls, one after the other. */
  async callsOneByOne(count: number): Promise<number[]> {
    const times: number[] = [];
    while (times.length < count) times.push(await this.call('task-0'));
    return times;
  }

  /** Calls a second, each for a task of its own, with 64 in flight. */
  async callsASecond(count: number): Promise<number> {
    let left = count;
    const work = async () => {
      while (left > 0) await this.call(`task-${--left}`);
    };
    const startMs = performance.now();
    await Promise.all(Array.from({ length: 64 }, work));
    return (count / (performance.now() - startMs)) * 1000;
  }

  /** Resident memory in MiB; NaN on other systems than Linux. */
  residentMiB(): number {
    if (process.platform !== 'linux') return Number.NaN;
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  #write(message: Json): void {
    this.#child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }
}
