import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Answer, Dialect, Turn } from './scripted-model.js';

interface Block {
  type?: string;
  text?: string;
  content?: string | Block[];
}
interface Body {
  stream?: boolean;
  tools?: { name: string }[];
  messages?: { role: string; content: string | Block[] }[];
}

/** Anthropic's Messages, streamed where asked for. */
export const anthropic: Dialect = {
  read(path, body): Turn | undefined {
    if (!isBody(body) || !path.endsWith('/v1/messages')) return undefined;
    const blocks = (body.messages ?? [])
      .filter(({ role }) => role === 'user')
      .flatMap(({ content }): Block[] => (typeof content === 'string' ? [{ type: 'text', text: content }] : content));
    const first = blocks.findIndex(({ type }) => type === 'tool_result');
    const after = first === -1 ? [] : blocks.slice(first);
    return {
      tools: (body.tools ?? []).map((tool) => ({ name: tool.name, definition: tool })),
      results: after.filter(({ type }) => type === 'tool_result').map(({ content }) => textOf(content)),
      notices: after.filter(({ type }) => type === 'text').map(({ text = '' }) => text),
    };
  },
  write(response, answer, _path, body) {
    if (isBody(body) && body.stream) stream(response, answer);
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(message(answer)));
  },
};

function isBody(body: unknown): body is Body {
  return typeof body === 'object' && body !== null;
}

function textOf(content: string | Block[] | undefined): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((block) => block.text ?? JSON.stringify(block)).join('\n');
}

const USAGE = { input_tokens: 1, output_tokens: 1 };

function message(answer: Answer): object {
  const block =
    'text' in answer
      ? { type: 'text', text: answer.text }
      : { type: 'tool_use', id: `toolu_${answer.index}`, name: answer.name, input: answer.input };
  return { ...header(), content: [block], stop_reason: stopReason(answer), usage: USAGE };
}

function header(): object {
  return {
    id: `msg_${randomUUID()}`,
    type: 'message',
    role: 'assistant',
    model: 'scripted',
    content: [],
    stop_sequence: null,
  };
}

function stopReason(answer: Answer): string {
  return 'text' in answer ? 'end_turn' : 'tool_use';
}

function stream(response: ServerResponse, answer: Answer): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (type: string, data: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  send('message_start', { message: { ...header(), stop_reason: null, usage: USAGE } });
  if ('text' in answer) {
    send('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
    send('content_block_delta', { index: 0, delta: { type: 'text_delta', text: answer.text } });
  } else {
    const block = { type: 'tool_use', id: `toolu_${answer.index}`, name: answer.name, input: {} };
    send('content_block_start', { index: 0, content_block: block });
    const delta = { type: 'input_json_delta', partial_json: JSON.stringify(answer.input) };
    send('content_block_delta', { index: 0, delta });
  }
  send('content_block_stop', { index: 0 });
  send('message_delta', { delta: { stop_reason: stopReason(answer), stop_sequence: null }, usage: USAGE });
  send('message_stop', {});
  response.end();
}
