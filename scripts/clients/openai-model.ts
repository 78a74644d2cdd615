import { randomUUID } from 'node:crypto';
import type { Answer, Dialect, Turn } from './scripted-model.js';

interface Part {
  text?: string;
}
interface Item {
  type?: string;
  role?: string;
  content?: string | Part[];
  output?: string | Part[];
}
interface Tool {
  name?: string;
  function?: { name: string };
}
interface Body {
  tools?: Tool[];
  /** Chat Completions. */
  messages?: Item[];
  /** Responses. */
  input?: string | Item[];
}

const USAGE_DETAILS = { input_tokens_details: { cached_tokens: 0 }, output_tokens_details: { reasoning_tokens: 0 } };

/** OpenAI's Responses and Chat Completions, without streaming. */
export const openAi: Dialect = {
  read(path, body): Turn | undefined {
    if (!isBody(body) || !/\/(responses|chat\/completions)$/.test(path)) return undefined;
    const items = body.messages ?? (Array.isArray(body.input) ? body.input : []);
    const tools = (body.tools ?? []).map((tool) => ({
      name: tool.name ?? tool.function?.name ?? '',
      definition: tool,
    }));
    const results = items.flatMap((item) => {
      if (item.type === 'function_call_output') return [textOf(item.output)];
      return item.role === 'tool' ? [textOf(item.content)] : [];
    });
    return { tools, results, notices: [] };
  },
  write(response, answer, path) {
    const body = path.endsWith('/responses') ? responsesBody(answer) : completionBody(answer);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  },
};

function isBody(body: unknown): body is Body {
  return typeof body === 'object' && body !== null;
}

function textOf(content: string | Part[] | undefined): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => part.text ?? JSON.stringify(part)).join('\n');
}

function responsesBody(answer: Answer): object {
  const item =
    'text' in answer
      ? { type: 'message', id: `msg_${randomUUID()}`, role: 'assistant', content: [outputText(answer.text)] }
      : {
          type: 'function_call',
          id: `fc_${answer.index}`,
          call_id: `call_${answer.index}`,
          name: answer.name,
          arguments: JSON.stringify(answer.input),
        };
  return {
    id: `resp_${randomUUID()}`,
    object: 'response',
    created_at: 1_700_000_000,
    status: 'completed',
    model: 'scripted',
    error: null,
    incomplete_details: null,
    output: [{ ...item, status: 'completed' }],
    usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2, ...USAGE_DETAILS },
  };
}

function outputText(text: string): object {
  return { type: 'output_text', text, annotations: [] };
}

function completionBody(answer: Answer): object {
  const call = 'name' in answer && {
    id: `call_${answer.index}`,
    type: 'function',
    function: { name: answer.name, arguments: JSON.stringify(answer.input) },
  };
  const message = call ? { content: null, tool_calls: [call] } : { content: 'text' in answer ? answer.text : '' };
  return {
    // LangChain takes a second answer with the same id for a new version of the first.
    id: `chatcmpl-${randomUUID()}`,
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'scripted',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', ...message },
        finish_reason: call ? 'tool_calls' : 'stop',
        logprobs: null,
      },
    ],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  };
}
