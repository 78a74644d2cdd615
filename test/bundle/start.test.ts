import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { FakeApi } from '../support/fake-api.js';
import { ENTRY, ServerProcess } from '../support/server-process.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kling-start-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what only a call needs is loaded behind the first answer, without waiting for a call', async () => {
  const hook = join(folder, 'hook.cjs');
  // Both on stderr, so that their order is certain.
  writeFileSync(
    hook,
    `const { basename } = require('node:path');
    const extensions = require('node:module')._extensions;
    const load = extensions['.js'];
    extensions['.js'] = (module, file) => {
      process.stderr.write('[loads ' + basename(file) + ']');
      load(module, file);
    };
    const write = process.stdout.write;
    process.stdout.write = function (...args) {
      process.stderr.write('[answers]');
      return write.apply(this, args);
    };`,
  );
  const fakeApi = await FakeApi.start();
  const server = new ServerProcess({ fakeApi, env: { NODE_OPTIONS: `--require "${hook.replaceAll('\\', '/')}"` } });
  server.write({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  await server.logged('[loads undici.js]');
  expect(server.stderr.match(/\[.*?\]/g)).toEqual([
    '[loads index.js]',
    '[loads main.js]',
    '[answers]',
    '[loads undici.js]',
  ]);
  await server.close();
  expect(fakeApi.requests).toEqual([]);
  await fakeApi.close();
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

  function version(): string {
    const env = { PATH: process.env.PATH, TMPDIR: temporary, TEMP: temporary, TMP: temporary };
    return execFileSync(process.execPath, [entry, '--version'], { encoding: 'utf8', env, cwd: temporary }).trim();
  }

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

  test('is done without where its folder cannot be made', () => {
    writeFileSync(join(folder, '.cache'), 'in the way');
    expect(version()).toBe(packageJson.version);
  });
});
