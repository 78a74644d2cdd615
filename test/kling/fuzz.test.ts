import { expect, vi } from 'vitest';
import { KlingError } from '../../src/kling/api/error.js';
import { keyOf } from '../../src/kling/lookup.js';
import { Watch } from '../../src/kling/watch.js';
import {
  down,
  type Findings,
  idsOf,
  indivisible,
  limited,
  type Request,
  test,
  type World,
} from '../support/fake-lookups.js';

const WORLDS = 150;
const STEP_S = 0.5;
/** Clocks are rounded to milliseconds. */
const SLACK_S = 0.002;
/** When the last caller comes. */
const LAST_START_S = 60;

const page = new KlingError('bad_response', 'Not JSON.');

/** Random numbers that are the same for a seed (mulberry32). */
class Random {
  constructor(private state: number) {}

  /** From 0 up to, but not including, 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  upTo(max: number): number {
    return this.next() * max;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.upTo(values.length))] as T;
  }
}

/** What is true of a task, whoever asks. */
interface Truth {
  isBad: boolean;
  knownFromS: number;
  doneAtS: number;
}

/** A caller, and how it fares. Times are in seconds of the world. */
interface Caller {
  watch: Watch;
  ids: string[];
  startS: number;
  /** Undefined for one that polls. */
  deadlineS?: number;
  cancelledS?: number;
  lookedUpS?: number;
  endS?: number;
  /** Whether nothing was left to wait for at the end. */
  isDone?: boolean;
}

/** One world: its API, its callers, and what must hold whatever happens in it. */
class Fuzz {
  readonly #truths = new Map<string, Truth>();
  readonly #callers: Caller[] = [];
  readonly #hasLimits: boolean;
  readonly #refused = new Set<Request>();
  #closedS: number | undefined;
  readonly #violations: string[] = [];

  constructor(
    readonly world: World,
    readonly random: Random,
  ) {
    const { lookups } = world;
    const maxBad = random.pick([0, 1, 3]);
    for (const [index, id] of idsOf(random.pick([3, 40, 130])).entries()) {
      const knownFromS = random.pick([0, 0, 0, 0, 30, Number.POSITIVE_INFINITY]);
      this.#truths.set(id, { isBad: index < maxBad, knownFromS, doneAtS: random.upTo(200) });
    }
    this.#hasLimits = random.chance(0.5);
    const faultRate = random.pick([0, 0.1, 0.4]);
    lookups.ageS = random.pick([2, 60, 400, undefined]);
    const slowS = random.pick([0, 0.3, 3]);
    lookups.answerS = () => (random.chance(0.02) ? 40 : random.upTo(slowS));
    lookups.find = (atS, ids) => this.#answer(atS, ids, faultRate);
  }

  #answer(atS: number, ids: string[], faultRate: number): Findings {
    this.#check(atS, ids);
    if (ids.some((id) => this.#truthOf(id).isBad)) {
      const request = this.world.lookups.requests.at(-1);
      if (request && ids.length > 1) this.#refused.add(request);
      return indivisible;
    }
    if (this.random.chance(faultRate)) {
      const limit = () => limited(this.random.pick([undefined, 1000, 4000, 20_000, 90_000]));
      return this.#hasLimits && this.random.chance(0.5) ? limit() : this.random.pick([down, down, page]);
    }
    return Object.fromEntries(
      ids.map((id) => {
        const { knownFromS, doneAtS } = this.#truthOf(id);
        if (atS < knownFromS) return [id, undefined];
        return [id, atS < doneAtS ? 'pending' : 'completed'];
      }),
    );
  }

  #truthOf(id: string): Truth {
    return this.#truths.get(keyOf(id)) ?? { isBad: false, knownFromS: 0, doneAtS: 0 };
  }

