/**
 * Shows the built server at work, as an MCP client sees it: `npm run demo` against a fake API, without token or network;
 * `ACEDATACLOUD_API_TOKEN=… npm run demo -- ID…` against the real one.
 */
import { FakeApi } from '../test/support/fake-api.js';
import { DOCUMENTED_ID, documented, failedRecord, type Json } from '../test/support/records.js';
import { type ServerOptions, Session } from '../test/support/server-process.js';
import { followInBackground } from './follow-task.js';
import { rendering } from './rendering.js';

const FAILED_ID = '7f0c2b54-31d3-4f0e-9d0c-0d6a5f6f6b11';
const RENDERING_ID = '3d1f7a90-5e0b-4c52-8a7e-9a1d0c4b2e77';
const BACKGROUND_ID = '5b1e6c2d-9f3a-4e77-b2d8-1c0f7a6e4d93';
const UNKNOWN_ID = '00000000-1111-2222-3333-444444444444';
/** The first lookups find the watched task pending. */
const RENDERING_MS = 14_000;

/** Prints lines with the seconds that have passed since it was made. */
function clock(): (text: string) => void {
  const startMs = performance.now();
  return (text) => console.log(`  ${((performance.now() - startMs) / 1000).toFixed(1).padStart(5)} s  ${text}`);
}

/** Calls a tool, and prints what comes of it and when. */
async function show(session: Session, name: string, args: Json): Promise<void> {
  console.log(`\n> ${name} ${JSON.stringify(args)}`);
  const say = clock();
  const onprogress = ({ message }: { message?: string | undefined }) => say(`… ${message}`);
  const { content, structuredContent } = await session.call(name, args, { timeout: 120_000, onprogress });
  say(structuredContent ? 'result' : 'tool error');
  const text = structuredContent ? JSON.stringify(structuredContent.result, null, 2) : (content[0]?.text ?? '');
  console.log(text.replace(/^/gm, '  '));
}

/** A wait as a task of the protocol: what the client hears while it polls, and the little that the model sees. */
async function showTask(fakeApi: FakeApi, taskId: string): Promise<void> {
  console.log('\nThe same wait, by a client of MCP 2026-07-28 that follows tasks in the background:');
  const say = clock();
  say(`model  kling_get_task {"task_id":"${taskId}","wait_seconds":50}`);
  say('model  is told that the call goes on in the background, and does something else');
  const text = await followInBackground(fakeApi, taskId, ({ status, statusMessage }) =>
    say(`client hears: ${status} (${statusMessage})`),
  );
  say(`model  is given the outcome: ${text.slice(0, 250)}…`);
}

async function start(options: ServerOptions): Promise<Session> {
  const session = await Session.start(options);
  const { tools } = await session.client.listTools();
  console.log('The server offers:');
  for (const { name, description } of tools) console.log(`  ${name}: ${description?.split('. ')[0]}.`);
  return session;
}

async function demoWithFakeApi(): Promise<void> {
  console.log(
    'No network is used: a fake API plays the API. With ACEDATACLOUD_API_TOKEN and ids it asks the real one.\n',
  );
  const fakeApi = await FakeApi.start([documented, failedRecord(FAILED_ID)]);
  for (const id of [RENDERING_ID, BACKGROUND_ID]) fakeApi.add(rendering(id, RENDERING_MS), id);
  const session = await start({ fakeApi });
  await show(session, 'kling_get_task', { task_id: DOCUMENTED_ID });
  await show(session, 'kling_get_task', { task_id: UNKNOWN_ID });
  await show(session, 'kling_get_task', { task_id: RENDERING_ID, wait_seconds: 50 });
  const task_ids = [DOCUMENTED_ID, FAILED_ID, RENDERING_ID, UNKNOWN_ID];
  await show(session, 'kling_get_tasks_batch', { task_ids });
  await session.close();
  await showTask(fakeApi, BACKGROUND_ID);
  await fakeApi.close();
}

async function demoWithRealApi(ids: string[]): Promise<void> {
  const session = await start({ env: process.env });
  for (const task_id of ids) await show(session, 'kling_get_task', { task_id });
  if (ids.length > 1) await show(session, 'kling_get_tasks_batch', { task_ids: ids });
  await session.close();
}

const ids = process.argv.slice(2);
if (ids.length === 0) {
  await demoWithFakeApi();
} else if (process.env.ACEDATACLOUD_API_TOKEN) {
  await demoWithRealApi(ids);
} else {
  console.error('To look up your own tasks, set ACEDATACLOUD_API_TOKEN: ACEDATACLOUD_API_TOKEN=… npm run demo -- ID…');
  process.exitCode = 1;
}
