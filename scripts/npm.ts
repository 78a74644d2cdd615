import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Where npm lies beside the running Node: on Windows in the same folder, elsewhere under lib/. */
const BESIDE_NODE = ['node_modules/npm/bin/npm-cli.js', '../lib/node_modules/npm/bin/npm-cli.js'];

/**
 * The arguments with which Node runs npm: `execFile(process.execPath, npmArguments('pack'))`. On Windows `npm` and `npx`
 * are batch files, which start only through a shell, and a shell takes a path with a space in it apart.
 * @throws where no npm is found
 */
export function npmArguments(...args: string[]): string[] {
  const running = process.env.npm_execpath ?? '';
  const candidates = BESIDE_NODE.map((path) => join(dirname(process.execPath), path));
  // Another package manager sets the variable to its own program; npx sets it to npx-cli.js.
  if (/^np[mx]-cli\.js$/.test(basename(running))) candidates.unshift(join(dirname(running), 'npm-cli.js'));
  const cli = candidates.find((path) => existsSync(path));
  if (!cli) throw new Error(`npm is not where it was looked for: ${candidates.join(', ')}. Start this with npm run.`);
  return [cli, ...args];
}
