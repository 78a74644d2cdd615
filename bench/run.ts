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

const folder = mkdtempSync(join(tmpdir(), 'kling-bench-'));
const fakeApi = fork('bench/fake-api-process.ts', ['2000']);
const [url] = await once(fakeApi, 'message');
const env = { ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: url };
const answers = join(folder, 'answers.json');
const SERVER: Program = { entry: ENTRY };
const BARE: Program = { entry: resolve('bench/baseline.mjs'), args: [answers] };
const UNDICI: Program = { ...BARE, args: [answers, 'undici'] };

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** Measures the sides in turn. The first round is a warm-up for the disk. */
async function inTurn<Side>(
  sides: Side[],
  measure: (side: Side) => Promise<number>,
  rounds = ROUNDS,
): Promise<number[][]> {
  const measured: number[][] = sides.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (const [index, side] of sides.entries()) {
      const value = await measure(side);
      if (round >= 0) measured[index]?.push(value);
    }
  }
  return measured;
}

/** Prints the row of a figure: the ratios round by round, so that whatever slows down a whole round cancels out. */
function report(figure: string, unit: string, [ours = [], theirs = []]: number[][], bound?: string): void {
  const ratios = ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
  const ratio = median(ratios);
  const [sign, limit] = bound?.split(' ') ?? [];
  const isMet = !bound || Number.isNaN(ratio) || (sign === '≤' ? ratio <= Number(limit) : ratio >= Number(limit));
  if (!isMet) process.exitCode = 1;
  const medians = `${median(ours).toFixed(1)} : ${median(theirs).toFixed(1)} ${unit}`;
  console.log(`| ${figure} | ${medians} | ${ratio.toFixed(2)}${isMet ? '' : ' (out of bounds)'} | ${bound ?? '–'} |`);
}

/** From the start of the process to the answered `tools/list`, in milliseconds. */
const startTime = (era: Era) => async (program: Program) => {
  const startMs = performance.now();
  const subject = await Subject.start(program, env, era);
  const readyMs = performance.now() - startMs;
  await subject.end();
  return readyMs;
};

/** Resident memory after that many calls; of a script that makes none, after its start. */
const memoryAfter = (calls: number) => async (program: Program) => {
  const subject = await Subject.start(program, env, 'legacy');
  if (program !== BARE) await subject.callsOneByOne(calls);
  const memory = await subject.residentMiB();
  await subject.end();
  return memory;
};

try {
  // The baseline gives the server's own answers, so that both write the same bytes.
  const subjects = [await Subject.start(SERVER, env, 'legacy'), await Subject.start(SERVER, env, 'modern')];
  writeFileSync(answers, JSON.stringify(Object.assign({}, ...subjects.map(({ opening }) => opening))));
  for (const subject of subjects) await subject.end();

  console.log(`Node ${process.version}, ${process.platform} ${process.arch}, ${ROUNDS} rounds\n`);
  console.log('| figure | medians, server : baseline | ratio | bound |\n| --- | --- | --- | --- |');
  for (const era of ['modern', 'legacy'] as const) {
    report(
      `start until \`tools/list\` is answered, ${era}`,
      'ms',
      await inTurn([SERVER, BARE], startTime(era)),
      '≤ 3.0',
    );
  }
  for (const peer of values.peer) {
    report(
      `the same, ${peer.replace(/.*node_modules./, '')}`,
      'ms',
      await inTurn([{ entry: resolve(peer) }, BARE], startTime('legacy')),
    );
  }
  report('memory after the first call', 'MiB', await inTurn([SERVER, BARE], memoryAfter(1)), '≤ 1.75');
  const few = Math.ceil(ROUNDS / 3);
  report('memory after 1,000 calls', 'MiB', await inTurn([SERVER, UNDICI], memoryAfter(1000), few), '≤ 1.6');

  const warm = [await Subject.start(SERVER, env, 'legacy'), await Subject.start(UNDICI, env, 'legacy')];
  for (const subject of warm) await subject.callsASecond(2000);
  const p50 = async (subject: Subject) => median(await subject.callsOneByOne(400));
  report('a call, one at a time', 'ms', await inTurn(warm, p50), '≤ 2.2');
  report('calls a second, 64 in flight', '', await inTurn(warm, (subject) => subject.callsASecond(1000)), '≥ 0.6');
  for (const subject of warm) await subject.end();
} finally {
  fakeApi.disconnect();
  rmSync(folder, { recursive: true });
}
