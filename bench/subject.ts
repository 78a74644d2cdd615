import { getTask, INITIALIZE, modern, request } from '../test/support/protocol.js';
import type { Json } from '../test/support/records.js';
import { ServerProcess } from '../test/support/server-process.js';

/** How a client of each era opens the conversation, up to the list of tools. */
const OPENINGS = {
  modern: [modern('discover', 'server/discover'), modern('list', 'tools/list')],
  legacy: [INITIALIZE, request('list', 'tools/list')],
};
export type Era = keyof typeof OPENINGS;

/** A file that Node runs as an MCP server, with its arguments. */
export interface Program {
  entry: string;
  args?: string[];
}

/** A process under measurement: the server, a baseline or a peer. */
export class Subject {
  /** The results of the opening, by method. */
  readonly opening: Json = {};
  readonly #server: ServerProcess;
  readonly #waiting = new Map<unknown, (result: Json) => void>();
  #lastId = 0;

  private constructor(program: Program, env: Record<string, string>) {
    this.#server = new ServerProcess({ ...program, env: { LOG_LEVEL: undefined, ...env } });
    this.#server.online = (line) => {
      const { id, result, error } = JSON.parse(line);
      if (error || result?.isError) throw new Error(`${program.entry} answered ${line.slice(0, 300)}`);
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
    };
    void this.#server.exited.then(() => {
      if (this.#waiting.size > 0) throw new Error(`${program.entry} has ended\n${this.#server.stderr}`);
    });
  }

  /** Starts the program and goes through the opening of the era. */
  static async start(program: Program, env: Record<string, string>, era: Era): Promise<Subject> {
    const subject = new Subject(program, env);
    for (const message of OPENINGS[era]) subject.opening[String(message.method)] = await subject.#ask(message);
    return subject;
  }

  /** One `kling_get_task`; in milliseconds. */
  async call(taskId: string): Promise<number> {
    const startMs = performance.now();
    await this.#ask(getTask(++this.#lastId, taskId));
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

  /** Resident memory in MiB, on Linux. */
  async residentMiB(): Promise<number> {
    return (await this.#server.residentBytes()) / 2 ** 20;
  }

  async end(): Promise<void> {
    this.#server.child.kill('SIGKILL');
    await this.#server.exited;
  }

  #ask(message: Json): Promise<Json> {
    this.#server.write(message);
    return new Promise((resolve) => this.#waiting.set(message.id, resolve));
  }
}
