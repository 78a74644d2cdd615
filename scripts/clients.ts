/**
 * Tries other MCP clients on the built server, against the fake API, and prints a table of what they can do and what
 * reached their model. They come from npm and PyPI into a folder of the user's cache, and so are no part of the tests.
 * Clients as arguments (`npm run clients -- mcporter ai-sdk@2.0.99`) are tried alone, in that version; `--show` prints
 * all that was given. Exit code 1 where something does not work; what cannot be tried on this machine is told as skipped.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { anthropic } from './clients/anthropic-model.js';
import { FakeApi, rendering, SERVER, serverEnvironment } from './clients/fake-api.js';
import { type Driver, driverOf, installedVersion, Unavailable } from './clients/install.js';
import { CLIENTS, type ClientPackage } from './clients/list.js';
import { openAi } from './clients/openai-model.js';
import { ScriptedModel } from './clients/scripted-model.js';
import { missingFrom, type Step, stepsFor, TOOLS } from './clients/steps.js';
import { isModern, readWire, type Wire } from './clients/wire.js';

const COLUMNS = ['lists', 'single', 'wait', 'batch', 'error'] as const;
const LIMIT_MS = 180_000;
const TAP = fileURLToPath(new URL('clients/tap.mjs', import.meta.url));
const PROMPT = 'Look up my Kling tasks.';

/** What came of a client: its tools as the model or the caller got them, and the text for each call. */
interface Outcome {
  listed: unknown[];
  given: Partial<Record<Step['step'], string>>;
  wire: Wire;
  /** Why the client broke off. */
  failure?: string;
}

/** The variables of this process without what would lead a client elsewhere: accounts, settings and proxies. */
function clientEnvironment(home: string): NodeJS.ProcessEnv {
  const foreign = /^(claude|anthropic|openai|langchain|langsmith)|(key|token|secret|password|proxy)$/i;
  const own = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return { ...Object.fromEntries(own), HOME: home, USERPROFILE: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home };
}

async function tryClient(client: ClientPackage, driver: Driver, api: FakeApi): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'kling-clients-'));
  const renderingId = `rendering-${client.module}`;
  api.add(rendering(renderingId));
  const all = stepsFor(renderingId);
  const steps = client.terminal ? all.filter(({ step }) => step === 'wait') : all;
  const model = client.model && (await ScriptedModel.start(client.model === 'OpenAI' ? openAi : anthropic, steps));
  const log = join(folder, 'wire.log');
  const home = join(folder, 'home');
  mkdirSync(home);
  const args = [TAP, log, process.execPath, SERVER];
  const server = { command: process.execPath, args, env: { PATH: process.env.PATH, ...serverEnvironment(api) } };
  const plan = { server, steps, model: model?.url, prompt: PROMPT };
  try {
    const outcome = await runDriver(driver, plan, clientEnvironment(home));
    if (model) {
      const { results, notices } = model.turn;
      outcome.listed = model.offered;
      for (const [index, { step }] of steps.entries()) outcome.given[step] = results[index] ?? '';
      if (client.terminal) outcome.given.wait = [...results, ...notices].join('\n');
    }
    return { ...outcome, wire: readWire(log) };
  } finally {
    await model?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runDriver(driver: Driver, plan: object, env: NodeJS.ProcessEnv): Promise<Omit<Outcome, 'wire'>> {
  const { program, args, cwd } = driver;
  const options = { cwd, env, timeout: LIMIT_MS, maxBuffer: 64 * 1024 * 1024 };
  try {
    const { stdout } = await promisify(execFile)(program, [...args, JSON.stringify(plan)], options);
    return { listed: [], given: {}, ...JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') };
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    return { listed: [], given: {}, failure: stderr.trim() || String(error) };
  }
}

/** What does not work, by column. A client that has a terminal is asked to wait, and for nothing else. */
function faultsOf(client: ClientPackage, { listed, given, wire }: Outcome): Map<string, string> {
  const faults = new Map<string, string>();
  const names = missingFrom(JSON.stringify(listed), { expected: [...TOOLS] });
  if (names.length > 0) faults.set('lists', `lacks ${names.join(', ')}`);
  for (const step of stepsFor(`rendering-${client.module}`)) {
    if (client.terminal && step.step !== 'wait') continue;
    const text = given[step.step] ?? '';
    if (missingFrom(text, step).length > 0) faults.set(step.step, text.slice(0, 1000) || 'no call was made');
  }
  if (client.expects && !isModern(wire)) faults.set('era', `it must be 2026-07-28, not ${eraOf(wire)}`);
  if (client.expects === 'tasks' && wire.tasks === 0) faults.set('wait', 'the wait did not become a task');
  return faults;
}

function eraOf({ versions, tasks, polls }: Wire): string {
  const handles = tasks > 0 ? `, ${tasks} as a task with ${polls} polls` : '';
  return `${versions.join(' and ') || 'none'}${handles}`;
}

/** How much the model was given, and how it begins. */
function summaryOf({ listed, given }: Outcome): string {
  const start = (text: string) => text.replace(/\s+/g, ' ').slice(0, 48);
  const parts = [`tools: ${countTokens(JSON.stringify(listed))} tokens`];
  for (const step of ['single', 'wait', 'error'] as const) {
    const text = given[step];
    if (text && (step !== 'wait' || !given.single)) parts.push(`${step}: ${countTokens(text)} tokens, ${start(text)}…`);
  }
  return parts.join('; ').replaceAll('|', '\\|');
}

function row(cells: string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

function report(client: ClientPackage, version: string, outcome: Outcome, show: boolean): boolean {
  const faults = faultsOf(client, outcome);
  const cells = COLUMNS.map((column) => {
    if (client.terminal && column !== 'wait' && column !== 'lists') return '–';
    return faults.has(column) ? 'NO' : 'yes';
  });
  const era = `${eraOf(outcome.wire)}${faults.has('era') ? ' (NO)' : ''}`;
  row([`${client.label} ${version}`, era, ...cells, summaryOf(outcome)]);
  for (const [column, text] of faults) console.error(`${client.label}, ${column}: ${text}`);
  if (outcome.failure) console.error(`${client.label} broke off: ${outcome.failure.slice(-2000)}`);
  if (show) console.error(JSON.stringify({ tools: outcome.listed, ...outcome.given }, null, 2));
  return faults.size === 0 && !outcome.failure;
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { show: { type: 'boolean', default: false } },
});
const wanted = new Map(positionals.map((argument) => [argument.split('@')[0], argument.split('@')[1]]));
const unknown = [...wanted.keys()].filter((name) => !CLIENTS.some(({ module }) => module === name));
if (unknown.length > 0)
  throw new Error(`Not known: ${unknown.join(', ')}. It is one of: ${CLIENTS.map(({ module }) => module).join(', ')}.`);

const api = await FakeApi.start();
try {
  row([`client (server on Node ${process.versions.node})`, 'era', ...COLUMNS, 'what the model was given']);
  row(Array(COLUMNS.length + 3).fill('---'));
  for (const listed of CLIENTS.filter(({ module }) => wanted.size === 0 || wanted.has(module))) {
    const client = { ...listed, version: wanted.get(listed.module) ?? listed.version };
    try {
      const driver = await driverOf(client);
      const passed = report(
        client,
        installedVersion(client, driver),
        await tryClient(client, driver, api),
        values.show,
      );
      if (!passed) process.exitCode = 1;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      row([`${client.label} ${client.version}`, ...Array(COLUMNS.length + 1).fill('–'), `skipped: ${error.message}`]);
    }
  }
} finally {
  await api.close();
}
