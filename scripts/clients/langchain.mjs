import { MultiServerMCPClient } from '@langchain/mcp-adapters';

/** LangChain's adapters, which make a LangChain tool of each and throw a tool error. */
export async function connect({ command, args, env }) {
  const client = new MultiServerMCPClient({
    mcpServers: { 'kling-tasks': { transport: 'stdio', command, args, env } },
  });
  const tools = await client.getTools();
  return {
    list: async () => tools.map(({ name }) => name),
    call: (name, input) => tools.find((tool) => tool.name === name).invoke(input),
    close: () => client.close(),
  };
}
