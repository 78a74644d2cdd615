import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type FakeApi, TOKEN } from '../../test/support/fake-api.js';
import { ENTRY } from '../../test/support/server-process.js';
import { rendering } from '../rendering.js';
import type { Driver } from './install.js';
import type { Client } from './list.js';
import { ScriptedModel } from './model.js';
import { isTool, type Step, stepsFor, TOOLS } from './steps.js';

const LIMIT_MS = 180_000;
const TAP = fileURLToPath(new URL('tap.mjs', import.meta.url));
/** The second lookup, which comes after some seconds, finds the task done. */
const RENDERING_MS = 2000;

/** What came of a client. */
export interface Outcome {
  /** The tools as its model was offered them, or as it hands them to its caller where it has no model. */
  tools: { name: string }[];
  /** The text that came of each step, as the model was given it. */
  given: Partial<Record<Step['step'], string>>;
  /** The versions of the protocol in which it spoke. */
  versions: string[];
  /** How often it polled for a task of the protocol. */
  polls: number;
  /** By what does not work: `tools`, `protocol`, a step, or `end`. Empty where all is well. */
  faults: Map<string, string>;
}

/** Lets the client go through its steps on the built server, with a home of its own. */
export async function tryClient(client: Client, driver: Driver, api: FakeApi): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'kling-clients-'));
  const home = join(folder, 'home');
  mkdirSync(home);
  const wire = join(folder, 'wire.log');
  writeFileSync(wire, '');
  const renderingId = `rendering-${client.driver.replace('.', '-')}`;
  api.add(rendering(renderingId, RENDERING_MS), renderingId);
  // One that sits in a terminal is asked to wait, and for nothing else.
  const steps = stepsFor(renderingId).filter(({ step }) => step === 'wait' || !client.terminal);
  const model = client.hasModel ? await ScriptedModel.start(steps) : undefined;
  const server = {
    command: process.execPath,
    args: [TAP, wire, process.execPath, ENTRY],
    env: { PATH: process.env.PATH, ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: api.url },
  };
  try {
    const plan = { server, steps, model: model?.url, prompt: 'Look up my Kling tasks.' };
    const report = await runDriver(driver, plan, home);
    const { tools, given } = model ? heardBy(model, client, steps) : report;
    const spoken = readWire(wire);
    return { tools, given, ...spoken, faults: faultsOf(client, steps, { tools, given, ...spoken }, report.failure) };
  } finally {
    await model?.close();
    // What a client leaves running for a moment may still write into its home.
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

type Report = Pick<Outcome, 'tools' | 'given'> & { failure?: string };

async function runDriver({ program, args, cwd }: Driver, plan: object, home: string): Promise<Report> {
  const options = { cwd, env: environmentIn(home), timeout: LIMIT_MS, maxBuffer: 64 * 1024 * 1024 };
  try {
    const { stdout } = await promisify(execFile)(program, [...args, JSON.stringify(plan)], options);
    return { tools: [], given: {}, ...JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') };
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    return { tools: [], given: {}, failure: stderr || String(error) };
  }
}

/** The variables of this process without what would lead a client elsewhere: accounts, settings and proxies. */
function environmentIn(home: string): NodeJS.ProcessEnv {
  const foreign = /^(claude|anthropic|openai|langchain|langsmith)|(key|token|secret|password|proxy)$/i;
  const own = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return { ...Object.fromEntries(own), HOME: home, USERPROFILE: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home };
}

function heardBy({ turn }: ScriptedModel, { terminal }: Client, steps: Step[]): Report {
  // The outcome of a wait in the background comes as a notice, after a first result that says so.
  const texts = terminal ? [[...turn.results, ...turn.notices].join('\n')] : turn.results;
  return { tools: turn.tools, given: Object.fromEntries(steps.map(({ step }, index) => [step, texts[index] ?? ''])) };
}

/** What went over stdin and stdout, as tap.mjs wrote it down. */
function readWire(file: string): Pick<Outcome, 'versions' | 'polls'> {
  const messages = readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const versions = messages.flatMap(({ method, params, result }) => {
    if (method === 'tools/call') return params._meta?.['io.modelcontextprotocol/protocolVersion'] ?? [];
    return result?.protocolVersion ?? [];
  });
  return { versions: [...new Set(versions)], polls: messages.filter(({ method }) => method === 'tasks/get').length };
}

function faultsOf(
  { expects }: Client,
  steps: Step[],
  { tools, given, versions, polls }: Omit<Outcome, 'faults'>,
  failure: string | undefined,
): Map<string, string> {
  const faults = new Map<string, string>();
  const lacking = TOOLS.filter((tool) => !tools.some(({ name }) => isTool(name, tool)));
  if (lacking.length > 0) faults.set('tools', `without ${lacking.join(' and ')}`);
  for (const { step, expected } of steps) {
    // JSON within JSON is read too.
    const text = (given[step] ?? '').replaceAll('\\', '');
    if (!expected.every((part) => text.includes(part))) faults.set(step, text.slice(0, 1000) || 'nothing came of it');
  }
  if (expects && `${versions}` !== '2026-07-28') faults.set('protocol', `not 2026-07-28: ${versions}`);
  if (expects === 'tasks' && polls === 0) faults.set('wait', 'it did not become a task');
  if (failure) faults.set('end', failure.slice(-2000));
  return faults;
}
