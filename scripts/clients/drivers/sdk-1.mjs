import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

/** The first generation of the protocol's own SDK, which begins with `initialize`. */
export async function connect(server) {
  const client = new Client({ name: 'clients', version: '1.0.0' });
  await client.connect(new StdioClientTransport(server));
  return client;
}
