import { getAllMcpTools, MCPServerStdio } from '@openai/agents';

/** OpenAI's agents, whose strict schemas allow less than JSON Schema does. */
export async function connect({ command, args, env }) {
  const server = new MCPServerStdio({ name: 'kling-tasks', command, args, env });
  await server.connect();
  return {
    list: async () => {
      const tools = await getAllMcpTools({ mcpServers: [server], convertSchemasToStrict: true });
      return tools.map(({ name }) => name);
    },
    call: (tool, input) => server.callTool(tool, input),
    close: () => server.close(),
  };
}
