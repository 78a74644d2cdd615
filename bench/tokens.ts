/**
 * What the built server costs: `npm run bench:tokens` counts the tokens (o200k_base) of what a model reads, then follows a
 * generation of five minutes to its end in real time, in three ways, and counts calls, tokens and requests to the API.
 * `--quick` leaves the five minutes out. Exits with 1 if a bound is exceeded.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { followInBackground } from '../scripts/follow-task.js';
import { rendering } from '../scripts/rendering.js';
import { FakeApi } from '../test/support/fake-api.js';
import { completedRecord, DOCUMENTED_ID, documented, type Json, pendingRecord } from '../test/support/records.js';
import { Session } from '../test/support/server-process.js';

const GENERATION_MS = 300_000;
const POLL_MS = 15_000;
const FIRST_CALL_MS = 5000;
/** How long a model thinks between two calls. */
const THINKING_MS = 1000;
/** What the vendor's other MCP server costs for the same generation: 20 polls of 580 tokens. */
const TOKENS_OF_POLLING = 11_600;
const MAX_REQUESTS = 36;

const tokensOf = (value: unknown) => encode(typeof value === 'string' ? value : JSON.stringify(value)).length;
const IDS = Array.from(
  { length: 100 },
  (_, index) => `20068983-0cc9-4c6a-aeb6-${index.toString(16).padStart(12, '9c6a3c668be0')}`,
);

interface Cost {
  tokens: number;
  calls?: number;
  requests?: number;
}

/** Prints a row; the bounds are the most tokens and requests. */
function report(what: string, { tokens, calls = 1, requests }: Cost, atMost: Partial<Cost> = {}): void {
  const cells = [what, calls, tokens, atMost.tokens ?? '–', requests ?? '–', atMost.requests ?? '–'];
  console.log(`| ${cells.join(' | ')} |`);
  if (tokens > (atMost.tokens ?? Infinity) || (requests ?? 0) > (atMost.requests ?? Infinity)) process.exitCode = 1;
}

/** One call: the tokens of its answer's text, the same with its arguments, and the result. */
async function call(session: Session, name: string, args: Json) {
  const { content, structuredContent } = await session.call(name, args, { timeout: 120_000 });
  const answer = tokensOf(content[0]?.text);
  return { answer, both: tokensOf(args) + answer, result: structuredContent?.result };
}

async function reportAnswers(): Promise<void> {
  const fakeApi = await FakeApi.start([documented, pendingRecord('pending'), ...IDS.map((id) => completedRecord(id))]);
  const session = await Session.start({ fakeApi });
  const { tools } = await session.client.listTools();
  report('`tools/list`', { tokens: tokensOf(tools.map(({ _meta, ...tool }) => tool)) }, { tokens: 1500 });
  const reportCall = async (what: string, name: string, args: Json, tokens: number) =>
    report(what, { tokens: (await call(session, name, args)).answer }, { tokens });
  await reportCall('a pending task after a wait', 'kling_get_task', { task_id: 'pending', wait_seconds: 1 }, 80);
  await reportCall('a pending task without a wait, with the request', 'kling_get_task', { task_id: 'pending' }, 140);
  await reportCall('a completed task', 'kling_get_task', { task_id: DOCUMENTED_ID }, 275);
  await reportCall('a batch of 10, completed', 'kling_get_tasks_batch', { task_ids: IDS.slice(0, 10) }, 1200);
  await reportCall('a batch of 100, completed', 'kling_get_tasks_batch', { task_ids: IDS }, 12_000);
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
    await sleep(waitSeconds === 0 ? POLL_MS : THINKING_MS);
  }
  await session.close();
  await fakeApi.close();
  return { tokens, calls, requests: fakeApi.requests.length };
}

/** The same by a client that takes tasks: it polls by itself, and its model reads the call and its outcome alone. */
async function followAsTask(): Promise<Cost> {
  const fakeApi = await startGeneration();
  const text = await followInBackground(fakeApi, 'task');
  await fakeApi.close();
  const args = { task_id: 'task', wait_seconds: 50 };
  return { tokens: tokensOf(args) + tokensOf(text), requests: fakeApi.requests.length };
}

/** A hundred calls at once, each waiting for a task of its own: after the first lookups, one request a second. */
async function reportHundredWaits(): Promise<void> {
  const fakeApi = await FakeApi.start(IDS.map((id) => pendingRecord(id)));
  const session = await Session.start({ fakeApi });
  const calls = IDS.map((id) => call(session, 'kling_get_task', { task_id: id, wait_seconds: 30 }));
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
