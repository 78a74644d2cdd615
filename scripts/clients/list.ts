/** An MCP client from npm, which the module of that name in this folder drives. */
export interface ClientPackage {
  module: string;
  install: string;
  version: string;
  label: string;
}

/** The clients that are tried: the newest version of each that runs on Node 20, the oldest that the server runs on. */
export const CLIENTS: readonly ClientPackage[] = [
  {
    module: 'inspector',
    install: '@modelcontextprotocol/inspector',
    version: '0.15.0',
    label: 'MCP Inspector, CLI mode',
  },
  { module: 'sdk-2', install: '@modelcontextprotocol/client', version: '2.4.0', label: 'MCP SDK 2' },
  { module: 'mcporter', install: 'mcporter', version: '0.7.3', label: 'mcporter' },
  { module: 'ai-sdk', install: '@ai-sdk/mcp', version: '1.0.100', label: 'AI SDK' },
  { module: 'langchain', install: '@langchain/mcp-adapters', version: '1.1.4', label: 'LangChain' },
  { module: 'openai-agents', install: '@openai/agents', version: '0.20.0', label: 'OpenAI Agents SDK' },
];

/** What the clients want installed beside them. */
export const PEERS = ['@langchain/core@1.4.0', '@langchain/langgraph@1.7.3', 'zod@4.6.7'];
