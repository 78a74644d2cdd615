import { createMCPClient } from '@ai-sdk/mcp';
import { StdioMCPTransport } from '@ai-sdk/mcp/mcp-stdio';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, isStepCount } from 'ai';

/** The AI SDK: its MCP client turns the tools into those of a model call. */
export async function converse({ server, steps, model, prompt }) {
  const client = await createMCPClient({ transport: new StdioMCPTransport(server) });
  try {
    const openai = createOpenAI({ baseURL: model, apiKey: 'none' });
    const tools = await client.tools();
    await generateText({ model: openai('scripted'), tools, prompt, stopWhen: isStepCount(steps.length + 1) });
  } finally {
    await client.close();
  }
}
