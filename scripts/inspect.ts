/**
 * MCP Inspector on the built server, with a fake API that has a task in every state: no token, no network
 * but the npm registry. What stands behind `npm run inspect --` goes to Inspector, such as `--cli --method tools/list`, or
 * `--cli --protocol-era modern --method tools/list` for MCP 2026-07-28.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FakeApi, TOKEN } from '../test/support/fake-api.js';
import {
  completedRecord,
  DOCUMENTED_ID,
  documented,
  failedRecord,
  pendingRecord,
  SECOND_DOCUMENTED_ID,
  secondDocumented,
} from '../test/support/records.js';
import { ENTRY } from '../test/support/server-process.js';
import { driverOf } from './clients/install.js';
import { CLIENTS } from './clients/list.js';

/** Long enough to start a wait and watch it come to its end. */
const RENDERING_MS = 60_000;

const startMs = performance.now();
const rendering = () =>
  performance.now() - startMs < RENDERING_MS ? pendingRecord('rendering') : completedRecord('rendering');
const fakeApi = await FakeApi.start([
  documented,
  secondDocumented,
  failedRecord('failed'),
  pendingRecord('pending'),
  rendering,
]);
console.error(`Task ids of the fake API:
  ${DOCUMENTED_ID}  completed
  ${SECOND_DOCUMENTED_ID}  completed
  failed       failed
  pending      stays pending
  rendering    pending, completed after ${RENDERING_MS / 1000} s
  any other    task_not_found
`);

// Inspector's page offers both eras of the protocol; its command line, one server with the options of its own.
const env = { ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: fakeApi.url };
const client = CLIENTS.find(({ module }) => module === 'inspector');
if (!client) throw new Error('Inspector is not in the list of clients.');
const { program, cwd } = await driverOf(client);
const folder = join(cwd, 'node_modules', client.install);
const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const given = process.argv.slice(2);
const configFile = join(mkdtempSync(join(tmpdir(), 'kling-inspect-')), 'servers.json');
const serverOf = (protocolEra: string) => ({ command: process.execPath, args: [ENTRY], env, protocolEra });
const mcpServers = { 'MCP 2026-07-28': serverOf('modern'), 'older versions of MCP': serverOf('legacy') };
writeFileSync(configFile, JSON.stringify({ mcpServers }));
const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
const target = given.includes('--cli') ? [...variables, '--', process.execPath, ENTRY] : ['--config', configFile];
const args = [join(folder, bin['mcp-inspector']), ...given, ...target];
const inspector = spawn(program, args, { stdio: 'inherit' });
process.on('SIGINT', () => {});
inspector.on('close', async (code) => {
  await fakeApi.close();
  rmSync(dirname(configFile), { recursive: true });
  process.exitCode = code ?? 0;
});
