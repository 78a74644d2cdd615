/**
 * MCP Inspector on the built server, with a fake API that has a task in every state: no token, no network but the npm
 * registry.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeApi, TOKEN } from '../test/support/fake-api.js';
import { DOCUMENTED_ID, documented, failedRecord, pendingRecord } from '../test/support/records.js';
import { ENTRY } from '../test/support/server-process.js';
import { driverOf } from './clients/install.js';
import { INSPECTOR } from './clients/list.js';
import { rendering } from './rendering.js';

/** Long enough to start a wait and watch it come to its end. */
const RENDERING_MS = 60_000;

const { program, cwd } = await driverOf(INSPECTOR);

const fakeApi = await FakeApi.start([documented, failedRecord('failed'), pendingRecord('pending')]);
fakeApi.add(rendering('rendering', RENDERING_MS), 'rendering');
console.error(`Task ids of the fake API:
  ${DOCUMENTED_ID}  completed
  failed       failed
  pending      stays pending
  rendering    begins when it is first looked up, and is completed ${RENDERING_MS / 1000} s later
  any other    task_not_found
`);

const env = { ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: fakeApi.url };
const serverOf = (protocolEra: string) => ({ command: process.execPath, args: [ENTRY], env, protocolEra });
const mcpServers = { 'MCP 2026-07-28': serverOf('modern'), 'older versions of MCP': serverOf('legacy') };
const folder = mkdtempSync(join(tmpdir(), 'kling-inspect-'));
const config = join(folder, 'servers.json');
writeFileSync(config, JSON.stringify({ mcpServers }));

// Ctrl+C reaches Inspector, too, and ends it.
process.on('SIGINT', () => {});
const cli = join(cwd, 'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js');
await once(spawn(program, [cli, '--config', config], { stdio: 'inherit' }), 'close');
await fakeApi.close();
rmSync(folder, { recursive: true });
