import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

/** The second generation of the protocol's own SDK, which validates results against the output schema. */
export async function connect(server) {
  const client = new Client({ name: 'clients', version: '1.0.0' });
  await client.connect(new StdioClientTransport(server));
  return {
    list: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: (tool, input) => client.callTool({ name: tool, arguments: input }),
    close: () => client.close(),
  };
}
