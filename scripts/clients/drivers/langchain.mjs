import { MultiServerMCPClient } from '@langchain/mcp-adapters';
import { ChatOpenAI } from '@langchain/openai';
import { createAgent } from 'langchain';

/** LangChain: its adapters make a tool of each, and its agent a loop around the model. */
export async function converse({ server, model, prompt }) {
  const client = new MultiServerMCPClient({ mcpServers: { 'kling-tasks': { transport: 'stdio', ...server } } });
  try {
    const chat = new ChatOpenAI({
      model: 'scripted',
      apiKey: 'none',
      useResponsesApi: true,
      configuration: { baseURL: model },
    });
    const agent = createAgent({ model: chat, tools: await client.getTools() });
    await agent.invoke({ messages: [{ role: 'user', content: prompt }] });
  } finally {
    await client.close();
  }
}
