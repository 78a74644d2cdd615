/**
 * Tries MCP clients from npm on the built server, against the fake API, and prints a table of what they can
 * do. They are installed into a folder of their own: needs the npm registry, and so is no part of the tests.
 * Clients as arguments (`npm run clients -- mcporter ai-sdk@2.0.99`) are run alone, in that version.
 */
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { FakeApi, TOKEN } from '../test/support/fake-api.js';
import {
  completedRecord,
  DOCUMENTED_ID,
  DOCUMENTED_VIDEO,
  documented,
  pendingRecord,
} from '../test/support/records.js';
import { CLIENTS, PEERS } from './clients/list.js';

const STEPS = ['lists', 'single', 'wait', 'batch', 'error'] as const;
/** The waited-for task is done this long after it was first asked for; the server looks again after 5 s. */
const RENDERING_MS = 2000;
const LIMIT_MS = 120_000;

/** A task that is done some time after the first look at it. */
function rendering(id: string) {
  let firstMs: number | undefined;
  let known = false;
  return () => {
    // The fake API reads the id once when the task is added.
    if (known) firstMs ??= performance.now();
    known = true;
    const done = firstMs !== undefined && performance.now() - firstMs > RENDERING_MS;
    return done ? completedRecord(id) : pendingRecord(id);
  };
}

function stepsFor(renderingId: string) {
  const tools = ['kling_get_task', 'kling_get_tasks_batch'] as const;
  const [single, batch] = tools;
  return [
    { step: 'lists', expected: tools.map((name) => `"${name}"`) },
    { step: 'single', tool: single, input: { task_id: DOCUMENTED_ID }, expected: [DOCUMENTED_VIDEO] },
    {
      step: 'wait',
      tool: single,
      input: { task_id: renderingId, wait_seconds: 30 },
      expected: ['"status":"completed"', `${renderingId}.mp4`],
    },
    {
      step: 'batch',
      tool: batch,
      input: { task_ids: [DOCUMENTED_ID, 'unknown-1'] },
      expected: [DOCUMENTED_VIDEO, '"not_found":["unknown-1"]'],
    },
    { step: 'error', tool: single, input: { task_id: 'unknown-1' }, expected: ['[task_not_found]'] },
  ];
}

async function tryClient(folder: string, module: string, fakeApi: FakeApi): Promise<Record<string, string>> {
  const renderingId = `rendering-${module}`;
  fakeApi.add(rendering(renderingId));
  const env = { PATH: process.env.PATH, ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: fakeApi.url };
  const entry = fileURLToPath(new URL('../dist/index.js', import.meta.url));
  const plan = { server: { command: process.execPath, args: [entry], env }, steps: stepsFor(renderingId) };
  const driver = pathToFileURL(join(folder, `${module}.mjs`)).href;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['run.mjs', driver, JSON.stringify(plan)], {
      cwd: folder,
      timeout: LIMIT_MS,
      maxBuffer: 16 * 1024 * 1024,
    });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}');
  } catch (error) {
    const text = error instanceof Error && 'stderr' in error ? `${error.message}\n${error.stderr}` : String(error);
    return { lists: `no: ${text.slice(0, 2000)}` };
  }
}

const wanted = new Map(process.argv.slice(2).map((argument) => [argument.split('@')[0], argument.split('@')[1]]));
const chosen = CLIENTS.filter(({ module }) => wanted.size === 0 || wanted.has(module));
const folder = mkdtempSync(join(tmpdir(), 'kling-clients-'));
const fakeApi = await FakeApi.start([documented]);
try {
  cpSync(fileURLToPath(new URL('clients', import.meta.url)), folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
  const packages = chosen.map(({ module, install, version }) => `${install}@${wanted.get(module) ?? version}`);
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages, ...PEERS], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  console.log(`| client (Node ${process.versions.node}) | version | ${STEPS.join(' | ')} |`);
  console.log(`| --- | --- | ${STEPS.map(() => '---').join(' | ')} |`);
  for (const { module, install } of chosen) {
    const { version } = JSON.parse(readFileSync(join(folder, 'node_modules', install, 'package.json'), 'utf8'));
    const results = await tryClient(folder, module, fakeApi);
    const cells = STEPS.map((step) => results[step] ?? 'no');
    console.log(`| ${install} | ${version} | ${cells.map((cell) => (cell === 'yes' ? 'yes' : 'NO')).join(' | ')} |`);
    for (const [step, result] of Object.entries(results))
      if (result !== 'yes') console.error(`${install}, ${step}: ${result}`);
    if (cells.some((cell) => cell !== 'yes')) process.exitCode = 1;
  }
} finally {
  await fakeApi.close();
  rmSync(folder, { recursive: true, force: true });
}
