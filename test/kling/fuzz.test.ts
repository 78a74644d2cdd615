import { expect } from 'vitest';
import { KlingError } from '../../src/kling/api/error.js';
import { keyOf } from '../../src/kling/lookup.js';
import { Watch } from '../../src/kling/watch.js';
import { down, type Findings, idsOf, indivisible, limited, test, type World } from '../support/fake-lookups.js';

const WORLDS = 150;
/** Callers come within this time, and stdin closes within it in some worlds. */
const BUSY_S = 60;
/** By then every caller must have its answer. */
const MAX_S = 1000;
const STEP_S = 0.5;
/** Clocks are rounded to milliseconds. */
const SLACK_S = 0.002;
const NEVER = Number.POSITIVE_INFINITY;
const page = new KlingError('bad_response', 'Not JSON.');

/** Random numbers from 0 to 1, the same for a seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The truth about a task, whoever asks. Times are in seconds of the world. */
interface Truth {
  isBad: boolean;
  knownFromS: number;
  doneAtS: number;
}

/** A caller, and how it fares. */
interface Caller {
  ids: string[];
  watch: Watch;
  /** When a wait has to be over; undefined for a caller that polls. */
  deadlineS?: number;
  cancelledS?: number;
  lookedUpS?: number;
  endS?: number;
  /** Whether nothing was left to wait for at the end. */
  isDone?: boolean;
}

/** A world of random callers and faults, and the rules that hold in every one. */
class Fuzz {
  readonly #random: () => number;
  readonly #truths: Map<string, Truth>;
  readonly #faultRate: number;
  readonly #hasLimits: boolean;
  readonly #callers: Caller[] = [];
  readonly #violations: string[] = [];
  #closedS = NEVER;

  constructor(
    readonly world: World,
    seed: number,
  ) {
    const { lookups } = world;
    this.#random = randomOf(seed);
    const badCount = this.#pick([0, 1, 3]);
    const truths = idsOf(this.#pick([3, 40, 130])).map((id, index): [string, Truth] => [
      id,
      { isBad: index < badCount, knownFromS: this.#pick([0, 0, 0, 0, 30, NEVER]), doneAtS: this.#upTo(200) },
    ]);
    this.#truths = new Map(truths);
    this.#faultRate = this.#pick([0, 0.1, 0.4]);
    this.#hasLimits = this.#chance(0.5);
    const slowS = this.#pick([0, 0.3, 3]);
    lookups.answerS = () => (this.#chance(0.02) ? 40 : this.#upTo(slowS));
    lookups.ageS = this.#pick([2, 60, 400, undefined]);
    lookups.find = (atS, ids) => this.#answer(atS, ids);
  }

  #upTo(max: number): number {
    return this.#random() * max;
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.#upTo(values.length))] as T;
  }

