import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { refuseOldNode } from '../src/node-version.js';
import { ENTRY } from './support/server-process.js';

const refusalOf = (version: string) => refuseOldNode({ version, path: '/opt/node' }, '20.19.0');

test.each(['14.0.0', '18.20.8', '20.18.3'])('Node %s is refused in one sentence', (version) => {
  expect(refusalOf(version)).toMatch(
    `kling-tasks-mcp needs Node.js 20.19.0 or newer, but was started with ${version} (/opt/node): install`,
  );
});

test.each(['20.19.0', '20.20.2', '22.0.0', '26.1.0', process.versions.node])('Node %s will do', (version) => {
  expect(refusalOf(version)).toBeUndefined();
});

test('the built entry names the version of package.json, and imports nothing that an old Node would stumble over', () => {
  const entry = readFileSync(ENTRY, 'utf8');
  expect(`>=${/"(\d+\.\d+\.\d+)"/.exec(entry)?.[1]}`).toBe(packageJson.engines.node);
  expect(entry.match(/\bimport\b.*?[;)]/g)).toEqual(['import("./main.js")']);
});
