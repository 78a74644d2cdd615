/**
 * 20,000 calls with mixed faults against one server process: `npm run soak`, some minutes, Linux only. Fails when a call stays
 * unanswered or gets another's answer, when memory grows, or when a socket, a file or a timer is left.
 */
import { randomInt } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorReply, FakeApi, type Handler, reply } from '../test/support/fake-api.js';
import { endInBody, hang, headersOnly, resetBeforeBody, resetInBody } from '../test/support/faults.js';
import { completedRecord, failedRecord, pendingRecord } from '../test/support/records.js';
import { Session } from '../test/support/server-process.js';

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
  resetBeforeBody,
  resetInBody,
  endInBody,
  hang,
  headersOnly,
  (...args) => setTimeout(() => fakeApi.answer(...args), 300),
];

const NINE_MIB = reply(200, 'x'.repeat(9 * 1024 * 1024));
const LARGE_RECORD = reply(200, { id: 'x', request: { prompt: 'x'.repeat(1024 * 1024) } });

const fakeApi = await FakeApi.start();
for (let number = 0; number < TASKS; number++) {
  const make = [completedRecord, failedRecord, pendingRecord][number % 3] ?? completedRecord;
  fakeApi.add(() => make(`task-${number}`));
}
/** Large bodies come at a steady pace: random peaks of the heap would hide real growth. */
function nextHandler(): Handler {
  const count = fakeApi.requests.length;
  if (count % 250 === 0) return NINE_MIB;
  if (count % 100 === 0) return LARGE_RECORD;
  return FAULTS[randomInt(100)] ?? fakeApi.answer;
}
fakeApi.always = (...args) => nextHandler()(...args);

/** Reports on demand the memory after a collection, and what keeps the event loop alive. */
const TELL = `
  import { setFlagsFromString } from 'node:v8';
  import { runInNewContext } from 'node:vm';
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc');
  let count = 0;
  process.on('SIGUSR2', () => {
    gc();
    const { rss, heapUsed } = process.memoryUsage();
    const report = { rss, heapUsed, resources: process.getActiveResourcesInfo() };
    process.stderr.write(JSON.stringify(report) + ' at rest ' + ++count + '\\n');
  });
`;
const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(TELL)}`;
const session = await Session.start({ fakeApi, env: { KLING_REQUEST_TIMEOUT: '1', NODE_OPTIONS } });

const counts = { answered: 0, errors: 0, cancelled: 0, wrong: 0, unanswered: 0, unexpected: 0 };
// Among others, an answer for which nobody waits.
session.client.onerror = () => counts.unexpected++;

/** One call of a random kind, in one case of twenty soon cancelled. */
async function callOnce(): Promise<void> {
  const kind = randomInt(100);
  const task = () => `task-${randomInt(TASKS * 1.1)}`;
  const isBatch = kind < 20;
  const name = isBatch ? 'kling_get_tasks_batch' : 'kling_get_task';
  const task_id = kind < 25 ? 'not an id' : task();
  const args = isBatch
    ? { task_ids: Array.from({ length: randomInt(1, 101) }, task) }
    : { task_id, wait_seconds: kind < 30 ? 1 : 0 };
  const cancellation = kind >= 95 ? { signal: AbortSignal.timeout(randomInt(50)) } : {};
  const progress = kind < 30 ? { onprogress: () => {} } : {};
  try {
    const { isError, content, structuredContent } = await session.call(name, args, { ...cancellation, ...progress });
    counts[isError ? 'errors' : 'answered']++;
    const isRight = isError
      ? /^\[\w+\] /.test(content[0]?.text ?? '')
      : isBatch || structuredContent?.result.task_id === task_id;
    if (!isRight) counts.wrong++;
  } catch {
    counts[cancellation.signal?.aborted ? 'cancelled' : 'unanswered']++;
  }
}

let calls = 0;
async function callUntil(end: number): Promise<void> {
  const work = async () => {
    while (calls < end) {
      calls++;
      await callOnce();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

let reports = 0;
/** What the server reports after a collection. */
async function report() {
  const { server } = session;
  const mark = ` at rest ${++reports}\n`;
  server.child.kill('SIGUSR2');
  await server.logged(mark);
  return JSON.parse(server.stderr.split(mark)[0]?.split('\n').at(-1) ?? '');
}

/** What the server holds after the last answers, when the idle connections are gone. */
async function atRest() {
  while (fakeApi.sockets.size > 0) await sleep(100);
  const residents: number[] = [];
  // V8 gives memory back only some time after a collection.
  for (let second = 0; second < 20; second += 5) {
    residents.push((await report()).rss);
    await sleep(5000);
  }
  const { heapUsed, resources } = await report();
  const rss = Math.min(...residents);
  const files = await readdir(`/proc/${session.server.child.pid}/fd`);
  const mib = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  console.log(`after ${calls} calls: resident ${mib(rss)}, heap ${mib(heapUsed)}, ${files.length} open files`);
  return { rss, heapUsed: Number(heapUsed), resources: String(resources), files: files.length };
}

const ticker = setInterval(() => console.error(`${calls} calls`), 15_000);
await callUntil(WARM_UP);
const warm = await atRest();
await callUntil(CALLS);
const end = await atRest();
clearInterval(ticker);
const { code } = await session.close();
await fakeApi.close();

console.log(counts, `${fakeApi.requests.length} requests to the API`);
const failures = {
  'resident memory grew': end.rss > warm.rss * MAX_GROWTH,
  'the heap grew': end.heapUsed > warm.heapUsed * MAX_GROWTH,
  'files are left open': end.files > warm.files,
  'a timer or a socket is left': /Timeout|TCP/.test(end.resources),
  'answers are missing or wrong': counts.unanswered + counts.wrong > 0,
  // What was cancelled may have been answered already.
  'there are more answers than calls': counts.unexpected > counts.cancelled,
  'the exit code is not 0': code !== 0,
};
for (const [failure, happened] of Object.entries(failures)) {
  if (!happened) continue;
  console.error(`FAILED: ${failure}`);
  process.exitCode = 1;
}
