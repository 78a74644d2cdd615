import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { isTool, type Step, TOOLS } from './steps.js';

/** What an agent sent to its model in one request. */
export interface Turn {
  /** The tools as they are offered. */
  tools: { name: string }[];
  /** The text of each tool result so far, in their order. */
  results: string[];
  /** What else the model was told after its first call, such as the notice that a task in the background has ended. */
  notices: string[];
}

/** What the model says: a call of a tool, or words. */
type Answer = { name: string; input: object; id: string } | { text: string };

interface Block {
  type?: string;
  text?: string;
  content?: string | Block[];
  output?: string | Block[];
}
interface Body {
  stream?: boolean;
  tools?: { name: string }[];
  /** OpenAI's Responses. */
  input?: Block[];
  /** Anthropic's Messages. */
  messages?: { role: string; content: string | Block[] }[];
}

/** The API of a model provider. */
interface Dialect {
  read(body: Body): Turn;
  write(response: ServerResponse, answer: Answer, body: Body): void;
}

/** A model on loopback that makes the calls of the steps one after the other, and keeps what it was offered and given. */
export class ScriptedModel {
  /** The last turn in which tools of the server were offered. */
  turn: Turn = { tools: [], results: [], notices: [] };
  readonly #server = createServer();

  private constructor(readonly steps: readonly Step[]) {}

  static async start(steps: readonly Step[]): Promise<ScriptedModel> {
    const model = new ScriptedModel(steps);
    model.#server.on('request', async (request, response: ServerResponse) => {
      const path = new URL(request.url ?? '/', 'http://localhost').pathname;
      const dialect = path.endsWith('/responses') ? responses : path.endsWith('/v1/messages') ? messages : undefined;
      // For a driver that has to see when the model knows the outcome.
      if (path === '/turn') response.end(JSON.stringify(model.turn));
      else if (!dialect || request.method !== 'POST') response.writeHead(404).end('{}');
      else {
        const body = (await json(request)) as Body;
        dialect.write(response, model.#answer(dialect.read(body)), body);
      }
    });
    model.#server.listen(0, '127.0.0.1');
    await once(model.#server, 'listening');
    return model;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** The next call of the script, if its tool is offered. */
  #answer(turn: Turn): Answer {
    const tools = turn.tools.filter(({ name }) => TOOLS.some((tool) => isTool(name, tool)));
    // Clients ask for other things too, such as a title for the conversation.
    if (tools.length === 0) return { text: 'Fine.' };
    this.turn = { ...turn, tools };
    const step = this.steps[turn.results.length];
    const tool = step && tools.find(({ name }) => isTool(name, step.tool));
    return tool ? { name: tool.name, input: step.input, id: `call_${turn.results.length}` } : { text: 'Done.' };
  }
}

function textOf(content: string | Block[] = []): string {
  if (typeof content === 'string') return content;
  return content.map((block) => block.text ?? JSON.stringify(block)).join('\n');
}

/** OpenAI's Responses, without streaming. */
const responses: Dialect = {
  read({ tools = [], input = [] }) {
    const outputs = input.filter(({ type }) => type === 'function_call_output');
    return { tools, results: outputs.map(({ output }) => textOf(output)), notices: [] };
  },
  write(response, answer) {
    const item =
      'text' in answer
        ? { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: answer.text, annotations: [] }] }
        : { type: 'function_call', call_id: answer.id, name: answer.name, arguments: JSON.stringify(answer.input) };
    const body = {
      id: `resp_${randomUUID()}`,
      object: 'response',
      created_at: 1_700_000_000,
      status: 'completed',
      model: 'scripted',
      error: null,
      incomplete_details: null,
      output: [{ id: `item_${randomUUID()}`, ...item, status: 'completed' }],
      usage: {
        input_tokens: 1,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: 1,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 2,
      },
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  },
};

/** Anthropic's Messages, streamed where asked for. */
const messages: Dialect = {
  read({ tools = [], messages = [] }) {
    const blocks = messages
      .filter(({ role }) => role === 'user')
      .flatMap(({ content }): Block[] => (typeof content === 'string' ? [{ type: 'text', text: content }] : content));
    const first = blocks.findIndex(({ type }) => type === 'tool_result');
    const after = first === -1 ? [] : blocks.slice(first);
    return {
      tools,
      results: after.filter(({ type }) => type === 'tool_result').map(({ content }) => textOf(content)),
      notices: after.filter(({ type }) => type === 'text').map(({ text = '' }) => text),
    };
  },
  write(response, answer, { stream }) {
    const isText = 'text' in answer;
    const stop = { stop_reason: isText ? 'end_turn' : 'tool_use', stop_sequence: null };
    const usage = { input_tokens: 1, output_tokens: 1 };
    const message = { id: `msg_${randomUUID()}`, type: 'message', role: 'assistant', model: 'scripted', usage };
    const block = isText ? { type: 'text', text: answer.text } : { type: 'tool_use', ...answer };
    if (!stream) {
      const body = { ...message, ...stop, content: [block] };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const send = (type: string, data: object) =>
      response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
    send('message_start', { message: { ...message, content: [], stop_reason: null, stop_sequence: null } });
    send('content_block_start', { index: 0, content_block: { ...block, ...(isText ? { text: '' } : { input: {} }) } });
    const delta = isText
      ? { type: 'text_delta', text: answer.text }
      : { type: 'input_json_delta', partial_json: JSON.stringify(answer.input) };
    send('content_block_delta', { index: 0, delta });
    send('content_block_stop', { index: 0 });
    send('message_delta', { delta: stop, usage });
    send('message_stop', {});
    response.end();
  },
};
