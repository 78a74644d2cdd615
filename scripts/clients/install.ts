import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmArguments } from '../npm.js';
import { type Client, NEWER_NODES } from './list.js';

const DRIVERS = fileURLToPath(new URL('drivers', import.meta.url));
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kling-tasks-mcp', 'clients');

/** The client cannot be tried on this machine, which is neither a success nor a failure. */
export class Unavailable extends Error {}

/** How a client's driver is started; the plan is the last argument. */
export interface Driver {
  program: string;
  args: string[];
  /** The folder that the client is installed in. */
  cwd: string;
}

/**
 * Installs the client into a folder of the user's cache, unless it is there in its exact version. Says so on stderr, where
 * npm and pip show their progress.
 * @throws Unavailable with the reason, where that does not work here
 */
export async function driverOf(client: Client): Promise<Driver> {
  if (client.terminal) await run('tmux', ['-V']).catch(unavailable('no tmux'));
  if (client.driver.endsWith('.py')) {
    const cwd = await installed(client.packages, installWithPip);
    return { program: pythonIn(cwd), args: [join(DRIVERS, client.driver)], cwd };
  }
  const program = await nodeFor(client.minNode ?? 0);
  const cwd = await installed(client.packages, installWithNpm);
  // A driver's imports are looked for in the folders above it.
  cpSync(DRIVERS, join(cwd, 'drivers'), { recursive: true });
  return { program, args: [join(cwd, 'drivers', 'run.mjs'), `./${client.driver}`], cwd };
}

/** The running Node, or a newer one from npm where that is too old. */
async function nodeFor(minMajor: number): Promise<string> {
  if (Number.parseInt(process.versions.node, 10) >= minMajor) return process.execPath;
  const newer = NEWER_NODES[`${process.platform}-${process.arch}`];
  if (!newer) throw new Unavailable(`needs Node ${minMajor} or newer`);
  const folder = await installed([newer], installWithNpm);
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  return join(folder, 'node_modules', newer.replace(/@.*/, ''), 'bin', file);
}

/** The folder in which the packages are installed; it is named after the first of them. */
async function installed(
  packages: Client['packages'],
  install: (folder: string, packages: readonly string[]) => Promise<void>,
): Promise<string> {
  const folder = join(CACHE, packages[0].replace(/[^\w.]+/g, '-'));
  const marker = join(folder, 'installed.json');
  const content = JSON.stringify(packages);
  if (existsSync(marker) && readFileSync(marker, 'utf8') === content) return folder;
  console.error(`Installing ${packages.join(', ')} into ${folder}, once; that may take a minute …`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await install(folder, packages).catch(unavailable('not installed: see above'));
  writeFileSync(marker, content);
  return folder;
}

async function installWithNpm(folder: string, packages: readonly string[]): Promise<void> {
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
  const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  await run(process.execPath, npmArguments('install', ...options, ...packages), folder);
}

async function installWithPip(folder: string, packages: readonly string[]): Promise<void> {
  await run(process.platform === 'win32' ? 'python' : 'python3', ['-m', 'venv', folder]);
  const options = ['--quiet', '--disable-pip-version-check', '--only-binary=:all:'];
  await run(pythonIn(folder), ['-m', 'pip', 'install', ...options, ...packages]);
}

function pythonIn(folder: string): string {
  return process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
}

/** Runs a program whose messages and progress the user sees on stderr. */
async function run(program: string, args: string[], cwd = '.'): Promise<void> {
  const [code] = await once(spawn(program, args, { cwd, stdio: ['ignore', process.stderr, 'inherit'] }), 'close');
  if (code !== 0) throw new Error(`${program} exited with code ${code}`);
}

function unavailable(reason: string): () => never {
  return () => {
    throw new Unavailable(reason);
  };
}
