import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { Log } from '../../src/log.js';
import { createService } from '../../src/service.js';
import { readConfig } from '../support/config.js';
import { FakeApi } from '../support/fake-api.js';
import { cancel, INITIALIZE, request, stateless } from '../support/protocol.js';
import { completedRecord } from '../support/records.js';
import { ENTRY, ServerProcess } from '../support/server-process.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kling-start-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs in the server before everything else: tells on stderr, in order, what is loaded and when something is answered. */
const HOOK = `
  const { basename } = require('node:path');
  const extensions = require('node:module')._extensions;
  const load = extensions['.js'];
  extensions['.js'] = (module, file) => {
    process.stderr.write('[loads ' + basename(file) + ']');
    load(module, file);
  };
  const write = process.stdout.write;
  process.stdout.write = function (...args) {
    if (args[0] !== '') process.stderr.write('[answers]');
    return write.apply(this, args);
  };
`;

describe('what is loaded', () => {
  let fakeApi: FakeApi;
  let env: Record<string, string>;

  beforeEach(async () => {
    const hook = join(folder, 'hook.cjs');
    writeFileSync(hook, HOOK);
    fakeApi = await FakeApi.start([completedRecord('task-1')]);
    env = { NODE_OPTIONS: `--require "${hook.replaceAll('\\', '/')}"` };
  });

  afterEach(() => fakeApi.close());

  /** What the server did so far, the shared chunks left out. */
  const steps = ({ stderr }: ServerProcess) =>
    (stderr.match(/\[.*?\]/g) ?? []).filter((step) => !step.includes('chunk-'));

  /** The published files among which code of the package is. */
  const filesWith = (marker: string) =>
    readdirSync(dirname(ENTRY)).filter((file) => readFileSync(join(dirname(ENTRY), file), 'utf8').includes(marker));

  test('for a client of 2026-07-28: nothing of the SDK and nothing that only a call needs, until the tools are listed', async () => {
    const server = new ServerProcess({ fakeApi, env });
    server.write(stateless(1, 'server/discover'));
    await server.answer(1);
    server.write(stateless(2, 'tools/list'));
    await server.logged('[loads undici.js]');
    const opening = ['[loads index.js]', '[loads main.js]', '[answers]', '[answers]'];
    expect(steps(server)).toEqual([...opening, '[loads service.js]', '[loads undici.js]']);
    server.write(stateless(3, 'tools/call', { name: 'kling_get_task', arguments: { task_id: 'task-1' } }));
    await server.answer(3);
    // Notifications are not for the SDK either.
    server.write({ jsonrpc: '2.0', method: 'notifications/initialized' });
    server.write(cancel(1));
    await server.close();
    expect(server.stderr).not.toContain('[loads session.js]');
    expect(fakeApi.requests).toHaveLength(1);
    for (const loaded of server.stderr.matchAll(/\[loads (.*?)\]/g)) {
      expect(filesWith('-32042'), 'code of the SDK').not.toContain(loaded[1]);
    }
    expect(filesWith('-32042')).toEqual(['session.js']);
  });

  test('for an older client: the SDK before the first answer, the rest behind `tools/list`; nothing is looked up', async () => {
    const server = new ServerProcess({ fakeApi, env });
    server.write(INITIALIZE);
    await server.answer(INITIALIZE.id);
    server.write(request(2, 'tools/list'));
    await server.logged('[loads undici.js]');
    const opening = ['[loads index.js]', '[loads main.js]', '[loads session.js]', '[answers]', '[answers]'];
    expect(steps(server)).toEqual([...opening, '[loads service.js]', '[loads undici.js]']);
    await server.close();
    expect(fakeApi.requests).toEqual([]);
  });

  test.each(['--help', '--version', '--check'])('for %s: neither the SDK nor zod', async (option) => {
    const server = new ServerProcess({ fakeApi, env, args: [option] });
    await server.exited;
    const files = [...server.stderr.matchAll(/\[loads (.*?)\]/g)].map(([, file]) => file);
    expect(files).toContain('main.js');
    for (const file of ['session.js', 'service.js', ...filesWith('ZodError')]) expect(files).not.toContain(file);
  });

  test('zod is in one file, which the SDK and the tools share', () => {
    expect(filesWith('"ZodError"')).toHaveLength(1);
  });
});

describe('the list of tools that the build prepares', () => {
  const listOf = async (env: Record<string, string>) => {
    const server = new ServerProcess({ env });
    server.write(request(1, 'tools/list'));
    const { result } = await server.answer(1);
    await server.close();
    return (result as { tools: unknown }).tools;
  };
  const toolsFor = (maxWaitSeconds: number) =>
    createService({ ...readConfig({}), maxWaitSeconds }, '', new Log()).map(({ listing }) => listing);

  test('is that of the schemas', async () => {
    expect(await listOf({})).toEqual(JSON.parse(JSON.stringify(toolsFor(50))));
  });

  test('is made anew where the settings change it', async () => {
    expect(await listOf({ KLING_MAX_WAIT: '7', ACEDATACLOUD_API_TOKEN: 'a-good-token' })).toEqual(
      JSON.parse(JSON.stringify(toolsFor(7))),
    );
  });
});

describe('the compile cache', () => {
  let entry: string;
  let temporary: string;

  beforeEach(() => {
    temporary = join(folder, 'tmp');
    mkdirSync(temporary);
    cpSync(dirname(ENTRY), join(folder, 'dist'), { recursive: true });
    entry = join(folder, 'dist', 'index.js');
  });

  function version(more: Record<string, string> = {}): string {
    const env = { ...more, PATH: process.env.PATH, TMPDIR: temporary, TEMP: temporary, TMP: temporary };
    return execFileSync(process.execPath, [entry, '--version'], { encoding: 'utf8', env, cwd: temporary }).trim();
  }

  test.runIf('enableCompileCache' in nodeModule)('can be switched off as Node has it', () => {
    expect(version({ NODE_DISABLE_COMPILE_CACHE: '1' })).toBe(packageJson.version);
    expect(readdirSync(folder)).not.toContain('.cache');
  });

  test.runIf('enableCompileCache' in nodeModule)('lies beside the code', () => {
    expect(version()).toBe(packageJson.version);
    expect(readdirSync(join(folder, '.cache'))).not.toEqual([]);
    expect(version()).toBe(packageJson.version);
  });

  test('goes nowhere else: not into the temporary folder, where others could plant code', () => {
    version();
    expect(readdirSync(temporary)).toEqual([]);
    expect(readdirSync(folder).filter((name) => !['dist', 'tmp', '.cache'].includes(name))).toEqual([]);
  });

  test('is not used if its folder cannot be created', () => {
    writeFileSync(join(folder, '.cache'), 'in the way');
    expect(version()).toBe(packageJson.version);
  });
});
