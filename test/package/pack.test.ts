import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { publint } from 'publint';
import { afterAll, beforeAll, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { npmArguments } from '../../scripts/npm.js';
import { FakeApi, TOKEN } from '../support/fake-api.js';
import { DOCUMENTED_ID, DOCUMENTED_VIDEO, documented } from '../support/records.js';

/** Everything that may be in the package besides the code in `dist/`. A new file has to be named here. */
const FILES = ['LICENSE', 'README.md', 'dist/THIRD-PARTY-NOTICES.txt', 'dist/view.html', 'package.json'];
/** npm downloads this before a first `npx` can start anything. */
const MAX_PACKED_BYTES = 400_000;

const windows = process.platform === 'win32';
let folder: string;
let home: string;
let tarball: string;
let packed: { filename: string; size: number; files: { path: string }[] };

/** npm with a home and a cache of its own, so that nothing installed before can help. */
function npm(...args: string[]): string {
  const env = { PATH: process.env.PATH, HOME: home, USERPROFILE: home, npm_config_cache: join(home, 'cache') };
  return execFileSync(process.execPath, npmArguments(...args), {
    encoding: 'utf8',
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kling-pack-'));
  home = join(folder, 'home');
  mkdirSync(home);
  // Not its scripts: the build is there, and other tests are using it.
  [packed] = JSON.parse(npm('pack', '--ignore-scripts', '--json', '--pack-destination', folder));
  tarball = join(folder, packed.filename);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the package holds nothing but what it needs, and is small enough for npx', () => {
  const files = packed.files.map(({ path }) => path).filter((path) => !/^dist\/[\w-]+\.js$/.test(path));
  expect(files.sort()).toEqual(FILES);
  expect(packed.size).toBeLessThan(MAX_PACKED_BYTES);
});

test('names the packages that are bundled, with their licences', () => {
  const notices = readFileSync('dist/THIRD-PARTY-NOTICES.txt', 'utf8');
  const named = [...notices.matchAll(/^(\S+) \d+\.\d+\.\d+\n--\n/gm)].map(([, name]) => name);
  expect(named).toEqual(['@modelcontextprotocol/sdk', 'dotenv', 'undici', 'zod']);
  expect(notices.match(/WITHOUT WARRANTY OF ANY KIND|BY THE COPYRIGHT HOLDERS/g)).toHaveLength(named.length);
});

test('publint finds nothing', async () => {
  const bytes = readFileSync(tarball);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages } = await publint({ pack: { tarball: buffer }, strict: true });
  expect(messages).toEqual([]);
});

test('installed offline into an empty folder, it starts through its bin and both tools work', async () => {
  const prefix = join(folder, 'installed');
  mkdirSync(prefix);
  npm('install', '--prefix', prefix, '--offline', '--no-audit', '--no-fund', tarball);
  expect(readdirSync(join(prefix, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([packageJson.name]);

  const bin = join(prefix, 'node_modules', '.bin', packageJson.name);
  const fakeApi = await FakeApi.start([documented]);
  const client = new Client({ name: 'test', version: '1.0.0' });
  const transport = new StdioClientTransport({
    command: windows ? 'cmd' : bin,
    args: windows ? ['/c', bin] : [],
    cwd: prefix,
    env: { PATH: process.env.PATH ?? '', ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: fakeApi.url },
  });
  try {
    await client.connect(transport);
    expect(client.getServerVersion()).toMatchObject({ name: packageJson.name, version: packageJson.version });
    const one = await client.callTool({ name: 'kling_get_task', arguments: { task_id: DOCUMENTED_ID } });
    expect(one.structuredContent).toMatchObject({ result: { status: 'completed', video_url: DOCUMENTED_VIDEO } });
    const many = await client.callTool({
      name: 'kling_get_tasks_batch',
      arguments: { task_ids: [DOCUMENTED_ID, 'x'] },
    });
    expect(many.structuredContent).toMatchObject({ result: { counts: { completed: 1, not_found: 1 } } });
  } finally {
    await client.close();
    await fakeApi.close();
  }
});
