import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmArguments } from '../npm.js';
import { type Client, NEWER_NODES } from './list.js';

const DRIVERS = fileURLToPath(new URL('drivers', import.meta.url));
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kling-tasks-mcp', 'clients');
/** The oldest major version on which all clients of npm run. */
const NODE_MAJOR = 24;

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
export async function driverOf({ driver, packages, isInteractive }: Client): Promise<Driver> {
  if (isInteractive) await run('tmux', ['-V']);
  if (driver.endsWith('.py')) {
    const cwd = await installed(packages, installWithPip);
    return { program: pythonIn(cwd), args: [join(DRIVERS, driver)], cwd };
  }
  const program = await newNode();
  const cwd = await installed(packages, installWithNpm);
  // A driver's imports are looked for in the folders above it.
  cpSync(DRIVERS, join(cwd, 'drivers'), { recursive: true });
  return { program, args: [join(cwd, 'drivers', 'run.mjs'), `./${driver}`], cwd };
}

/** The running Node, or a newer one from npm where that is too old. */
async function newNode(): Promise<string> {
  if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR) return process.execPath;
  const newer = NEWER_NODES[`${process.platform}-${process.arch}`];
  if (!newer) throw new Unavailable(`needs Node ${NODE_MAJOR} or newer`);
  return join(await installed([newer], installWithNpm), 'node_modules', newer.replace(/@.*/, ''), 'bin', 'node');
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
  await install(folder, packages);
  writeFileSync(marker, content);
  return folder;
}

async function installWithNpm(folder: string, packages: readonly string[]): Promise<void> {
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
  const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  await run(process.execPath, npmArguments('install', ...options, ...packages), folder);
}

async function installWithPip(folder: string, packages: readonly string[]): Promise<void> {
  await run('python3', ['-m', 'venv', folder]);
  const options = ['--quiet', '--disable-pip-version-check', '--only-binary=:all:'];
  await run(pythonIn(folder), ['-m', 'pip', 'install', ...options, ...packages]);
}

const pythonIn = (folder: string) => join(folder, 'bin', 'python');

/**
 * Runs a program whose messages and progress the user sees on stderr.
 * @throws Unavailable if it is not there, or fails
 */
async function run(program: string, args: string[], cwd = '.'): Promise<void> {
  const ended = once(spawn(program, args, { cwd, stdio: ['ignore', process.stderr, 'inherit'] }), 'close');
  const [code] = await ended.catch((error) => [error.message]);
  if (code !== 0) throw new Unavailable(`${basename(program)} ended with ${code}`);
}
