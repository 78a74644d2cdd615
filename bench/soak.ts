/**
 * 20,000 calls with mixed faults against one server process: `npm run soak`, some minutes, Linux only. Fails when a call stays
 * unanswered or gets another's answer, when memory grows, or when a socket, a file or a timer is left.
 */
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorReply, FakeApi, type Handler, reply } from '../test/support/fake-api.js';
import { cancel, INITIALIZE, initialize, request } from '../test/support/protocol.js';
import { completedRecord, failedRecord, type Json, pendingRecord } from '../test/support/records.js';
import { ServerProcess } from '../test/support/server-process.js';

const CALLS = 20_000;
/** The memory of a process settles only after some thousand calls. */
const WARM_UP = 5000;
const AT_ONCE = 50;
const MAX_GROWTH = 1.15;
const TASKS = 500;

/** Each accounts for one per cent of the requests; the rest get the ordinary answer. */
const FAULTS: Handler[] = [
  errorReply(401, 'invalid_token'),
  errorReply(403, 'used_up'),
  errorReply(500, 'api_error'),
  errorReply(200, 'api_error'),
  reply(429, '', { 'retry-after': '1' }),
  reply(502, '<html>Bad gateway</html>', { 'content-type': 'text/html' }),
  reply(204, ''),
  reply(200, '{"id":"task-1","resp'),
  reply(200, '[1,2,3]'),
  reply(302, '', { location: 'http://127.0.0.1:9/' }),
  reply(200, 'compressed', { 'content-encoding': 'gzip' }),
  (_request, response) => response.destroy(),
  (_request, response) => {
    response.writeHead(200).write('{"id":');
    setTimeout(() => response.destroy(), 20);
  },
  // Never answered, and headers without a body: the time runs out.
  () => {},
  (_request, response) => response.writeHead(200).flushHeaders(),
  (request, response, raw) => setTimeout(() => fakeApi.answer(request, response, raw), 300),
];

/** Large bodies arrive at a steady pace: random peaks of the heap would hide real growth. */
const LARGE: [every: number, handler: Handler][] = [
  [250, reply(200, 'x'.repeat(9 * 1024 * 1024))],
  [100, reply(200, { id: 'x', request: { prompt: 'x'.repeat(1024 * 1024) } })],
];

let state = 42;
/** A whole number below the bound, from a reproducible sequence (mulberry32). */
function pick(bound: number): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
}

const fakeApi = await FakeApi.start();
for (let number = 0; number < TASKS; number++) {
  const make = [completedRecord, failedRecord, pendingRecord][number % 3] ?? completedRecord;
  fakeApi.add(() => make(`task-${number}`));
}
fakeApi.always = (...args) => {
  const large = LARGE.find(([every]) => fakeApi.requests.length % every === 0)?.[1];
  (large ?? FAULTS[pick(100)] ?? fakeApi.answer)(...args);
};

/** Reports on demand the memory after a collection, and what keeps the event loop alive. */
const TELL = `
  import { setFlagsFromString } from 'node:v8';
  import { runInNewContext } from 'node:vm';
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc');
  process.on('SIGUSR2', () => {
    gc();
    const { rss, heapUsed } = process.memoryUsage();
    const report = { rss, heapUsed, resources: process.getActiveResourcesInfo() };
    process.stderr.write('at rest ' + JSON.stringify(report) + '\\n');
  });
`;
const server = new ServerProcess({
  fakeApi,
  env: {
    KLING_REQUEST_TIMEOUT: '1',
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(TELL)}`,
  },
});

const waiting = new Map<number, (answer: Json) => void>();
/** Their answers may have been on their way already. */
const cancelled = new Set<number>();
const counts = { answered: 0, errors: 0, cancelled: 0, wrong: 0, superfluous: 0 };
server.online = (line) => {
  const answer = JSON.parse(line);
  const resolve = waiting.get(answer.id);
  waiting.delete(answer.id);
  if (resolve) resolve(answer);
  else if ('result' in answer && answer.id !== INITIALIZE.id && !cancelled.has(answer.id)) counts.superfluous++;
};

/** One call of a random kind; resolves with its answer, for a cancelled one at once. */
async function callOnce(id: number): Promise<void> {
  const kind = pick(100);
  const task = () => `task-${pick(TASKS * 1.1)}`;
  const isBatch = kind < 20;
  const task_id = kind < 25 && !isBatch ? 'not an id' : task();
  const args = isBatch
    ? { task_ids: Array.from({ length: 1 + pick(100) }, task) }
    : { task_id, wait_seconds: kind < 30 ? 1 : 0 };
  const name = isBatch ? 'kling_get_tasks_batch' : 'kling_get_task';
  const answered = new Promise<Json>((resolve) => waiting.set(id, resolve));
  const params = { name, arguments: args, ...(kind < 30 && { _meta: { progressToken: id } }) };
  server.write(request(id, 'tools/call', params));
  if (kind >= 95) {
    await sleep(pick(50));
    if (!waiting.delete(id)) return;
    cancelled.add(id);
    server.write(cancel(id));
    counts.cancelled++;
    return;
  }
  const { result } = (await answered) as { result: { isError?: boolean; content: { text: string }[] } };
  const text = result.content[0]?.text ?? '';
  if (result.isError ? !/^\[\w+\] /.test(text) : !isBatch && JSON.parse(text).result.task_id !== task_id)
    counts.wrong++;
  counts[result.isError ? 'errors' : 'answered']++;
}

let next = 0;
async function callUntil(end: number): Promise<void> {
  const worker = async () => {
    while (next < end) await callOnce(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

interface Rest {
  rss: number;
  heapUsed: number;
  resources: string[];
  files: number;
}

/** What the server holds after the last answers, when the idle connections are gone. */
async function atRest(when: string): Promise<Rest> {
  while (fakeApi.sockets.size > 0) await sleep(100);
  await sleep(1000);
  const told = server.stderr.length;
  server.child.kill('SIGUSR2');
  const report = () => /at rest (.*)\n/.exec(server.stderr.slice(told))?.[1];
  while (!report()) await sleep(100);
  const rest = { ...JSON.parse(report() ?? ''), files: (await readdir(`/proc/${server.child.pid}/fd`)).length };
  const mib = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  console.log(`${when}: resident ${mib(rest.rss)}, heap ${mib(rest.heapUsed)}, ${rest.files} open files`);
  return rest;
}

const ticker = setInterval(() => console.error(`${next} calls`), 15_000);
await initialize(server);
await callUntil(WARM_UP);
const warm = await atRest(`after ${WARM_UP} calls`);
await callUntil(CALLS);
const end = await atRest(`after ${CALLS} calls`);
clearInterval(ticker);
server.child.stdin.end();
const exit = await server.exited;
server.check();
fakeApi.server.close();
await once(fakeApi.server, 'close');

console.log(counts, `${fakeApi.requests.length} requests to the API, ${waiting.size} calls unanswered`);
const failures = Object.entries({
  'resident memory grew': end.rss > warm.rss * MAX_GROWTH,
  'the heap grew': end.heapUsed > warm.heapUsed * MAX_GROWTH,
  'files are left open': end.files > warm.files,
  'a timer or a socket is left': /Timeout|TCP/.test(String(end.resources)),
  'answers are missing, wrong or superfluous': waiting.size + counts.wrong + counts.superfluous > 0,
  'the exit code is not 0': exit.code !== 0,
}).flatMap(([failure, happened]) => (happened ? [failure] : []));
for (const failure of failures) console.error(`FAILED: ${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;
