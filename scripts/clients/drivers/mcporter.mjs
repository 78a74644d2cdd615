import { createRuntime } from 'mcporter';

/** mcporter as a library. */
export async function connect({ command, args, env }) {
  const name = 'kling-tasks';
  const server = { name, command: { kind: 'stdio', command, args, cwd: process.cwd() }, env };
  const runtime = await createRuntime({ servers: [server] });
  return {
    list: () => runtime.listTools(name, { includeSchema: true }),
    call: (tool, input) => runtime.callTool(name, tool, { args: input }),
    close: () => runtime.close(),
  };
}
