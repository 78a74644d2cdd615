import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anthropic } from '../../scripts/clients/anthropic-model.js';
import { FakeApi } from '../../scripts/clients/fake-api.js';
import { CLIENTS, type ClientPackage } from '../../scripts/clients/list.js';
import { openAi } from '../../scripts/clients/openai-model.js';
import { faultsOf } from '../../scripts/clients/report.js';
import { ScriptedModel } from '../../scripts/clients/scripted-model.js';
import { isNamed } from '../../scripts/clients/steps.js';
import { type Outcome, tryClient } from '../../scripts/clients/try.js';
import { isModern, readWire } from '../../scripts/clients/wire.js';

const VERSION = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
const DRIVERS = 'scripts/clients/drivers';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kling-clients-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function clientOf(module: string): ClientPackage {
  const client = CLIENTS.find((each) => each.module === module);
  if (!client) throw new Error(`no ${module}`);
  return client;
}

describe('the list of clients', () => {
  test('has exact versions, and a driver for each', () => {
    const drivers = readdirSync(DRIVERS);
    for (const { module, registry, version, beside = [] } of CLIENTS) {
      expect(drivers).toContain(`${module}.${registry === 'npm' ? 'mjs' : 'py'}`);
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      for (const other of beside) expect(other).toMatch(/.@\d+\.\d+\.\d+$/);
    }
  });
});

describe('trying a client', () => {
  const client = clientOf('sdk-1');
  let outcome: Outcome;

  // The SDK of the first generation, which the tests have.
  beforeAll(async () => {
    const driver = { program: process.execPath, args: [join(DRIVERS, 'run.mjs'), './sdk-1.mjs'], cwd: process.cwd() };
    const api = await FakeApi.start();
    outcome = await tryClient(client, driver, api);
    await api.close();
  });

  test('finds no fault with one that works, and says what it was given in which version of the protocol', () => {
    expect(faultsOf(client, outcome)).toEqual(new Map());
    expect(outcome.wire).toEqual({ versions: ['2025-11-25'], tasks: 0, polls: 0 });
    expect(outcome.given.error).toMatch(/^\[task_not_found\]/);
  });

  test('finds the fault of one that falls back although it must not', () => {
    expect([...faultsOf({ ...client, expects: 'modern' }, outcome).keys()]).toEqual(['era']);
    expect([...faultsOf({ ...client, expects: 'tasks' }, outcome).keys()]).toEqual(['era', 'wait']);
  });

  test('finds every fault of one that breaks off', () => {
    const nothing = { listed: [], given: {}, wire: { versions: [], tasks: 0, polls: 0 }, failure: 'It broke.' };
    const columns = ['lists', 'single', 'wait', 'batch', 'error', 'broke off'];
    expect([...faultsOf(client, nothing).keys()]).toEqual(columns);
  });
});