  /** Notes what must hold and does not: an error thrown here would look like a bug of the lookup. */
  #demand(isTrue: boolean, rule: string): void {
    if (!isTrue) this.#violations.push(`${this.world.lookups.nowS} s: ${rule}`);
  }

  /** What must hold for each request, at the moment when it is sent. */
  #check(atS: number, ids: string[]): void {
    const { lookups } = this.world;
    const before = lookups.requests.slice(0, -1);
    const inFlight = before.filter(({ endS }) => endS === undefined);
    const keys = [...inFlight.flatMap((request) => request.ids), ...ids].map(keyOf);
    this.#demand(inFlight.length < 2, 'at most two requests in flight');
    this.#demand(ids.length <= 50, 'at most 50 ids in a request');
    this.#demand(new Set(keys).size === keys.length, 'an id in one request at a time');
    this.#demand(lookups.quietMs === 0, 'no request during a rate limit');
    const closedS = this.#closedS ?? Number.POSITIVE_INFINITY;
    this.#demand(atS < closedS + 1.5, 'no request later than 1.5 s after the end of stdin');
    if (this.#isFirst(ids)) return;
    const lastS = Math.max(...before.flatMap(({ startS, endS = startS }) => [startS, endS]));
    this.#demand(atS - lastS > 1 - SLACK_S, `a second before a repeated lookup, not ${atS - lastS} s`);
    this.#demand(atS <= closedS, 'no repeated lookup after the end of stdin');
  }

  /** Whether somebody waits for a first lookup of one of the ids. */
  #isFirst(ids: string[]): boolean {
    const answers = this.world.lookups.requests.filter(
      (request) => request.endS !== undefined && !request.isAborted && !this.#refused.has(request),
    );
    const wasAnswered = (key: string, sinceS: number) =>
      answers.some((request) => (request.endS ?? 0) > sinceS && request.ids.some((id) => keyOf(id) === key));
    // What the last poll has asked for may still be looked up.
    const active = this.#callers.filter(({ endS, deadlineS }) => endS === undefined || deadlineS === undefined);
    return ids
      .map(keyOf)
      .some((key) => active.some((caller) => caller.ids.map(keyOf).includes(key) && !wasAnswered(key, caller.startS)));
  }

  async run(): Promise<void> {
    const { world, random } = this;
    const startsS = Array.from({ length: random.pick([1, 5, 30]) }, () => random.upTo(LAST_START_S)).sort(
      (a, b) => a - b,
    );
    const closesAtS = random.chance(0.2) ? random.upTo(LAST_START_S) : Number.POSITIVE_INFINITY;
    const isOver = () => this.#callers.every(({ endS }) => endS !== undefined);
    for (let atS = 0; atS < LAST_START_S || !isOver(); atS += STEP_S) {
      while ((startsS[0] ?? Number.POSITIVE_INFINITY) <= atS) {
        startsS.shift();
        if (this.#closedS === undefined) this.#startCaller();
      }
      await world.pass(STEP_S);
      if (this.#closedS === undefined && atS >= closesAtS) {
        this.#closedS = world.lookups.nowS;
        world.closing.abort();
      }
      for (const caller of this.#callers) {
        if (caller.watch.state.isLookedUp) caller.lookedUpS ??= world.lookups.nowS;
      }
    }
    await world.passAll();
    for (const caller of this.#callers) this.#checkEnd(caller);
    this.#demand(vi.getTimerCount() === 0, 'no timer is left');
    expect(this.#violations).toEqual([]);
  }

  #startCaller(): void {
    const { random, world } = this;
    const ids = new Map<string, string>();
    const all = [...this.#truths.keys()];
    const count = random.pick([1, 1, 1, 5, 100]);
    while (ids.size < Math.min(count, all.length)) {
      const id = random.pick(all);
      ids.set(id, random.chance(0.2) ? id.toUpperCase() : id);
    }
    const startS = world.lookups.nowS;
    if (random.chance(0.2)) this.#startPolling([...ids.values()], startS);
    else this.#startWait([...ids.values()], startS);
  }

  #startWait(ids: string[], startS: number): void {
    const { random, world } = this;
    const waitS = random.pick([0, 0, 1, 4, 5, 20, 50]);
    const watch = new Watch(world.scheduler, ids, { recheckNotFound: waitS >= 5 });
    const caller: Caller = { watch, ids, startS, deadlineS: startS + waitS };
    this.#callers.push(caller);
    const controller = new AbortController();
    watch.wait(waitS * 1000, controller.signal).then(() => {
      caller.endS = world.lookups.nowS;
      caller.isDone = watch.state.finished === watch.state.total;
    });
    if (!random.chance(0.3)) return;
    setTimeout(
      () => {
        if (caller.endS !== undefined) return;
        caller.cancelledS = world.lookups.nowS;
        controller.abort();
      },
      random.upTo(waitS * 1000),
    );
  }

  #startPolling(ids: string[], startS: number): void {
    const { random, world } = this;
    const watch = new Watch(world.scheduler, ids, { recheckNotFound: true, isResumed: random.chance(0.5) });
    const caller: Caller = { watch, ids, startS };
    this.#callers.push(caller);
    const intervalMs = random.pick([500, 1000, 10_000]);
    let polls = random.upTo(30);
    const poll = async () => {
      const pollS = world.lookups.nowS;
      await watch.poll(5000);
      this.#demand(world.lookups.nowS - pollS <= 5 + SLACK_S, 'a poll takes 5 s at most');
      if (--polls > 0) setTimeout(poll, intervalMs);
      else {
        if (random.chance(0.5)) watch.end();
        caller.endS = world.lookups.nowS;
      }
    };
    poll();
  }

  /** What must hold for each caller at its end. */
  #checkEnd({ watch, ids, deadlineS, cancelledS, lookedUpS, endS, isDone }: Caller): void {
    this.#demand(endS !== undefined, 'every caller settles');
    if (endS === undefined) return;
    const { tasks, notFound, faults } = watch.outcome();
    const told = new Set([...tasks.keys(), ...notFound, ...faults.keys()]);
    this.#demand(
      told.size === ids.length && ids.every((id) => told.has(id)),
      'something is told of each id, as spelled',
    );
    for (const [id, { task_id, status }] of tasks) {
      this.#demand(task_id === id, 'each caller gets its own spelling');
      const isDone = this.#truthOf(id).doneAtS <= this.world.lookups.nowS;
      this.#demand(status === 'pending' || isDone, 'only what is done is completed');
    }
    for (const id of notFound) this.#demand(this.#truthOf(id).knownFromS > 0, 'only what is unknown is not found');
    for (const [id, { code }] of faults) {
      this.#demand(code !== 'bad_request' || this.#truthOf(id).isBad, `nobody innocent is refused, as ${id}`);
    }
    if (deadlineS === undefined) return;
    if (cancelledS !== undefined) {
      this.#demand(endS === cancelledS, 'a cancelled call ends at once');
      return;
    }
    if (this.#closedS !== undefined) {
      this.#demand(endS <= Math.max(this.#closedS + 1.5, deadlineS + 0.5) + SLACK_S, 'calls end when stdin has closed');
      return;
    }
    this.#demand(lookedUpS !== undefined, 'each id is looked up');
    const latestS = Math.max(deadlineS + 0.5, lookedUpS ?? 0);
    this.#demand(endS <= latestS + SLACK_S, `the deadline is kept: ${endS} s instead of ${latestS} s`);
    // Where it goes along with another lookup, the last one comes a second sooner.
    const isEarly = endS < deadlineS - 2 - SLACK_S;
    this.#demand(isDone || this.#hasLimits || !isEarly, `no early end: ${endS} s instead of ${deadlineS} s`);
  }
}

test.for(Array.from({ length: WORLDS }, (_, seed) => seed))('the world of seed %i', async (seed, { world }) => {
  await new Fuzz(world, new Random(seed)).run();
});
