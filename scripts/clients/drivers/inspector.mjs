import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const folder = new URL('../node_modules/@modelcontextprotocol/inspector/', import.meta.url);
const CLI = fileURLToPath(new URL('clients/launcher/build/index.js', folder));

/** MCP Inspector in CLI mode: a process a request. */
export async function connect({ command, args, env }) {
  async function ask(...request) {
    const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    const argv = [CLI, '--cli', ...variables, ...request, '--', command, ...args];
    // It prints a tool's error, and exits with a code of its own.
    const run = promisify(execFile)(process.execPath, argv).catch((error) =>
      error.stdout ? error : Promise.reject(new Error(error.stderr || error.message)),
    );
    return JSON.parse((await run).stdout);
  }
  return {
    listTools: () => ask('--method', 'tools/list'),
    callTool: ({ name, arguments: input }) => {
      const values = Object.entries(input).map(([key, value]) =>
        typeof value === 'string' ? `${key}=${value}` : `${key}=${JSON.stringify(value)}`,
      );
      return ask('--method', 'tools/call', '--tool-name', name, ...values.flatMap((value) => ['--tool-arg', value]));
    },
    close: async () => {},
  };
}
