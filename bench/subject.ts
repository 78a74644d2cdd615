import { getTask, INITIALIZE, modern, request } from '../test/support/protocol.js';
import type { Json } from '../test/support/records.js';
import { ServerProcess } from '../test/support/server-process.js';

/** How a client of each era opens the conversation, up to the list of tools. */
const OPENINGS = {
  modern: [modern('discover', 'server/discover'), modern('list', 'tools/list')],
  legacy: [INITIALIZE, request('list', 'tools/list')],
};
export type Era = keyof typeof OPENINGS;

/** What is measured: a file that Node runs as an MCP server. */
export interface Program {
  entry: string;
  args?: string[];
  env: Record<string, string>;
}

/** A process under measurement: the server, a baseline or a peer. */
export class Subject {
  /** The results of the opening, by method. */
  readonly opening: Json = {};
  readonly #server: ServerProcess;
  readonly #waiting = new Map<unknown, (result: Json) => void>();
  #lastId = 0;

  private constructor({ entry, env, ...program }: Program) {
    this.#server = new ServerProcess({ ...program, entry, env: { LOG_LEVEL: undefined, ...env } });
    // Rather than the server's own `ask`, which searches all messages so far.
    this.#server.online = (line) => {
      const { id, result, error } = JSON.parse(line);
      if (error || result?.isError) throw new Error(`${entry} answered ${line.slice(0, 300)}`);
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
    };
    void this.#server.exited.then(() => {
      if (this.#waiting.size > 0) throw new Error(`${entry} has ended\n${this.#server.stderr}`);
    });
  }

  /** Starts the program and goes through the opening of the era. */
  static async start(program: Program, era: Era): Promise<Subject> {
    const subject = new Subject(program);
    for (const message of OPENINGS[era]) subject.opening[String(message.method)] = await subject.#ask(message);
    return subject;
  }

  /** One `kling_get_task`. */
  async lookUp(taskId: string): Promise<void> {
    await this.#ask(getTask(++this.#lastId, taskId));
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
