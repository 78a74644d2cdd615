import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CLI = fileURLToPath(new URL('node_modules/@modelcontextprotocol/inspector/cli/build/cli.js', import.meta.url));

/** MCP Inspector in CLI mode: a process a request. */
export async function connect({ command, args, env }) {
  async function ask(...request) {
    const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    const { stdout } = await promisify(execFile)(process.execPath, [
      CLI,
      '--cli',
      ...variables,
      command,
      ...args,
      ...request,
    ]);
    return JSON.parse(stdout);
  }
  return {
    list: async () => (await ask('--method', 'tools/list')).tools.map(({ name }) => name),
    call: (tool, input) => {
      const values = Object.entries(input).flatMap(([name, value]) => [
        '--tool-arg',
        `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
      ]);
      return ask('--method', 'tools/call', '--tool-name', tool, ...values);
    },
    close: async () => {},
  };
}
