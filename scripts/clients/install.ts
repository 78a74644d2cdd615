import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { npmArguments } from '../npm.js';
import { type ClientPackage, NEWER_NODES } from './list.js';

const run = promisify(execFile);
const DRIVERS = fileURLToPath(new URL('drivers', import.meta.url));
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kling-tasks-mcp', 'clients');
/** Names that a Python 3 goes by, the likeliest to be new enough first. */
const PYTHONS = ['python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3', 'python'];

/** The client cannot be tried on this machine, which is neither a success nor a failure. */
export class Unavailable extends Error {}

/** How a client's driver is started; the plan is the last argument. */
export interface Driver {
  program: string;
  args: string[];
  cwd: string;
}

/**
 * Installs the client into a folder of the user's cache, unless it is there, in its exact version.
 * @throws Unavailable with the reason, where that does not work here
 */
export async function driverOf(client: ClientPackage): Promise<Driver> {
  if (client.terminal) await needTmux();
  const packages = [`${client.install}@${client.version}`, ...(client.beside ?? [])];
  if (client.registry === 'PyPI') {
    const folder = await once(packages, installWithPip);
    return { program: pythonIn(folder), args: [join(DRIVERS, `${client.module}.py`)], cwd: folder };
  }
  const program = await nodeProgram(client.minNode ?? 0);
  const folder = await once(packages, installWithNpm);
  // The driver's imports are looked for in the folders above it.
  cpSync(DRIVERS, join(folder, 'drivers'), { recursive: true });
  const module = pathToFileURL(join(folder, 'drivers', `${client.module}.mjs`)).href;
  return { program, args: [join(folder, 'drivers', 'run.mjs'), module], cwd: folder };
}

/**
 * The running Node, or a newer one from npm where that is too old.
 * @throws Unavailable where npm has none for this platform
 */
async function nodeProgram(minMajor: number): Promise<string> {
  if (Number.parseInt(process.versions.node, 10) >= minMajor) return process.execPath;
  const newer = NEWER_NODES[`${process.platform}-${process.arch}`];
  if (!newer) throw new Unavailable(`needs Node ${minMajor} or newer`);
  const folder = await once([`${newer.install}@${newer.version}`], installWithNpm);
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  return join(folder, 'node_modules', newer.install, 'bin', file);
}

/** Runs the installation in a folder that is named after the packages, once for all runs to come. */
async function once(
  packages: string[],
  install: (folder: string, packages: string[]) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(packages)).digest('hex').slice(0, 12);
  const folder = join(CACHE, `${packages[0]?.replace(/[^\w.@-]+/g, '-')}-${hash}`);
  const complete = join(folder, 'installed.json');
  if (existsSync(complete)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    await install(folder, packages);
  } catch (error) {
    throw error instanceof Unavailable ? error : new Unavailable(`not installed: ${reasonOf(error)}`);
  }
  writeFileSync(complete, JSON.stringify(packages));
  return folder;
}

async function installWithNpm(folder: string, packages: string[]): Promise<void> {
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
  const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  await run(process.execPath, npmArguments('install', ...options, ...packages), { cwd: folder });
}

async function installWithPip(folder: string, packages: string[]): Promise<void> {
  await run(await findPython(), ['-m', 'venv', folder]);
  const options = ['--quiet', '--disable-pip-version-check', '--only-binary=:all:'];
  const [name = ''] = packages;
  await run(pythonIn(folder), ['-m', 'pip', 'install', ...options, name.replace(/@(?=[\d.]+$)/, '==')]);
}

function pythonIn(folder: string): string {
  return process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
}

async function findPython(): Promise<string> {
  for (const name of PYTHONS) {
    const isNewEnough = 'import sys, venv; sys.exit(sys.version_info < (3, 10))';
    const found = await run(name, ['-c', isNewEnough]).catch(() => undefined);
    if (found) return name;
  }
  throw new Unavailable('no Python 3.10 or newer');
}

async function needTmux(): Promise<void> {
  await run('tmux', ['-V']).catch(() => Promise.reject(new Unavailable('no tmux')));
}

/** The line of a failed installation's output that says most. */
function reasonOf(error: unknown): string {
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
  const lines = stderr.split('\n').filter((line) => /^(npm error|ERROR:) (?!code|syscall|errno|Ignored)./.test(line));
  return (lines[0] ?? String(error)).slice(0, 200);
}
