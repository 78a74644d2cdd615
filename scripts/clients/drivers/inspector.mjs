import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const folder = new URL('../node_modules/@modelcontextprotocol/inspector/', import.meta.url);
const { bin } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
const CLI = fileURLToPath(new URL(bin['mcp-inspector'], folder));

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
    list: async () => (await ask('--method', 'tools/list')).tools,
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
