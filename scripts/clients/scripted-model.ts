import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { isNamed, TOOLS } from './steps.js';

/** A call that the model makes. */
export interface ScriptedCall {
  tool: string;
  input: object;
}

/** What a client sent to the model in one request. */
export interface Turn {
  /** The tools as the client offers them, with their names. */
  tools: { name: string; definition: unknown }[];
  /** The text of each tool result so far, in their order. */
  results: string[];
  /** What else the model was told after its first call, such as the notice that a task in the background has ended. */
  notices: string[];
}

/** What the model says: a call of a tool, or words. */
export type Answer = { name: string; input: object; index: number } | { text: string };

/** How an API of a model provider puts these: a request's body by the path, and the answer. */
export interface Dialect {
  /** undefined for a path that this API does not have. */
  read(path: string, body: unknown): Turn | undefined;
  write(response: ServerResponse, answer: Answer, path: string, body: unknown): void;
}

/** A model on loopback that makes the given calls one after the other, and keeps what it was offered and given. */
export class ScriptedModel {
  /** The last turn in which the tools of the script were offered. */
  turn: Turn = { tools: [], results: [], notices: [] };
  readonly #server = createServer();

  private constructor(
    readonly dialect: Dialect,
    readonly calls: readonly ScriptedCall[],
  ) {}

  static async start(dialect: Dialect, calls: readonly ScriptedCall[]): Promise<ScriptedModel> {
    const model = new ScriptedModel(dialect, calls);
    model.#server.on('request', async (request, response: ServerResponse) => {
      const path = new URL(request.url ?? '/', 'http://localhost').pathname;
      const body = request.method === 'POST' ? await json(request).catch(() => ({})) : {};
      const turn = dialect.read(path, body);
      // For a driver that has to see when the model knows the outcome.
      if (path === '/turn') response.end(JSON.stringify(model.turn));
      else if (turn) dialect.write(response, model.#answer(turn), path, body);
      else response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{"message":"not scripted"}}');
    });
    model.#server.listen(0, '127.0.0.1');
    await once(model.#server, 'listening');
    return model;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  /** The server's tools as the client put them to the model. */
  get offered(): unknown[] {
    const ours = this.turn.tools.filter(({ name }) => TOOLS.some((tool) => isNamed(name, tool)));
    return ours.map(({ definition }) => definition);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #answer(turn: Turn): Answer {
    const index = turn.results.length;
    const call = this.calls[index];
    // Clients ask for other things too, such as a title for the conversation.
    if (!turn.tools.some(({ name }) => TOOLS.some((tool) => isNamed(name, tool)))) return { text: 'Fine.' };
    this.turn = turn;
    const name = turn.tools.find(({ name }) => call && isNamed(name, call.tool))?.name;
    return call && name ? { name, input: call.input, index } : { text: 'Done.' };
  }
}
