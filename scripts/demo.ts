/**
 * Shows the built server at work, as an MCP client sees it: `npm run demo` against a fake API, without token or network;
 * `ACEDATACLOUD_API_TOKEN=… npm run demo -- ID…` against the real one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { FakeApi, TOKEN } from '../test/support/fake-api.js';
import { followTask, ofTask } from '../test/support/protocol.js';
import { DOCUMENTED_ID, documented, failedRecord, type Json } from '../test/support/records.js';
import { ENTRY, ServerProcess } from '../test/support/server-process.js';
import { rendering } from './rendering.js';

const FAILED_ID = '7f0c2b54-31d3-4f0e-9d0c-0d6a5f6f6b11';
const RENDERING_ID = '3d1f7a90-5e0b-4c52-8a7e-9a1d0c4b2e77';
const BACKGROUND_ID = '5b1e6c2d-9f3a-4e77-b2d8-1c0f7a6e4d93';
const UNKNOWN_ID = '00000000-1111-2222-3333-444444444444';
/** The first lookups find the watched task pending. */
const RENDERING_MS = 14_000;

/** Connects to the built server with the given variables besides the ordinary ones. */
async function connect(env: Record<string, string>): Promise<Client> {
  const client = new Client({ name: 'demo', version: '1.0.0' });
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [ENTRY], env: { ...getDefaultEnvironment(), ...env } }),
  );
  const { tools } = await client.listTools();
  console.log('The server offers:');
  for (const { name, description } of tools) console.log(`  ${name}: ${description?.split('. ')[0]}.`);
  return client;
}

/** Calls a tool, and prints what comes of it and when. */
async function show(client: Client, name: string, args: Record<string, unknown>): Promise<void> {
  console.log(`\n> ${name} ${JSON.stringify(args)}`);
  const startMs = performance.now();
  const say = (text: string) =>
    console.log(`  ${((performance.now() - startMs) / 1000).toFixed(1).padStart(5)} s  ${text}`);
  const result = await client.callTool({ name, arguments: args }, CallToolResultSchema, {
    timeout: 120_000,
    onprogress: ({ message }) => say(`… ${message}`),
  });
  const { content, structuredContent } = CallToolResultSchema.parse(result);
  say(structuredContent ? 'result' : 'tool error');
  const text = content.map((block) => (block.type === 'text' ? block.text : '')).join('\n');
  console.log((structuredContent ? JSON.stringify(structuredContent.result, null, 2) : text).replace(/^/gm, '  '));
}

/** A wait as a task of the protocol: what goes over the pipe while the client polls, and the little that the model sees. */
async function showTask(fakeApi: FakeApi, taskId: string): Promise<void> {
  const server = new ServerProcess({ fakeApi });
  const startMs = performance.now();
  const say = (who: string, text: string) =>
    console.log(`  ${((performance.now() - startMs) / 1000).toFixed(1).padStart(5)} s  ${who.padEnd(6)} ${text}`);
  console.log('\nThe same wait, by a client of MCP 2026-07-28 that follows tasks in the background:');
  const resultOf = async (message: Json) => (await server.ask(message)).result as Json;
  say('model', `kling_get_task {"task_id":"${taskId}","wait_seconds":50}`);
  let task = await resultOf(followTask('call', taskId));
  say('server', `task ${task.taskId}: ${task.statusMessage}; ask again in ${Number(task.pollIntervalMs) / 1000} s`);
  say('model', 'is told that the call goes on in the background, and does something else');
  for (let poll = 1; task.status === 'working'; poll++) {
    await sleep(Number(task.pollIntervalMs));
    task = await resultOf(ofTask(poll, 'get', task.taskId));
    say('client', `polls: ${task.status} (${task.statusMessage})`);
  }
  const { content } = task.result as { content: { text: string }[] };
  say('model', `is given the outcome: ${content[0]?.text.slice(0, 250)}…`);
  await server.close();
}

async function demoWithFakeApi(): Promise<void> {
  console.log(
    'No network is used: a fake API plays the API. With ACEDATACLOUD_API_TOKEN and ids it asks the real one.\n',
  );
  const fakeApi = await FakeApi.start([documented, failedRecord(FAILED_ID)]);
  for (const id of [RENDERING_ID, BACKGROUND_ID]) fakeApi.add(rendering(id, RENDERING_MS), id);
  const client = await connect({ ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: fakeApi.url });
  await show(client, 'kling_get_task', { task_id: DOCUMENTED_ID });
  await show(client, 'kling_get_task', { task_id: UNKNOWN_ID });
  await show(client, 'kling_get_task', { task_id: RENDERING_ID, wait_seconds: 50 });
  const task_ids = [DOCUMENTED_ID, FAILED_ID, RENDERING_ID, UNKNOWN_ID];
  await show(client, 'kling_get_tasks_batch', { task_ids });
  await client.close();
  await showTask(fakeApi, BACKGROUND_ID);
  await fakeApi.close();
}

async function demoWithRealApi(token: string, ids: string[]): Promise<void> {
  const { ACEDATACLOUD_API_BASE_URL: baseUrl, HTTPS_PROXY: proxy } = process.env;
  const client = await connect({
    ACEDATACLOUD_API_TOKEN: token,
    ...(baseUrl && { ACEDATACLOUD_API_BASE_URL: baseUrl }),
    ...(proxy && { HTTPS_PROXY: proxy }),
  });
  for (const task_id of ids) await show(client, 'kling_get_task', { task_id });
  if (ids.length > 1) await show(client, 'kling_get_tasks_batch', { task_ids: ids });
  await client.close();
}

const ids = process.argv.slice(2);
const token = process.env.ACEDATACLOUD_API_TOKEN;
if (ids.length === 0) {
  await demoWithFakeApi();
} else if (token) {
  await demoWithRealApi(token, ids);
} else {
  console.error('To look up your own tasks, set ACEDATACLOUD_API_TOKEN: ACEDATACLOUD_API_TOKEN=… npm run demo -- ID…');
  process.exitCode = 1;
}
