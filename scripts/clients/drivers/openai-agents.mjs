import { Agent, MCPServerStdio, OpenAIProvider, Runner } from '@openai/agents';

/** OpenAI's agents. Their default limit for a call is too short for a wait, so it is raised as users have to. */
export async function converse({ server, model, prompt }) {
  const mcp = new MCPServerStdio({ name: 'kling-tasks', ...server, timeout: 60_000 });
  await mcp.connect();
  try {
    const runner = new Runner({
      modelProvider: new OpenAIProvider({ apiKey: 'none', baseURL: model }),
      tracingDisabled: true,
    });
    await runner.run(new Agent({ name: 'clients', model: 'scripted', mcpServers: [mcp] }), prompt);
  } finally {
    await mcp.close();
  }
}
