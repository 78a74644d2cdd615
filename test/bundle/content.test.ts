import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from '../../scripts/bundle.js';
import { dropUnused, dropUnusedSchemas } from '../../scripts/bundle-plugins.js';

/** What stands in for a dropped module is shorter. */
const STUB_BYTES = 200;
const FORBIDDEN = [
  /zod\/v3\//,
  /zod\/v4\/locales\/(?!en\.js)/,
  /zod-to-json-schema|\/ajv/,
  /sdk\/dist\/esm\/(client|server\/(mcp|sse|streamableHttp|auth|express)|experimental\/tasks\/server|shared\/auth|validation)/,
  /undici\/lib\/(web|mock|cache|interceptor|dispatcher\/client-h2)/,
  /express|hono|jose|eventsource|cross-spawn|raw-body|pkce/,
];

let folder: string;
let metafile: Metafile;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kling-bundle-'));
  metafile = await bundle(folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The modules of which more than a stub is in the published file. */
function modulesIn(file: string): string[] {
  const output = Object.entries(metafile.outputs).find(([path]) => basename(path) === file)?.[1];
  return Object.entries(output?.inputs ?? {}).flatMap(([path, { bytesInOutput }]) =>
    bytesInOutput > STUB_BYTES ? [path] : [],
  );
}

test('nothing that can never be used is in the bundle', () => {
  const modules = Object.keys(metafile.outputs)
    .map((path) => basename(path))
    .flatMap(modulesIn);
  expect(modules).toContain('src/kling/task/task.ts');
  expect(modules.filter((module) => FORBIDDEN.some((forbidden) => forbidden.test(module)))).toEqual([]);
});

test('undici has a file of its own, with nothing else in it', () => {
  expect(modulesIn('undici.js')).not.toEqual([]);
  for (const path of Object.keys(metafile.outputs)) {
    const own = modulesIn(basename(path)).map((module) => module.startsWith('node_modules/undici/'));
    expect(new Set(own).size, path).toBeLessThanOrEqual(1);
  }
});

test('of package.json only what the server says about itself is in the bundle', () => {
  for (const path of Object.keys(metafile.outputs)) {
    const text = readFileSync(join(folder, basename(path)), 'utf8');
    expect(text).not.toMatch(/devDependencies|prepublishOnly/);
  }
});

test('no code is in two files', () => {
  const modules = Object.keys(metafile.outputs)
    .map((path) => basename(path))
    .flatMap(modulesIn);
  expect(modules.filter((module, index) => modules.indexOf(module) !== index)).toEqual([]);
});

test('most schemas of the protocol are dropped by tree shaking', () => {
  const session = Object.entries(metafile.outputs).find(([path]) => basename(path) === 'session.js')?.[1];
  const types = session?.inputs['node_modules/@modelcontextprotocol/sdk/dist/esm/types.js'];
  expect(types?.bytesInOutput).toBeGreaterThan(0);
  expect(types?.bytesInOutput).toBeLessThan(15_000);
});

test('the notices name every bundled package with version and licence', () => {
  const notices = readFileSync(join(folder, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
  const modules = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const names = modules.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  for (const name of ['@modelcontextprotocol/sdk', 'dotenv', 'undici', 'zod']) {
    expect(names).toContain(name);
    const { version, license } = JSON.parse(readFileSync(join('node_modules', name, 'package.json'), 'utf8'));
    const text = readFileSync(join('node_modules', name, 'LICENSE'), 'utf8').trim();
    expect(notices).toContain(`${name} ${version} (${license})\n\n${text}`);
  }
  for (const name of new Set(names)) expect(notices).toMatch(new RegExp(`^${name} [\\d.]+ \\(`, 'm'));
});

test('the notices name what undici took from others: the HTTP parser, its C library and a queue of Node.js', () => {
  const notices = readFileSync(join(folder, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
  const holders = {
    'llhttp, in undici (MIT)': 'Fedor Indutny',
    'wasi-libc, in undici (CC0-1.0, MIT)': 'Rich Felker',
    'Node.js, in undici (MIT)': 'Node.js contributors',
  };
  for (const [title, holder] of Object.entries(holders)) {
    const section = notices.split(`\n${title}\n\n`)[1]?.split(/^-{80}$/m)[0];
    expect(section, title).toContain(holder);
    expect(section, title).toContain('Permission is hereby granted, free of charge');
  }
});

test('no source map is made or named', () => {
  const files = readdirSync(folder);
  expect(files.filter((file) => file.endsWith('.map'))).toEqual([]);
  for (const file of files) expect(readFileSync(join(folder, file), 'utf8')).not.toContain('sourceMappingURL');
});

test('the build fails if a module that it drops no longer occurs', async () => {
  const plain = { stdin: { contents: '' }, bundle: true, write: false, logLevel: 'silent' } as const;
  await expect(build({ ...plain, plugins: [dropUnused] })).rejects.toThrow('No zod/v4/locales/index.js was met');
  await expect(build({ ...plain, plugins: [dropUnusedSchemas] })).rejects.toThrow('types.js is not where it was');
});
