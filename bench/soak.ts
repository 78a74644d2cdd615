/**
 * 20,000 calls with mixed faults against one server process. Fails when a call stays unanswered or is answered with
 * another's task, when memory grows, or when a socket, a file or a timer is left. Prints the figures.
 */
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorReply, FakeApi, type Handler, reply } from '../test/support/fake-api.js';
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
  errorReply(429, 'too_many_requests'),
  errorReply(500, 'api_error'),
  errorReply(200, 'api_error'),
  reply(429, '', { 'retry-after': '1' }),
  reply(502, '<html>Bad gateway</html>', { 'content-type': 'text/html' }),
  reply(524, ''),
  reply(200, ''),
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
  (_request, response) => {
    response.writeHead(200, { 'content-length': 100 }).end('{}');
  },
  // Never answered, and headers without a body: the time runs out.
  () => {},
  (_request, response) => response.writeHead(200).flushHeaders(),
  (request, response, raw) => setTimeout(() => fakeApi.answer(request, response, raw), 300),
  (_request, response, raw) => {
    response.end('{}');
    raw.socket.end();
  },
];

/** Large bodies arrive at a steady pace: random peaks of the heap would hide real growth. */
const LARGE: [every: number, handler: Handler][] = [
  [250, reply(200, 'x'.repeat(9 * 1024 * 1024))],
  [100, reply(200, { id: 'x', request: { prompt: 'x'.repeat(1024 * 1024) } })],
];

/** A reproducible sequence of numbers from 0 to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = randomFrom(42);
const pick = (count: number) => Math.floor(random() * count);

const fakeApi = await FakeApi.start();
for (let number = 0; number < TASKS; number++) {
  const make = [completedRecord, failedRecord, pendingRecord][number % 3] ?? completedRecord;
  fakeApi.add(() => make(`task-${number}`));
}
fakeApi.always = (...args) => {
  const large = LARGE.find(([every]) => fakeApi.requests.length % every === 0)?.[1];
  (large ?? FAULTS[pick(100)] ?? fakeApi.answer)(...args);
};

/** Reports on demand the resident memory, the heap after a collection, and what keeps the event loop alive. */
const TELL = `
  import { setFlagsFromString } from 'node:v8';
  import { runInNewContext } from 'node:vm';
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc');
  process.on('SIGUSR2', () => {
    const { rss } = process.memoryUsage();
    gc();
    const { heapUsed } = process.memoryUsage();
    const report = { rss, heapUsed, resources: process.getActiveResourcesInfo() };
    process.stderr.write('at rest ' + JSON.stringify(report) + '\\n');
  });
`;
const server = new ServerProcess({
  fakeApi,
  env: {
    LOG_LEVEL: 'debug',
    KLING_REQUEST_TIMEOUT: '1',
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(TELL)}`,
  },
});

const waiting = new Map<number, (answer: Json) => void>();
/** The answer may have been on its way already: it may still come. */
const cancelled = new Set<number>();
let strays = 0;
server.online = (line) => {
  const answer = JSON.parse(line);
  const resolve = waiting.get(answer.id);
  waiting.delete(answer.id);
  if (resolve) resolve(answer);
  else if (answer.method !== 'notifications/progress' && !cancelled.has(answer.id)) strays++;
};

const outcomes: Record<string, number> = {};
let wrong = 0;

/** One call of a random kind; resolves with its answer, for a cancelled one at once. */
async function callOnce(id: number): Promise<void> {
  const kind = pick(100);
  const task = () => `task-${pick(TASKS * 1.1)}`;
  const batch = kind < 20;
  const wanted = task();
  const args = batch
    ? { task_ids: Array.from({ length: 1 + pick(100) }, task) }
    : { task_id: kind < 25 ? 'not an id' : wanted, wait_seconds: kind < 30 ? 1 : 0 };
  const name = batch ? 'kling_get_tasks_batch' : 'kling_get_task';
  const params = { name, arguments: args, ...(kind < 30 && { _meta: { progressToken: id } }) };
  const answered = new Promise<Json>((resolve) => waiting.set(id, resolve));
  server.write({ jsonrpc: '2.0', id, method: 'tools/call', params });
  if (kind >= 95) {
    await sleep(pick(50));
    if (!waiting.delete(id)) return count('answered before its cancellation');
    cancelled.add(id);
    server.write({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } });
    return count('cancelled');
  }
  const { result } = (await answered) as { result?: { isError?: boolean; content: { text: string }[] } };
  const text = result?.content[0]?.text ?? '';
  if (result?.isError) return count(/^\[\w+\]/.exec(text)?.[0] ?? 'an error without a code');
  if (!batch && JSON.parse(text).result?.task_id !== wanted) wrong++;
  count(batch ? 'batch' : 'task');
}

function count(outcome: string): void {
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
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
async function atRest(): Promise<Rest> {
  while (await connections()) await sleep(100);
  await sleep(1000);
  const told = server.stderr.length;
  server.child.kill('SIGUSR2');
  for (;;) {
    const report = /at rest (.*)\n/.exec(server.stderr.slice(told))?.[1];
    if (report) return { ...JSON.parse(report), files: (await readdir(`/proc/${server.child.pid}/fd`)).length };
    await sleep(100);
  }
}

async function connections(): Promise<number> {
  return new Promise((resolve, reject) => {
    fakeApi.server.getConnections((error, open) => (error ? reject(error) : resolve(open)));
  });
}

const startMs = performance.now();
const ticker = setInterval(() => process.stderr.write(`${next} calls\n`), 15_000);
server.write({
  jsonrpc: '2.0',
  id: -1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'soak', version: '1' } },
});
await new Promise<Json>((resolve) => waiting.set(-1, resolve));
await callUntil(WARM_UP);
const warm = await atRest();
await callUntil(CALLS);
const end = await atRest();
clearInterval(ticker);

server.child.stdin.end();
const endMs = performance.now();
const exit = await server.exited;
const exitMs = performance.now() - endMs;
server.check();
fakeApi.server.close();
await once(fakeApi.server, 'close');

const growth = end.rss / warm.rss;
const mib = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
console.log(
  `${CALLS} calls in ${((endMs - startMs) / 1000).toFixed(0)} s, ${fakeApi.requests.length} requests to the API`,
);
console.log(outcomes);
for (const [when, { rss, heapUsed, files, resources }] of Object.entries({
  [`after ${WARM_UP}`]: warm,
  'at the end': end,
})) {
  console.log(`${when}: resident ${mib(rss)}, heap ${mib(heapUsed)}, ${files} open files, active: ${resources}`);
}
console.log(`resident memory at the end: ${growth.toFixed(3)} times`);
console.log(`unanswered: ${waiting.size}, answered wrongly: ${wrong}, superfluous: ${strays}`);
console.log(`exit code ${exit.code} ${exitMs.toFixed(0)} ms after stdin was closed`);

const failures = [
  growth > MAX_GROWTH && 'resident memory grew',
  end.heapUsed > warm.heapUsed * MAX_GROWTH && 'the heap grew',
  end.files > warm.files && 'files are left open',
  /Timeout|TCP/.test(String(end.resources)) && 'a timer or a socket is left',
  (waiting.size > 0 || wrong > 0 || strays > 0) && 'answers are missing, wrong or superfluous',
  exit.code !== 0 && 'the exit code is not 0',
].filter((failure) => failure !== false);
for (const failure of failures) console.error(`FAILED: ${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;
