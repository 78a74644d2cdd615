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
export class Subject extends ServerProcess {
  readonly #waiting = new Map<unknown, (result: Json) => void>();
  #lastId = 0;

  constructor(program: Program) {
    super({ ...program, env: { LOG_LEVEL: undefined, ...program.env } });
    this.online = (line) => {
      const { id, result, error } = JSON.parse(line);
      if (error || result?.isError) throw new Error(`${program.entry} answered ${line.slice(0, 300)}`);
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
    };
    void this.exited.then(() => {
      if (this.#waiting.size > 0) throw new Error(`${program.entry} has ended\n${this.stderr}`);
    });
  }

  /** Goes through the opening of the era, and gives its results by method. */
  async open(era: Era): Promise<Json> {
    const results: Json = {};
    for (const message of OPENINGS[era]) results[String(message.method)] = await this.#resultOf(message);
    return results;
  }

  /** One `kling_get_task`. */
  async lookUp(taskId: string): Promise<void> {
    await this.#resultOf(getTask(++this.#lastId, taskId));
  }

  async end(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  /** A baseline or a peer may show what it likes. */
  protected override checkSecrets(): void {}

  /** Rather than `ask`, which searches all messages so far. */
  #resultOf(message: Json): Promise<Json> {
    this.write(message);
    return new Promise((resolve) => this.#waiting.set(message.id, resolve));
  }
}