  get #nowS(): number {
    return this.world.lookups.nowS;
  }

  /** Notes a broken rule: thrown out of a lookup, it would only look like a bug of that. */
  #demand(isKept: boolean, rule: string): void {
    if (!isKept) this.#violations.push(`${this.#nowS} s: ${rule}`);
  }

  async run(): Promise<void> {
    const { world } = this;
    const startsS = Array.from({ length: this.#pick([1, 5, 30]) }, () => this.#upTo(BUSY_S));
    const closesAtS = this.#chance(0.2) ? this.#upTo(BUSY_S) : NEVER;
    const isBusy = () => this.#callers.some(({ endS }) => endS === undefined);
    for (let atS = 0; atS < BUSY_S || (isBusy() && atS < MAX_S); atS += STEP_S) {
      const isOpen = this.#closedS === NEVER;
      if (isOpen) for (const startS of startsS) if (startS >= atS && startS < atS + STEP_S) this.#startCaller();
      await world.pass(STEP_S);
      if (isOpen && atS >= closesAtS) {
        this.#closedS = this.#nowS;
        world.closing.abort();
      }
      for (const caller of this.#callers) if (caller.watch.state.isLookedUp) caller.lookedUpS ??= this.#nowS;
    }
    await world.passAll();
    for (const caller of this.#callers) {
      this.#checkOutcome(caller);
      this.#checkEnd(caller);
    }
    expect(this.#violations).toEqual([]);
  }

  #startCaller(): void {
    const ids = new Set<string>();
    for (let count = this.#pick([1, 1, 1, 5, 100]); count > 0; count--) ids.add(this.#pick([...this.#truths.keys()]));
    const spelled = [...ids].map((id) => (this.#chance(0.2) ? id.toUpperCase() : id));
    if (this.#chance(0.2)) this.#startPolling(spelled);
    else this.#startWait(spelled);
  }

  #startWait(ids: string[]): void {
    const waitS = this.#pick([0, 0, 1, 4, 5, 20, 50]);
    const watch = new Watch(this.world.scheduler, ids, { recheckNotFound: waitS >= 5 });
    const caller: Caller = { ids, watch, deadlineS: this.#nowS + waitS };
    this.#callers.push(caller);
    const controller = new AbortController();
    watch.wait(waitS * 1000, controller.signal).then(() => {
      caller.endS = this.#nowS;
      caller.isDone = watch.state.finished === watch.state.total;
    });
    const cancel = () => {
      if (caller.endS === undefined) caller.cancelledS = this.#nowS;
      controller.abort();
    };
    if (this.#chance(0.3)) setTimeout(cancel, this.#upTo(waitS * 1000));
  }

  #startPolling(ids: string[]): void {
    const watch = new Watch(this.world.scheduler, ids, { recheckNotFound: true, isResumed: this.#chance(0.5) });
    const caller: Caller = { ids, watch };
    this.#callers.push(caller);
    const intervalMs = this.#pick([500, 1000, 10_000]);
    const poll = async (pollsLeft: number) => {
      const startS = this.#nowS;
      await watch.poll(5000);
      this.#demand(this.#nowS - startS <= 5 + SLACK_S, 'a poll takes 5 s at most');
      if (pollsLeft > 0) setTimeout(() => poll(pollsLeft - 1), intervalMs);
      else caller.endS = this.#nowS;
      if (pollsLeft <= 0 && this.#chance(0.5)) watch.end();
    };
    poll(this.#upTo(30));
  }

  #truthOf(id: string): Truth {
    return this.#truths.get(keyOf(id)) ?? { isBad: true, knownFromS: NEVER, doneAtS: NEVER };
  }

  #answer(atS: number, ids: string[]): Findings {
    this.#checkRequest(atS, ids);
    if (ids.some((id) => this.#truthOf(id).isBad)) return indivisible;
    if (this.#chance(this.#faultRate)) {
      const isLimited = this.#hasLimits && this.#chance(0.5);
      return isLimited ? limited(this.#pick([0, 1000, 4000, 20_000, 90_000])) : this.#pick([down, down, page]);
    }
    const findings = ids.map((id) => {
      const { knownFromS, doneAtS } = this.#truthOf(id);
      return [id, atS < knownFromS ? undefined : atS < doneAtS ? 'pending' : 'completed'];
    });
    return Object.fromEntries(findings);
  }

  #checkRequest(atS: number, ids: string[]): void {
    const { lookups } = this.world;
    const before = lookups.requests.slice(0, -1);
    const inFlight = before.filter(({ endS }) => endS === undefined);
    const keys = new Set(ids.map(keyOf));
    const keysInFlight = inFlight.flatMap((request) => request.ids.map(keyOf));
    this.#demand(inFlight.length < 2, 'at most two requests are in flight');
    this.#demand(ids.length <= 50, 'a request has at most 50 ids');
    this.#demand(keys.size === ids.length && !keysInFlight.some((key) => keys.has(key)), 'no id is in two requests');
    this.#demand(lookups.rateLimit.quietMs === 0, 'no request is made during a rate limit');
    this.#demand(atS < this.#closedS + 1.5, 'no request is made later than 1.5 s after the end of stdin');
    const wants = this.#callers.flatMap(({ watch }) => watch.wants());
    if (wants.some(({ isFirst, task }) => isFirst && keys.has(task.key))) return;
    const lastS = Math.max(...before.map(({ startS, endS = startS }) => endS), ...before.map(({ startS }) => startS));
    this.#demand(atS - lastS > 1 - SLACK_S, `a repeated lookup keeps a second from others, not ${atS - lastS} s`);
    this.#demand(atS <= this.#closedS, 'nothing is looked up again after the end of stdin');
  }

  /** What a caller is told is true, and complete. */
  #checkOutcome({ watch, ids }: Caller): void {
    const { tasks, notFound, faults } = watch.outcome();
    const told = new Set([...tasks.keys(), ...notFound, ...faults.keys()]);
    this.#demand(told.size === ids.length && ids.every((id) => told.has(id)), 'each id is told, as it was spelled');
    for (const [id, { task_id, status }] of tasks) {
      const isDone = this.#truthOf(id).doneAtS <= this.#nowS;
      this.#demand(task_id === id, 'a task has the id as it was spelled');
      this.#demand(status === 'pending' || isDone, 'only what is done is completed');
    }
    for (const id of notFound) this.#demand(this.#truthOf(id).knownFromS > 0, 'only what was unknown is not found');
    for (const [id, { code }] of faults) {
      this.#demand(code !== 'bad_request' || this.#truthOf(id).isBad, `nobody innocent is refused, as ${id} was`);
    }
  }

  /** A wait ends in time, and not too early. */
  #checkEnd({ deadlineS, cancelledS = NEVER, lookedUpS = NEVER, endS = NEVER, isDone }: Caller): void {
    this.#demand(endS < NEVER, 'every caller gets its answer');
    if (deadlineS === undefined) return;
    const latestS = Math.min(cancelledS, this.#closedS + 1.5, Math.max(deadlineS + 0.5, lookedUpS));
    this.#demand(endS <= latestS + SLACK_S, `a wait ends in time: at ${latestS} s instead of ${endS} s`);
    const isCutShort = endS === cancelledS || endS >= this.#closedS || this.#hasLimits;
    // Where it goes along with another lookup, the last one comes a second sooner.
    const hasItsTime = endS >= deadlineS - 2 - SLACK_S;
    this.#demand(isDone || isCutShort || hasItsTime, `a wait has its time: ${deadlineS} s instead of ${endS} s`);
  }
}

test.for(Array.from({ length: WORLDS }, (_, seed) => seed))(
  'the world of seed %i keeps all rules',
  async (seed, { world }) => {
    await new Fuzz(world, seed).run();
  },
);
