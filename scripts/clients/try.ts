import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { anthropic } from './anthropic-model.js';
import { type FakeApi, rendering, SERVER, serverEnvironment } from './fake-api.js';
import type { Driver } from './install.js';
import type { ClientPackage } from './list.js';
import { openAi } from './openai-model.js';
import { ScriptedModel } from './scripted-model.js';
import { type Step, stepsFor } from './steps.js';
import { readWire, type Wire } from './wire.js';

const LIMIT_MS = 180_000;
const TAP = fileURLToPath(new URL('tap.mjs', import.meta.url));
const PROMPT = 'Look up my Kling tasks.';

/** What came of a client. */
export interface Outcome {
  /** The tools as the model was offered them, or as the client hands them to its caller where it has no model. */
  listed: unknown[];
  /** The text that came of each step, as the model was given it. */
  given: Partial<Record<Step['step'], string>>;
  wire: Wire;
  /** Why the client broke off. */
  failure?: string;
}

/** The client's steps; one that sits in a terminal is asked to wait and for nothing else. */
export function stepsOf({ module, terminal }: ClientPackage): Step[] {
  const steps = stepsFor(renderingId(module));
  return terminal ? steps.filter(({ step }) => step === 'wait') : steps;
}

function renderingId(module: string): string {
  return `rendering-${module}`;
}

/** Lets the client go through its steps on the built server, with a home of its own. */
export async function tryClient(client: ClientPackage, driver: Driver, api: FakeApi): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'kling-clients-'));
  const home = join(folder, 'home');
  const log = join(folder, 'wire.log');
  mkdirSync(home);
  api.add(rendering(renderingId(client.module)));
  const steps = stepsOf(client);
  const model = client.model && (await ScriptedModel.start(client.model === 'OpenAI' ? openAi : anthropic, steps));
  const server = {
    command: process.execPath,
    args: [TAP, log, process.execPath, SERVER],
    env: { PATH: process.env.PATH, ...serverEnvironment(api) },
  };
  try {
    const outcome = await runDriver(driver, { server, steps, model: model?.url, prompt: PROMPT }, home);
    return { ...outcome, ...(model && reachedModel(model, client, steps)), wire: readWire(log) };
  } finally {
    await model?.close();
    // What a client leaves running for a moment may still write into its home.
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

function reachedModel(model: ScriptedModel, client: ClientPackage, steps: Step[]): Pick<Outcome, 'listed' | 'given'> {
  const { results, notices } = model.turn;
  // The outcome of a wait in the background comes as a notice, after a first result that says so.
  const given = client.terminal
    ? { wait: [...results, ...notices].join('\n') }
    : Object.fromEntries(steps.map(({ step }, index) => [step, results[index] ?? '']));
  return { listed: model.offered, given };
}

async function runDriver(driver: Driver, plan: object, home: string): Promise<Omit<Outcome, 'wire'>> {
  const { program, args, cwd } = driver;
  const options = { cwd, env: environmentIn(home), timeout: LIMIT_MS, maxBuffer: 64 * 1024 * 1024 };
  try {
    const { stdout } = await promisify(execFile)(program, [...args, JSON.stringify(plan)], options);
    return { listed: [], given: {}, ...JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') };
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    return { listed: [], given: {}, failure: stderr || String(error) };
  }
}

/** The variables of this process without what would lead a client elsewhere: accounts, settings and proxies. */
function environmentIn(home: string): NodeJS.ProcessEnv {
  const foreign = /^(claude|anthropic|openai|langchain|langsmith)|(key|token|secret|password|proxy)$/i;
  const own = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return { ...Object.fromEntries(own), HOME: home, USERPROFILE: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home };
}
