/**
 * Shows the built server at work, as an MCP client sees it: `npm run demo` against a fake API, without token
 * or network; `ACEDATACLOUD_API_TOKEN=… npm run demo -- ID…` against the real one.
 */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
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
import { demoTask } from './demo-task.js';

const FAILED_ID = '7f0c2b54-31d3-4f0e-9d0c-0d6a5f6f6b11';
const RENDERING_ID = '3d1f7a90-5e0b-4c52-8a7e-9a1d0c4b2e77';
const BACKGROUND_ID = '5b1e6c2d-9f3a-4e77-b2d8-1c0f7a6e4d93';
const UNKNOWN_ID = '00000000-1111-2222-3333-444444444444';
/** The watched task is done after this time; the server's second look comes after 5 s, its third after 15. */
const RENDERING_MS = 12_000;

/** Connects to the built server with the given variables besides the ordinary ones. */
async function connect(env: Record<string, string>): Promise<Client> {
  const client = new Client({ name: 'demo', version: '1.0.0' });
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [ENTRY], env: { ...getDefaultEnvironment(), ...env } }),
  );
  return client;
}

async function show(client: Client, name: string, args: Record<string, unknown>): Promise<void> {
  console.log(`\n> ${name} ${JSON.stringify(args)}`);
  const startMs = performance.now();
  const since = () => `${((performance.now() - startMs) / 1000).toFixed(1).padStart(5)} s`;
  const result = await client.callTool({ name, arguments: args }, CallToolResultSchema, {
    timeout: 120_000,
    onprogress: ({ message }) => console.log(`  ${since()}  … ${message}`),
  });
  const { content, isError, structuredContent } = CallToolResultSchema.parse(result);
  console.log(`  ${since()}  ${isError ? 'tool error' : 'result'}`);
  if (structuredContent) console.log(JSON.stringify(structuredContent.result, null, 2).replace(/^/gm, '  '));
  for (const block of content) {
    if (block.type === 'text' && !structuredContent) console.log(`  ${block.text}`);
  }
}

async function listTools(client: Client): Promise<void> {
  const { tools } = await client.listTools();
  console.log('The server offers:');
  for (const { name, title, description } of tools)
    console.log(`  ${name} (${title}): ${description?.split('. ')[0]}.`);
}

async function demoWithFakeApi(): Promise<void> {
  console.log(
    'No network is used: a fake API plays the API. With ACEDATACLOUD_API_TOKEN and ids it asks the real one.\n',
  );
  const readyIn = (id: string, startMs: number) => () =>
    performance.now() < startMs + RENDERING_MS ? pendingRecord(id, 'processing', 5) : completedRecord(id);
  const rendering = readyIn(RENDERING_ID, performance.now());
  const fakeApi = await FakeApi.start([documented, secondDocumented, failedRecord(FAILED_ID), rendering]);
  const variables = { ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: fakeApi.url };
  const client = await connect(variables);
  try {
    await listTools(client);
    await show(client, 'kling_get_task', { task_id: DOCUMENTED_ID });
    await show(client, 'kling_get_task', { task_id: FAILED_ID });
    await show(client, 'kling_get_task', { task_id: UNKNOWN_ID });
    const task_ids = [DOCUMENTED_ID, SECOND_DOCUMENTED_ID, FAILED_ID, RENDERING_ID, UNKNOWN_ID];
    await show(client, 'kling_get_tasks_batch', { task_ids });
    await show(client, 'kling_get_task', { task_id: RENDERING_ID, wait_seconds: 50 });
    fakeApi.add(readyIn(BACKGROUND_ID, performance.now()));
    await demoTask(variables, BACKGROUND_ID);
  } finally {
    await client.close();
    await fakeApi.close();
  }
}

async function demoWithService(token: string, ids: string[]): Promise<void> {
  const own = ['ACEDATACLOUD_API_BASE_URL', 'KLING_REQUEST_TIMEOUT', 'KLING_MAX_WAIT', 'HTTPS_PROXY', 'NO_PROXY'];
  const env = Object.fromEntries(own.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
  const client = await connect({ ...env, ACEDATACLOUD_API_TOKEN: token });
  try {
    await listTools(client);
    for (const task_id of ids) await show(client, 'kling_get_task', { task_id });
    if (ids.length > 1) await show(client, 'kling_get_tasks_batch', { task_ids: ids });
  } finally {
    await client.close();
  }
}

const ids = process.argv.slice(2);
const token = process.env.ACEDATACLOUD_API_TOKEN;
if (ids.length > 0 && !token) {
  console.error('To look up your own tasks, set ACEDATACLOUD_API_TOKEN: ACEDATACLOUD_API_TOKEN=… npm run demo -- ID…');
  process.exitCode = 1;
} else if (ids.length > 0 && token) {
  await demoWithService(token, ids);
} else {
  await demoWithFakeApi();
}