describe('the era that was spoken', () => {
  function wireOf(...lines: [from: string, message: object][]) {
    const file = join(folder, 'wire.log');
    writeFileSync(file, lines.map(([from, message]) => `${from} ${JSON.stringify(message)}\n`).join(''));
    return readWire(file);
  }

  test('is the version that initialize was answered with, whatever was tried before', () => {
    const wire = wireOf(
      ['client', { id: 0, method: 'server/discover', params: { _meta: VERSION } }],
      ['server', { id: 0, error: { code: -32601 } }],
      ['client', { id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25' } }],
      ['server', { id: 1, result: { protocolVersion: '2025-06-18' } }],
    );
    expect(wire.versions).toEqual(['2025-06-18']);
    expect(isModern(wire)).toBe(false);
  });

  test('is 2026-07-28 once a request of that era was answered; the probe alone does not count', () => {
    const probe: [string, object][] = [
      ['client', { id: 0, method: 'server/discover', params: { _meta: VERSION } }],
      ['server', { id: 0, result: { resultType: 'complete' } }],
    ];
    expect(isModern(wireOf(...probe))).toBe(false);
    const list: [string, object][] = [
      ['client', { id: 1, method: 'tools/list', params: { _meta: VERSION } }],
      ['server', { id: 1, result: { resultType: 'complete', tools: [] } }],
    ];
    expect(isModern(wireOf(...probe, ...list))).toBe(true);
  });

  test('counts handles of tasks and the polls for them', () => {
    const wire = wireOf(
      ['client', { id: 1, method: 'tools/call', params: { _meta: VERSION } }],
      ['server', { id: 1, result: { resultType: 'task', taskId: 'a' } }],
      ['client', { id: 2, method: 'tasks/get', params: { _meta: VERSION } }],
      ['server', { id: 2, result: { resultType: 'complete', status: 'completed' } }],
    );
    expect(wire).toEqual({ versions: ['2026-07-28'], tasks: 1, polls: 1 });
  });
});

describe('the scripted model', () => {
  const calls = [{ tool: 'kling_get_task', input: { task_id: 'a' } }];
  const tool = { name: 'mcp__kling-tasks__kling_get_task', description: 'Looks up' };
  const turn = { results: ['the result'] };

  async function ask(model: ScriptedModel, path: string, body: object): Promise<string> {
    const response = await fetch(`${model.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
    return response.text();
  }

  test.each([
    {
      api: 'Responses',
      dialect: openAi,
      path: '/responses',
      tools: [{ type: 'function', ...tool }],
      first: { input: [{ role: 'user', content: 'hello' }] },
      second: { input: [{ type: 'function_call_output', call_id: 'call_0', output: 'the result' }] },
    },
    {
      api: 'Chat Completions',
      dialect: openAi,
      path: '/chat/completions',
      tools: [{ type: 'function', function: tool }],
      first: { messages: [{ role: 'user', content: 'hello' }] },
      second: { messages: [{ role: 'tool', content: [{ type: 'text', text: 'the result' }] }] },
    },
    {
      api: 'Messages',
      dialect: anthropic,
      path: '/v1/messages',
      tools: [tool],
      first: { messages: [{ role: 'user', content: 'hello' }], stream: true },
      second: {
        messages: [
          { role: 'user', content: [{ type: 'tool_result', content: [{ type: 'text', text: 'the result' }] }] },
        ],
      },
    },
  ])('makes its calls in order over $api, and keeps what it was offered and given', async (each) => {
    const model = await ScriptedModel.start(each.dialect, calls);
    try {
      expect(await ask(model, each.path, { ...each.first, tools: [] })).toContain('Fine.');
      const call = await ask(model, each.path, { ...each.first, tools: each.tools });
      expect(call).toContain(tool.name);
      expect(call.replaceAll('\\', '')).toContain('{"task_id":"a"}');
      expect(await ask(model, each.path, { ...each.second, tools: each.tools })).toContain('Done.');
      expect(model.turn).toMatchObject(turn);
      expect(model.offered).toEqual(each.tools);
    } finally {
      await model.close();
    }
  });

  test('knows a tool under the names that clients give it, and not by a longer one', () => {
    for (const name of ['kling_get_task', 'mcp__kling-tasks__kling_get_task', 'kling-tasks.kling_get_task'])
      expect(isNamed(name, 'kling_get_task')).toBe(true);
    for (const name of ['kling_get_tasks_batch', 'xkling_get_task', ''])
      expect(isNamed(name, 'kling_get_task')).toBe(false);
  });
});

test('the tap passes on what either side writes, and ends with the server', async () => {
  const log = join(folder, 'tap.log');
  const echo = "process.stdin.on('data', (chunk) => process.stdout.write(chunk)).on('end', () => process.exit(3))";
  const run = promisify(execFile)(process.execPath, ['scripts/clients/tap.mjs', log, process.execPath, '-e', echo]);
  run.child.stdin?.end('{"id":1,"method":"ping"}\n');
  await expect(run).rejects.toMatchObject({ code: 3, stdout: '{"id":1,"method":"ping"}\n' });
});
