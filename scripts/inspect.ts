/**
 * MCP Inspector on the built server, with a fake API that has a task in every state: no token, no network but the npm
 * registry. What stands behind `npm run inspect --` goes to Inspector, such as `--cli --method tools/list`, or
 * `--cli --protocol-era modern --method tools/list` for MCP 2026-07-28.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FakeApi, TOKEN } from '../test/support/fake-api.js';
import { DOCUMENTED_ID, documented, failedRecord, pendingRecord } from '../test/support/records.js';
import { ENTRY } from '../test/support/server-process.js';
import { driverOf } from './clients/install.js';
import { CLIENTS } from './clients/list.js';
import { rendering } from './rendering.js';

/** Long enough to start a wait and watch it come to its end. */
const RENDERING_MS = 60_000;
const NAME = '@modelcontextprotocol/inspector';

const client = CLIENTS.find(({ packages }) => packages[0].startsWith(NAME));
if (!client) throw new Error('Inspector is not in the list of clients.');
const { program, cwd } = await driverOf(client);
const folder = join(cwd, 'node_modules', NAME);
const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

const fakeApi = await FakeApi.start([documented, failedRecord('failed'), pendingRecord('pending')]);
fakeApi.add(rendering('rendering', RENDERING_MS), 'rendering');
console.error(`Task ids of the fake API:
  ${DOCUMENTED_ID}  completed
  failed       failed
  pending      stays pending
  rendering    begins when it is first looked up, and is completed ${RENDERING_MS / 1000} s later
  any other    task_not_found
`);

// Inspector's page offers both eras of the protocol; its command line, one server with the options of its own.
const env = { ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: fakeApi.url };
const serverOf = (protocolEra: string) => ({ command: process.execPath, args: [ENTRY], env, protocolEra });
const mcpServers = { 'MCP 2026-07-28': serverOf('modern'), 'older versions of MCP': serverOf('legacy') };
const configFile = join(mkdtempSync(join(tmpdir(), 'kling-inspect-')), 'servers.json');
writeFileSync(configFile, JSON.stringify({ mcpServers }));
const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
const given = process.argv.slice(2);
const target = given.includes('--cli') ? [...variables, '--', process.execPath, ENTRY] : ['--config', configFile];

const inspector = spawn(program, [join(folder, bin['mcp-inspector']), ...given, ...target], { stdio: 'inherit' });
process.on('SIGINT', () => {});
inspector.on('close', async (code) => {
  await fakeApi.close();
  rmSync(dirname(configFile), { recursive: true });
  process.exitCode = code ?? 0;
});
