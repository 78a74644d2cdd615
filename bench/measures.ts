import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { compare, type Figure, quantile } from './stats.js';
import { type Command, Subject } from './subject.js';

export interface Commands {
  server: Command;
  /** The same source, compiled but not bundled. */
  unbundled: Command;
  bare: Command;
  /** The bare script with undici. */
  undici: Command;
}

const BARE = 'bare script';
const UNDICI = 'script with undici';

/** How many times longer than the bare script a start may take, by how the client begins. */
const START_AIMS = { stateless: 1.9, session: 2.2 };

/** Starts each command once per round, and makes its first call half a second later. */
export async function measureStart(commands: Commands, rounds: number): Promise<Figure[]> {
  const names = ['bare', 'server', 'undici', 'unbundled'] as const;
  const ready = { bare: [], server: [], undici: [], unbundled: [] } as Record<keyof Commands, number[]>;
  const stateless: { bare: number[]; server: number[] } = { bare: [], server: [] };
  const atAnswer = structuredClone(ready);
  const later = structuredClone(ready);
  const firstCall = structuredClone(ready);
  // The first round is a warm-up for the disk and the compile cache, and does not count.
  for (let round = -1; round < rounds; round++) {
    for (const name of names) {
      const subject = await Subject.start(commands[name]);
      const residentMiB = subject.residentMiB();
      await sleep(500);
      const laterMiB = subject.residentMiB();
      const callMs = name === 'bare' ? Number.NaN : await subject.call();
      await subject.end();
      if (round < 0) continue;
      ready[name].push(subject.readyMs);
      atAnswer[name].push(residentMiB);
      later[name].push(laterMiB);
      firstCall[name].push(callMs);
    }
    for (const name of ['bare', 'server'] as const) {
      const subject = await Subject.startStateless(commands[name]);
      await subject.end();
      if (round >= 0) stateless[name].push(subject.readyMs);
    }
  }
  const start = 'spawn → `tools/list` answered';
  const row = (figure: string, baseline: string, unit: string, atMost: number) => ({
    figure,
    baseline,
    unit,
    aim: { atMost },
  });
  return [
    compare(row(`${start}, 2026-07-28`, BARE, 'ms', START_AIMS.stateless), stateless.server, stateless.bare),
    compare(row(`${start}, older versions`, BARE, 'ms', START_AIMS.session), ready.server, ready.bare),
    compare(row(start, 'the same source, unbundled', 'ms', 0.5), ready.server, ready.unbundled),
    compare(row('first `kling_get_task`, 0.5 s later', UNDICI, 'ms', 1.8), firstCall.server, firstCall.undici),
    compare(row('memory at the answer', BARE, 'MiB', 1.3), atAnswer.server, atAnswer.bare),
    compare(row('memory 0.5 s later', BARE, 'MiB', 1.25), later.server, later.bare),
  ];
}

/** Calls on two warm processes in turn, then memory of fresh ones after 1,000 calls. */
export async function measureCalls({ server, undici }: Commands, rounds: number): Promise<Figure[]> {
  const subjects = [await Subject.start(server), await Subject.start(undici)];
  for (const subject of subjects) await subject.throughput(2000, 8);
  const p50: number[][] = [[], []];
  const p99: number[][] = [[], []];
  const perSecond: number[][] = [[], []];
  const memory: number[][] = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (const [side, subject] of subjects.entries()) {
      const times = await subject.callsOneByOne(400);
      p50[side]?.push(quantile(times, 0.5));
      p99[side]?.push(quantile(times, 0.99));
    }
    for (const [side, subject] of subjects.entries()) perSecond[side]?.push(await subject.throughput(1000, 64));
  }
  for (const subject of subjects) await subject.end();
  for (let round = 0; round < Math.ceil(rounds / 3); round++) {
    for (const [side, command] of [server, undici].entries()) {
      const subject = await Subject.start(command);
      await subject.callsOneByOne(1000);
      memory[side]?.push(subject.residentMiB());
      await subject.end();
    }
  }
  const row = (figure: string, unit: string, aim: Figure['aim']) => ({ figure, baseline: UNDICI, unit, aim });
  const both = ([ours = [], theirs = []]: number[][]): [number[], number[]] => [ours, theirs];
  return [
    compare(row('warm call, one at a time: p50', 'ms', { atMost: 1.75 }), ...both(p50)),
    compare(row('warm call, one at a time: p99', 'ms', { atMost: 2 }), ...both(p99)),
    compare(row('throughput, 64 calls in flight for distinct tasks', 'calls/s', { atLeast: 0.8 }), ...both(perSecond)),
    compare(row('memory after 1,000 calls', 'MiB', { atMost: 1.3 }), ...both(memory)),
  ];
}

/** Batches against a batch of one id: neither time nor tokens may grow faster than the ids. */
export async function measureBatches({ server }: Commands, rounds: number): Promise<Figure[]> {
  const sizes = [1, 10, 50, 100];
  const subject = await Subject.start(server);
  const times = new Map<number, number[]>(sizes.map((size) => [size, []]));
  const tokens = new Map<number, number>();
  for (let round = -5; round < rounds * 2; round++) {
    for (const size of sizes) {
      const task_ids = Array.from({ length: size }, (_, index) => `task-${index}`);
      const startMs = performance.now();
      const { structuredContent } = await subject.request('tools/call', {
        name: 'kling_get_tasks_batch',
        arguments: { task_ids },
      });
      if (round >= 0) times.get(size)?.push(performance.now() - startMs);
      if (round === 0) tokens.set(size, encode(JSON.stringify(structuredContent)).length);
    }
  }
  await subject.end();
  return sizes.slice(1).flatMap((size) => {
    const row = { baseline: 'a batch of 1', aim: { atMost: size } };
    const tokensOf = (count: number) => [tokens.get(count) ?? Number.NaN];
    return [
      compare({ ...row, figure: `batch of ${size}: time`, unit: 'ms' }, times.get(size) ?? [], times.get(1) ?? []),
      compare({ ...row, figure: `batch of ${size}: tokens`, unit: 'tokens' }, tokensOf(size), tokensOf(1)),
    ];
  });
}
