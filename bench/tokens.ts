/**
 * What the built server costs: `npm run bench:tokens` counts the tokens (o200k_base) of what a model reads, then follows a
 * generation of five minutes to its end in real time, in three ways, and counts calls, tokens and requests to the API.
 * `--quick` leaves the five minutes out. Exits with 1 if a bound is exceeded.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { rendering } from '../scripts/rendering.js';
import { FakeApi } from '../test/support/fake-api.js';
import { followTask, ofTask } from '../test/support/protocol.js';
import { completedRecord, DOCUMENTED_ID, documented, type Json, pendingRecord } from '../test/support/records.js';
import { ServerProcess, Session } from '../test/support/server-process.js';

const GENERATION_MS = 300_000;
const POLL_MS = 15_000;
const FIRST_CALL_MS = 5000;
/** What the vendor's other MCP server costs for the same generation: 20 polls of 580 tokens. */
const TOKENS_OF_POLLING = 11_600;
const MAX_REQUESTS = 36;

const tokensOf = (value: unknown) => encode(typeof value === 'string' ? value : JSON.stringify(value)).length;
const uuid = (index: number) => `20068983-0cc9-4c6a-aeb6-${index.toString(16).padStart(12, '9c6a3c668be0')}`;

/** Prints a row; `bounds` are the most tokens and requests. */
function report(
  what: string,
  { tokens, calls = 1, requests }: Cost,
  bounds: { tokens?: number; requests?: number } = {},
) {
  console.log(
    `| ${what} | ${calls} | ${tokens} | ${bounds.tokens ?? '–'} | ${requests ?? '–'} | ${bounds.requests ?? '–'} |`,
  );
  if (tokens > (bounds.tokens ?? Infinity) || (requests ?? 0) > (bounds.requests ?? Infinity)) process.exitCode = 1;
}

interface Cost {
  tokens: number;
  calls?: number;
  requests?: number;
}

/** One call: its arguments and the text of its answer. */
async function call(session: Session, name: string, args: Json) {
  const { content, structuredContent } = await session.call(name, args, { timeout: 120_000 });
  const text = content[0]?.text ?? '';
  return { text: tokensOf(text), both: tokensOf(args) + tokensOf(text), result: structuredContent?.result };
}

async function reportAnswers(): Promise<void> {
  const ids = Array.from({ length: 100 }, (_, index) => uuid(index));
  const fakeApi = await FakeApi.start([documented, pendingRecord('pending'), ...ids.map((id) => completedRecord(id))]);
  const session = await Session.start({ fakeApi });
  const { tools } = await session.client.listTools();
  report('`tools/list`', { tokens: tokensOf(tools.map(({ _meta, ...tool }) => tool)) }, { tokens: 1500 });
  const one = async (args: Json) => ({ tokens: (await call(session, 'kling_get_task', args)).text });
  report('a pending task after a wait', await one({ task_id: 'pending', wait_seconds: 1 }), { tokens: 80 });
  report('a pending task without a wait, with the request', await one({ task_id: 'pending' }), { tokens: 140 });
  report('a completed task', await one({ task_id: DOCUMENTED_ID }), { tokens: 275 });
  for (const [size, tokens] of [
    [10, 1200],
    [100, 12_000],
  ] as const) {
    const { text } = await call(session, 'kling_get_tasks_batch', { task_ids: ids.slice(0, size) });
    report(`a batch of ${size}, completed`, { tokens: text }, { tokens });
  }
  await session.close();
  await fakeApi.close();
}

/** A generation that has just been submitted; a model needs some seconds before it makes its first call. */
async function startGeneration(): Promise<FakeApi> {
  const task = rendering('task', GENERATION_MS);
  const fakeApi = await FakeApi.start();
  fakeApi.add(task, String(task().id));
  await sleep(FIRST_CALL_MS);
  return fakeApi;
}

/** Follows the generation to its end by calls of the tool. */
async function follow(waitSeconds: number): Promise<Cost> {
  const fakeApi = await startGeneration();
  const session = await Session.start({ fakeApi });
  let tokens = 0;
  let calls = 0;
  for (;;) {
    const { both, result } = await call(session, 'kling_get_task', { task_id: 'task', wait_seconds: waitSeconds });
    tokens += both;
    calls++;
    if (result?.status !== 'pending') break;
    if (waitSeconds === 0) await sleep(POLL_MS);
  }
  await session.close();
  await fakeApi.close();
  return { tokens, calls, requests: fakeApi.requests.length };
}

/** The same by a client that takes tasks: it polls by itself, and its model reads the call and its outcome alone. */
async function followAsTask(): Promise<Cost> {
  const fakeApi = await startGeneration();
  const server = new ServerProcess({ fakeApi });
  const resultOf = async (message: Json) => (await server.ask(message)).result as Json;
  let task = await resultOf(followTask('call', 'task'));
  for (let poll = 1; task.status === 'working'; poll++) {
    await sleep(Number(task.pollIntervalMs));
    task = await resultOf(ofTask(poll, 'get', task.taskId));
  }
  await server.close();
  await fakeApi.close();
  const { content } = task.result as { content: { text: string }[] };
  const args = { task_id: 'task', wait_seconds: 50 };
  return { tokens: tokensOf(args) + tokensOf(content[0]?.text ?? ''), requests: fakeApi.requests.length };
}

/** A hundred calls at once, each waiting for a task of its own: after the first lookups, one request a second. */
async function reportHundredWaits(): Promise<void> {
  const ids = Array.from({ length: 100 }, (_, index) => uuid(index));
  const fakeApi = await FakeApi.start(ids.map((id) => pendingRecord(id)));
  const session = await Session.start({ fakeApi });
  const calls = ids.map((id) => call(session, 'kling_get_task', { task_id: id, wait_seconds: 30 }));
  const tokens = (await Promise.all(calls)).reduce((sum, { both }) => sum + both, 0);
  const startMs = fakeApi.requests[0]?.atMs ?? 0;
  const requests = fakeApi.requests.filter(({ atMs }) => atMs > startMs + 1000).length;
  report('a hundred waits of 30 s at once, after the first second', { tokens, calls: 100, requests }, { requests: 30 });
  await session.close();
  await fakeApi.close();
}

console.log('| what | calls | tokens | at most | requests | at most |\n| --- | ---: | ---: | ---: | ---: | ---: |');
await reportAnswers();
await reportHundredWaits();
if (!process.argv.includes('--quick')) {
  console.error('Following a generation of five minutes, three ways side by side …');
  const [polled, waited, asTask] = await Promise.all([follow(0), follow(50), followAsTask()]);
  report('five minutes followed by polling every 15 s', polled);
  const bounds = { tokens: TOKENS_OF_POLLING / 10, requests: MAX_REQUESTS };
  report('five minutes followed with `wait_seconds: 50`', waited, bounds);
  report('five minutes followed as a task of the client', asTask, {
    ...bounds,
    tokens: Math.floor(TOKENS_OF_POLLING / 30),
  });
}
