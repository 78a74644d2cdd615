import { createRuntime } from 'mcporter';

/** mcporter as a library. */
export async function connect({ command, args, env }) {
  const server = { name: 'kling-tasks', command: { kind: 'stdio', command, args, cwd: process.cwd() }, env };
  const runtime = await createRuntime({ servers: [server] });
  return {
    listTools: async () => ({ tools: await runtime.listTools(server.name, { includeSchema: true }) }),
    callTool: ({ name, arguments: args }) => runtime.callTool(server.name, name, { args }),
    close: () => runtime.close(),
  };
}
