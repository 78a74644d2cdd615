import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { isTool, type Step, TOOLS } from './steps.js';

/** What a model was offered and given so far, or what a client without a model hands to its caller. */
export interface Heard {
  tools: { name: string }[];
  /** The text that came of each call, in their order; of the last one with all that the model was told after it. */
  given: string[];
}

/** What the model says: a call of a tool, or words. */
type Answer = { id: string; name: string; input: object } | { id: string; text: string };

interface Block {
  type?: string;
  text?: string;
  content?: string | Block[];
  output?: string | Block[];
}
interface Body {
  tools?: { name: string }[];
  /** OpenAI's Responses. */
  input?: Block[];
  /** Anthropic's Messages. */
  messages?: { role: string; content: string | Block[] }[];
}

/** The API of a model provider. */
interface Dialect {
  /** The text of each result of a tool, as in `Heard`. */
  given(body: Body): string[];
  write(response: ServerResponse, answer: Answer): void;
}

/** A model on loopback that makes the calls of the steps one after the other, and keeps what it was offered and given. */
export class ScriptedModel {
  /** As of the last request in which tools of the server were offered. */
  heard: Heard | undefined;
  readonly #server = createServer();

  private constructor(readonly steps: readonly Step[]) {}

  static async start(steps: readonly Step[]): Promise<ScriptedModel> {
    const model = new ScriptedModel(steps);
    model.#server.on('request', async (request, response: ServerResponse) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      const dialect = { '/responses': responses, '/v1/messages': messages }[pathname];
      // For a driver that has to see when the model knows the outcome.
      if (pathname === '/heard') response.end(JSON.stringify(model.heard ?? { tools: [], given: [] }));
      else if (!dialect || request.method !== 'POST') response.writeHead(404).end('{}');
      else {
        const body = (await json(request)) as Body;
        dialect.write(response, model.#answer({ tools: body.tools ?? [], given: dialect.given(body) }));
      }
    });
    model.#server.listen(0, '127.0.0.1');
    await once(model.#server, 'listening');
    return model;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** The next call of the script, if its tool is offered. */
  #answer({ tools, given }: Heard): Answer {
    const id = `call_${given.length}`;
    const offered = tools.filter(({ name }) => TOOLS.some((tool) => isTool(name, tool)));
    // Clients ask for other things too, such as a title for the conversation.
    if (offered.length === 0) return { id, text: 'Fine.' };
    this.heard = { tools: offered, given };
    const step = this.steps[given.length];
    const tool = step && offered.find(({ name }) => isTool(name, step.tool));
    return tool ? { id, name: tool.name, input: step.input } : { id, text: 'Done.' };
  }
}

function textOf(content: string | Block[] = []): string {
  if (typeof content === 'string') return content;
  return content.map((block) => block.text ?? JSON.stringify(block)).join('\n');
}

/** OpenAI's Responses, without streaming. */
const responses: Dialect = {
  given({ input = [] }) {
    return input.filter(({ type }) => type === 'function_call_output').map(({ output }) => textOf(output));
  },
  write(response, answer) {
    const item =
      'text' in answer
        ? { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: answer.text, annotations: [] }] }
        : { type: 'function_call', call_id: answer.id, name: answer.name, arguments: JSON.stringify(answer.input) };
    const body = {
      id: `resp_${answer.id}`,
      object: 'response',
      created_at: 1_700_000_000,
      status: 'completed',
      model: 'scripted',
      output: [{ id: `item_${answer.id}`, ...item, status: 'completed' }],
      usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  },
};

/** Anthropic's Messages, as a stream. */
const messages: Dialect = {
  given({ messages = [] }) {
    const given: string[] = [];
    const blocks = messages
      .filter(({ role }) => role === 'user')
      .flatMap(({ content }): Block[] => (typeof content === 'string' ? [{ text: content }] : content));
    for (const { type, text, content } of blocks) {
      if (type === 'tool_result') given.push(textOf(content));
      else if (given.length > 0) given.push(`${given.pop()}\n${text}`);
    }
    return given;
  },
  write(response, answer) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const send = (type: string, data: object) =>
      response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
    const [block, delta, stop_reason] =
      'text' in answer
        ? [{ type: 'text', text: '' }, { type: 'text_delta', text: answer.text }, 'end_turn']
        : [
            { type: 'tool_use', ...answer, input: {} },
            { type: 'input_json_delta', partial_json: JSON.stringify(answer.input) },
            'tool_use',
          ];
    const usage = { input_tokens: 1, output_tokens: 1 };
    const message = { id: `msg_${answer.id}`, type: 'message', role: 'assistant', model: 'scripted', usage };
    send('message_start', { message: { ...message, content: [], stop_reason: null, stop_sequence: null } });
    send('content_block_start', { index: 0, content_block: block });
    send('content_block_delta', { index: 0, delta });
    send('content_block_stop', { index: 0 });
    send('message_delta', { delta: { stop_reason, stop_sequence: null }, usage });
    send('message_stop', {});
    response.end();
  },
};
