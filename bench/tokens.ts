/**
 * What the server costs in tokens (o200k_base): `npm run bench:tokens` compares single answers with their budgets, then
 * follows a generation of five minutes to its end in real time, with waits, with plain polling, and as a task of the
 * client. `--quick` leaves the five minutes out, `--json` prints for machines. Exit code 1 where a budget or an aim is
 * missed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { FakeApi } from '../test/support/fake-api.js';
import {
  completedRecord,
  DOCUMENTED_ID,
  documented,
  type Json,
  pendingRecord,
  record,
} from '../test/support/records.js';
import { ServerProcess, Session } from '../test/support/server-process.js';

const uuid = (index: number) => `20068983-0cc9-4c6a-aeb6-${index.toString(16).padStart(12, '9c6a3c668be0')}`;
const tokensOf = (text: string) => encode(text).length;

interface Figure {
  what: string;
  tokens: number;
  calls?: number;
  /** How many the API received. */
  requests?: number;
  limit: number | undefined;
}

/** Tokens of one call: its arguments and the text of its answer. */
async function callTokens(session: Session, name: string, args: Json) {
  const { content, structuredContent } = await session.call(name, args, { timeout: 400_000 });
  const text = content[0]?.text ?? '';
  return { args: tokensOf(JSON.stringify(args)), text: tokensOf(text), result: structuredContent?.result };
}

async function budgets(): Promise<Figure[]> {
  const ids = Array.from({ length: 100 }, (_, index) => uuid(index));
  const url = 'https://cdn.acedata.cloud/assets/examples/gemini/04a043bd-6b23-4b4e-945c-ce48158c3eee-3a89912507c7.mp4';
  const fakeApi = await FakeApi.start([
    documented,
    pendingRecord(uuid(1000)),
    ...ids.map((id) => completedRecord(id, url)),
  ]);
  const session = await Session.start({ fakeApi });
  const { tools } = await session.client.listTools();
  const pending = await callTokens(session, 'kling_get_task', { task_id: uuid(1000) });
  const waited = await callTokens(session, 'kling_get_task', { task_id: uuid(1000), wait_seconds: 1 });
  const completed = await callTokens(session, 'kling_get_task', { task_id: DOCUMENTED_ID });
  const batches = await Promise.all(
    [1, 10, 50, 100].map((count) => callTokens(session, 'kling_get_tasks_batch', { task_ids: ids.slice(0, count) })),
  );
  const [one = 0, ten = 0, fifty = 0, hundred = 0] = batches.map(({ text }) => text);
  await session.close();
  await fakeApi.close();
  return [
    // No model is given what stands in _meta.
    {
      what: 'tools/list',
      tokens: tokensOf(JSON.stringify({ tools: tools.map(({ _meta, ...tool }) => tool) })),
      limit: 1500,
    },
    { what: 'a pending result after waiting', tokens: waited.text, limit: 80 },
    { what: 'a pending result without waiting (with the request)', tokens: pending.text, limit: 130 },
    { what: 'the documented completed task', tokens: completed.text, limit: 275 },
    { what: 'a completed entry in a batch', tokens: Math.ceil((hundred - ten) / 90), limit: 110 },
    { what: 'a batch of 1', tokens: one, limit: undefined },
    { what: 'a batch of 10', tokens: ten, limit: one * 10 },
    { what: 'a batch of 50', tokens: fifty, limit: one * 50 },
    { what: 'a batch of 100', tokens: hundred, limit: 11_000 },
  ];
}

const GENERATION_S = 300;
const POLL_S = 15;
/** The vendor asks not to look sooner, and a model that has just submitted a task needs a few seconds anyway. */
const FIRST_CALL_S = 5;
/** What the results of the Python server cost for the same generation: 20 polls of 580 tokens. */
const PYTHON_TOKENS = 11_600;

/** A fake API with one task, which is created now and done after five minutes. */
function startGeneration(): Promise<FakeApi> {
  const startMs = Date.now();
  const created_at = startMs / 1000;
  const { created_at: _, ...finished } = documented;
  const response = { task_id: DOCUMENTED_ID, state: 'processing' };
  const running = record(DOCUMENTED_ID, { response, finished_at: null });
  return FakeApi.start([() => ({ ...(Date.now() - startMs >= GENERATION_S * 1000 ? finished : running), created_at })]);
}

/** Follows the generation to its end; a wait of 0 polls every 15 s. */
async function follow(maxWait: number, limit: number | undefined): Promise<Figure> {
  const fakeApi = await startGeneration();
  const session = await Session.start({ fakeApi, env: { KLING_MAX_WAIT: String(maxWait || 50) } });
  let tokens = 0;
  let calls = 0;
  await sleep(FIRST_CALL_S * 1000);
  for (let status: unknown = 'pending'; status === 'pending'; ) {
    const args = { task_id: DOCUMENTED_ID, ...(maxWait > 0 && { wait_seconds: maxWait }) };
    const call = await callTokens(session, 'kling_get_task', args);
    tokens += call.args + call.text;
    calls++;
    status = call.result?.status;
    if (status === 'pending') await sleep((maxWait > 0 ? Number(call.result?.poll_after_seconds) : POLL_S) * 1000);
  }
  const requests = fakeApi.requests.length;
  await session.close();
  await fakeApi.close();
  const how = maxWait > 0 ? `wait_seconds: ${maxWait}` : `polling every ${POLL_S} s`;
  return { what: `five minutes followed, ${how}`, tokens, calls, requests, limit: limit && Math.floor(limit) };
}

/** The same by a client that takes tasks: it polls by itself, and its model reads the call and its outcome alone. */
async function followAsTask(limit: number): Promise<Figure> {
  const fakeApi = await startGeneration();
  const server = new ServerProcess({ fakeApi });
  let id = 0;
  const ask = async (method: string, params: Json): Promise<Json> => {
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } },
    };
    server.write({ jsonrpc: '2.0', id: ++id, method, params: { ...params, _meta } });
    return (await server.answer(id)).result as Json;
  };
  await sleep(FIRST_CALL_S * 1000);
  const args = { task_id: DOCUMENTED_ID, wait_seconds: 50 };
  let task = await ask('tools/call', { name: 'kling_get_task', arguments: args });
  while (task.status === 'working') {
    await sleep(Number(task.pollIntervalMs));
    task = await ask('tasks/get', { taskId: task.taskId });
  }
  const { content } = task.result as { content: { text: string }[] };
  const requests = fakeApi.requests.length;
  await server.close();
  await fakeApi.close();
  const tokens = tokensOf(JSON.stringify(args)) + tokensOf(content[0]?.text ?? '');
  return { what: 'five minutes followed, as a task of the client', tokens, calls: 1, requests, limit };
}

const figures = await budgets();
if (!process.argv.includes('--quick')) {
  console.error('Following a generation of five minutes, four ways side by side …');
  const ways = [
    follow(0, undefined),
    follow(50, PYTHON_TOKENS / 11),
    follow(300, PYTHON_TOKENS / 30),
    followAsTask(Math.floor(PYTHON_TOKENS / 30)),
  ];
  figures.push(...(await Promise.all(ways)));
}
if (process.argv.includes('--json')) {
  console.log(JSON.stringify(figures, null, 2));
} else {
  console.log('| what | calls | tokens | at most | requests |\n| --- | ---: | ---: | ---: | ---: |');
  for (const { what, calls = 1, tokens, limit = '–', requests = '' } of figures)
    console.log(`| ${what} | ${calls} | ${tokens} | ${limit} | ${requests} |`);
}
if (figures.some(({ tokens, limit }) => limit !== undefined && tokens > limit)) process.exitCode = 1;
