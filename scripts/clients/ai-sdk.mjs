import * as mcp from '@ai-sdk/mcp';
import { Experimental_StdioMCPTransport as StdioTransport } from '@ai-sdk/mcp/mcp-stdio';

/** The AI SDK's MCP client, which turns the tools into those of a model call. */
export async function connect(server) {
  const create = mcp.createMCPClient ?? mcp.experimental_createMCPClient;
  const client = await create({ transport: new StdioTransport(server) });
  const tools = await client.tools();
  return {
    list: async () => Object.keys(tools),
    call: (tool, input) => tools[tool].execute(input, { toolCallId: 'call', messages: [] }),
    close: () => client.close(),
  };
}
