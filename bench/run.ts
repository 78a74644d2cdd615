/**
 * How quick and light the built server is: `npm run bench`. Each figure is a ratio against a script that does the least
 * that is possible, measured in turn with it. `--rounds 3` is quicker (9); `--peer FILE` also starts
 * another MCP server.
 * Exits with 1 if a ratio is out of its bounds, which are there against carelessness.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { TOKEN } from '../test/support/fake-api.js';
import { ENTRY } from '../test/support/server-process.js';
import { type Era, type Program, Subject } from './subject.js';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, peer: { type: 'string', multiple: true, default: [] } },
});
const ROUNDS = Number(values.rounds);
const TASKS = 1000;

const folder = mkdtempSync(join(tmpdir(), 'kling-bench-'));
const fakeApi = fork('bench/fake-api-process.ts', [String(TASKS)]);
const [url] = await once(fakeApi, 'message');
const env = { ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: url };
const answers = join(folder, 'answers.json');
const SERVER: Program = { entry: ENTRY, env };
const BARE: Program = { entry: resolve('bench/baseline.mjs'), args: [answers], env };
const UNDICI: Program = { ...BARE, args: [answers, 'undici'] };

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/**
 * Measures both sides in turn, after a first round as a warm-up, and prints the row of the figure. Its ratio is taken
 * round by round, so that whatever slows down a whole round cancels out.
 * @param limit the highest ratio
 */
async function compare<Side>(
  figure: string,
  unit: string,
  sides: { ours: Side; theirs: Side },
  measure: (side: Side) => Promise<number>,
  limit = Number.POSITIVE_INFINITY,
): Promise<void> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    const [our, their] = [await measure(sides.ours), await measure(sides.theirs)];
    if (round === -1) continue;
    ours.push(our);
    theirs.push(their);
  }
  const ratio = median(ours.map((our, round) => our / (theirs[round] ?? Number.NaN)));
  const verdict = ratio > limit ? ' (out of bounds)' : '';
  if (verdict) process.exitCode = 1;
  const medians = `${median(ours).toFixed(2)} : ${median(theirs).toFixed(2)} ${unit}`;
  console.log(`| ${figure} | ${medians} | ${ratio.toFixed(2)}${verdict} | ${Number.isFinite(limit) ? limit : '–'} |`);
}

async function opened(program: Program): Promise<Subject> {
  const subject = new Subject(program);
  await subject.open('legacy');
  return subject;
}

/** From the start of the process to the answered `tools/list`, in milliseconds. */
const startTime = (era: Era) => async (program: Program) => {
  const startMs = performance.now();
  const subject = new Subject(program);
  await subject.open(era);
  const readyMs = performance.now() - startMs;
  await subject.end();
  return readyMs;
};

/** Resident memory in MiB after that many calls; of a script that makes none, after its start. */
const memoryAfter = (calls: number) => async (program: Program) => {
  const subject = await opened(program);
  if (program !== BARE) for (let call = 0; call < calls; call++) await subject.lookUp('task-0');
  const memory = await subject.residentBytes();
  await subject.end();
  return memory / 2 ** 20;
};

/** The milliseconds of a call, one after the other. */
async function callTime(subject: Subject): Promise<number> {
  const times: number[] = [];
  while (times.length < 400) {
    const startMs = performance.now();
    await subject.lookUp('task-0');
    times.push(performance.now() - startMs);
  }
  return median(times);
}

/** The milliseconds of a call, each for a task of its own, where 64 are in flight. */
async function callTimeInFlight(subject: Subject): Promise<number> {
  let left = TASKS;
  const work = async () => {
    while (left > 0) await subject.lookUp(`task-${--left}`);
  };
  const startMs = performance.now();
  await Promise.all(Array.from({ length: 64 }, work));
  return (performance.now() - startMs) / TASKS;
}

try {
  // The baseline gives the server's own answers, so that both write the same bytes.
  const subject = new Subject(SERVER);
  writeFileSync(answers, JSON.stringify({ ...(await subject.open('legacy')), ...(await subject.open('modern')) }));
  await subject.end();

  console.log(`Node ${process.version}, ${process.platform} ${process.arch}, ${ROUNDS} rounds\n`);
  console.log('| figure | medians, server : baseline | ratio | at most |\n| --- | --- | --- | --- |');
  const atStart = { ours: SERVER, theirs: BARE };
  for (const era of ['modern', 'legacy'] as const) {
    await compare(`start until \`tools/list\` is answered, ${era}`, 'ms', atStart, startTime(era), 3);
  }
  for (const peer of values.peer) {
    const figure = `the same, ${peer.replace(/.*node_modules./, '')}`;
    await compare(figure, 'ms', { ours: { entry: resolve(peer), env }, theirs: BARE }, startTime('legacy'));
  }
  await compare('memory after the first call', 'MiB', atStart, memoryAfter(1), 1.75);
  await compare('memory after 1,000 calls', 'MiB', { ours: SERVER, theirs: UNDICI }, memoryAfter(1000), 1.6);

  const warm = { ours: await opened(SERVER), theirs: await opened(UNDICI) };
  await compare('a call, 64 in flight', 'ms', warm, callTimeInFlight, 1.67);
  await compare('a call, one at a time', 'ms', warm, callTime, 2.2);
  await warm.ours.end();
  await warm.theirs.end();
} finally {
  fakeApi.disconnect();
  rmSync(folder, { recursive: true });
}
