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
import { driverOf } from './install.js';
import type { Client } from './list.js';
import { type Heard, ScriptedModel } from './model.js';
import { isTool, stepsFor, TOOLS } from './steps.js';

const LIMIT_MS = 180_000;
const TAP = fileURLToPath(new URL('tap.mjs', import.meta.url));
/** The second lookup, which comes after some seconds, finds the task done. */
const RENDERING_MS = 2000;

/** What came of a client. */
export interface Outcome {
  /** The versions of the protocol in which it spoke. */
  versions: string[];
  /** How often it polled for a task of the protocol. */
  polls: number;
  /** By what does not work: `tools`, a step, or `end`. Empty where all is well. */
  faults: Map<string, string>;
}

/**
 * Lets the client go through its steps on the built server, with a home of its own.
 * @throws Unavailable if it cannot be installed
 */
export async function tryClient(client: Client, api: FakeApi): Promise<Outcome> {
  const { program, args, cwd } = await driverOf(client);
  const folder = mkdtempSync(join(tmpdir(), 'kling-clients-'));
  const home = join(folder, 'home');
  mkdirSync(home);
  const wire = join(folder, 'wire.log');
  writeFileSync(wire, '');
  const renderingId = `rendering-${client.driver.replace('.', '-')}`;
  api.add(rendering(renderingId, RENDERING_MS), renderingId);
  // One that sits in a terminal is asked to wait, and for nothing else.
  const steps = stepsFor(renderingId).filter(({ step }) => step === 'wait' || !client.isInteractive);
  const model = await ScriptedModel.start(steps);
  const server = {
    command: process.execPath,
    args: [TAP, wire, process.execPath, ENTRY],
    env: { PATH: process.env.PATH, ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: api.url },
  };
  const plan = JSON.stringify({ server, steps, model: model.url, prompt: 'Look up my Kling tasks.' });
  const faults = new Map<string, string>();
  try {
    const options = { cwd, env: environmentIn(home), timeout: LIMIT_MS, maxBuffer: 64 * 1024 * 1024 };
    const { stdout } = await promisify(execFile)(program, [...args, plan], options).catch((error) => {
      faults.set(
        'end',
        String(error.stderr || error)
          .trim()
          .slice(-2000),
      );
      return { stdout: '' };
    });
    // An agent's model knows what came of it; where there is none, the driver tells.
    const report: Partial<Heard> = model.heard ?? JSON.parse(stdout.trim().split('\n').at(-1) || '{}');
    const { tools = [], given = [] } = report;
    const lacking = TOOLS.filter((tool) => !tools.some(({ name }) => isTool(name, tool)));
    if (lacking.length > 0) faults.set('tools', `without ${lacking.join(' and ')}`);
    for (const [index, { step, expected }] of steps.entries()) {
      // JSON within JSON is read too.
      const text = (given[index] ?? '').replaceAll('\\', '');
      if (!expected.every((part) => text.includes(part))) faults.set(step, text.slice(0, 1000) || 'nothing came of it');
    }
    const { versions, polls } = readWire(wire);
    if (client.isInteractive && polls === 0) faults.set('wait', 'it did not become a task');
    return { versions, polls, faults };
  } finally {
    await model.close();
    // What a client leaves running for a moment may still write into its home.
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** The variables of this process without what would lead a client elsewhere: accounts, settings and proxies. */
function environmentIn(home: string): NodeJS.ProcessEnv {
  const foreign = /^(claude|anthropic|openai|langchain|langsmith)|(key|token|secret|password|proxy)$/i;
  const own = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return { ...Object.fromEntries(own), HOME: home, USERPROFILE: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home };
}

/** What went over stdin and stdout, as tap.mjs wrote it down. */
function readWire(file: string): Pick<Outcome, 'versions' | 'polls'> {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  const messages = lines.map((line) => JSON.parse(line));
  const versions = messages.flatMap(({ method, params, result }) => {
    if (method === 'tools/call') return params._meta?.['io.modelcontextprotocol/protocolVersion'] ?? [];
    return result?.protocolVersion ?? [];
  });
  return { versions: [...new Set(versions)], polls: messages.filter(({ method }) => method === 'tasks/get').length };
}
