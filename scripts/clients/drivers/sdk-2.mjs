import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

/** The second generation of the protocol's own SDK: it asks for the newest era and falls back to `initialize`. */
export async function connect(server, mode = 'auto') {
  const client = new Client({ name: 'clients', version: '1.0.0' }, { versionNegotiation: { mode } });
  await client.connect(new StdioClientTransport(server));
  return client;
}
