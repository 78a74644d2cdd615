import { randomUUID } from 'node:crypto';
import type { CallToolResult, Result } from '@modelcontextprotocol/sdk/types.js';
import type { WatchState } from '../kling/watch.js';
import { GIVE_UP_AFTER_S } from '../limits.js';
import type { JsonObject } from '../text/json.js';
import type { Call, Tool } from '../tools/tool.js';
import { invalidParams } from './message.js';

/** A call that would wait at least this long becomes a task of the protocol. */
const MIN_WAIT_S = 10;
/** How long `tools/call` waits for the first lookup: longer than that takes, but no client has given up by then. */
const FIRST_LOOKUP_MS = 40_000;
/** How long `tasks/get` waits for a lookup that is due. */
const LOOKUP_MS = 5000;
/** How long a Kling task is followed, even one that is too old for that. */
const MIN_FOLLOWING_MS = 600_000;
const TTL_MS = 7_200_000;
const MAX_TASKS = 256;

/**
 * A task's id: the call's label, then the time when it began (Unix milliseconds in base 36), if that is all that is needed to
 * go on after a restart, else a UUID.
 */
const RESUMABLE_ID = /^([\w-]{1,128})@([0-9a-z]{1,9})$/;

/** The tasks extension: a long wait is answered with a handle, and the client polls for its outcome. */
export class ProtocolTasks {
  readonly #tasks = new Map<string, ProtocolTask>();

  constructor(
    readonly tools: Tool[],
    readonly closing: AbortSignal,
  ) {}

  /**
   * Makes a task of a call if that waits long enough and something is pending after its first lookup.
   * @returns the answer to `tools/call`; undefined if the call is to be run like any other
   */
  async start(tool: Tool, call: Call, signal: AbortSignal): Promise<Result | undefined> {
    if (call.waitSeconds < MIN_WAIT_S) return undefined;
    const createdAtMs = Date.now();
    await call.watch.poll(FIRST_LOOKUP_MS, signal);
    const { finished, total } = call.watch.state;
    if (finished === total || this.closing.aborted || signal.aborted) {
      call.watch.end();
      return call.result();
    }
    const id = tool.resume ? this.#resumableId(call.label, createdAtMs) : `${call.label}@${randomUUID()}`;
    return { resultType: 'task', ...this.#keep(new ProtocolTask(id, call, createdAtMs)).toJson() };
  }

  /** An id for this call alone: cancelling it must not touch the same call made in the same millisecond. */
  #resumableId(label: string, startMs: number): string {
    const id = `${label}@${startMs.toString(36)}`;
    return this.#tasks.has(id) ? this.#resumableId(label, startMs + 1) : id;
  }

  /** The task that a request names. One that is not in memory goes on if its id says what to look up. */
  find({ taskId }: JsonObject): ProtocolTask {
    if (typeof taskId !== 'string') {
      throw invalidParams('params.taskId must be a string: the taskId that tools/call returned.');
    }
    const task = this.#tasks.get(taskId);
    if (task && task.expiresAtMs > Date.now()) return task;
    const [, label = '', start = ''] = RESUMABLE_ID.exec(taskId) ?? [];
    const [call] = label ? this.tools.flatMap(({ resume }) => resume?.(label) ?? []) : [];
    if (call) return this.#keep(new ProtocolTask(taskId, call, Math.min(Number.parseInt(start, 36), Date.now())));
    const names = this.tools.map(({ listing }) => listing.name).join(' or ');
    const what = 'is no task of this server, or is gone: that of a batch is kept for two hours, and not over a restart';
    throw invalidParams(`params.taskId ${what}. Call ${names} again.`);
  }

  /** Adds a task to the table, from which the oldest fall out. */
  #keep(task: ProtocolTask): ProtocolTask {
    for (const [id, old] of this.#tasks) {
      if (old.expiresAtMs > Date.now() && this.#tasks.size < MAX_TASKS) continue;
      old.call.watch.end();
      this.#tasks.delete(id);
    }
    this.#tasks.set(task.id, task);
    return task;
  }
}

/** A call that goes on while the client polls. Between two polls nothing happens. */
class ProtocolTask {
  readonly expiresAtMs = Date.now() + TTL_MS;
  /** The outcome, or the cancellation: every later poll gets it unchanged. */
  #end: Result | undefined;

  /** @param createdAtMs when the wait began, perhaps in another process */
  constructor(
    readonly id: string,
    readonly call: Call,
    readonly createdAtMs: number,
  ) {}

  /**
   * Answers `tasks/get`, after a lookup that is due. If this poll is cancelled, the lookup goes on: the next poll will want its
   * result.
   */
  async poll(signal: AbortSignal): Promise<Result> {
    if (this.#end) return this.#end;
    const { watch } = this.call;
    await watch.poll(LOOKUP_MS, signal);
    // Another poll, or a cancellation, may have come first.
    if (!this.#end && this.#isOver(watch.state)) {
      const result = this.call.result();
      this.#finish('completed', outcomeOf(result, watch.state), { result: { resultType: 'complete', ...result } });
    }
    return this.toJson();
  }

  /** Answers `tasks/cancel`. */
  cancel(): Result {
    if (!this.#end) this.#finish('cancelled', 'cancelled, not looked up any more');
    return {};
  }

  /** Answers `tasks/update`: no task here asks for input. */
  update(): Result {
    return {};
  }

  toJson(): Result {
    return this.#end ?? this.#describe('working', progressOf(this.call.watch.state));
  }

  #isOver({ finished, total, isLookedUp, oldestAgeSeconds }: WatchState): boolean {
    if (finished === total) return true;
    const followedMs = Date.now() - this.createdAtMs;
    const isOld = (oldestAgeSeconds ?? followedMs / 1000) >= GIVE_UP_AFTER_S;
    return isLookedUp && isOld && followedMs >= MIN_FOLLOWING_MS;
  }

  #finish(status: 'completed' | 'cancelled', statusMessage: string, more?: Result): void {
    this.#end = { ...this.#describe(status, statusMessage), ...more };
    this.call.watch.end();
  }

  #describe(status: string, statusMessage: string): Result {
    return {
      taskId: this.id,
      status,
      statusMessage,
      createdAt: new Date(this.createdAtMs).toISOString(),
      lastUpdatedAt: new Date().toISOString(),
      ttlMs: TTL_MS,
      pollIntervalMs: this.call.watch.state.pollIntervalMs,
    };
  }
}

/** How the Kling tasks are doing, in words for a person. */
function progressOf({ finished, total, oldestAgeSeconds, pollIntervalMs, fault }: WatchState): string {
  const age = oldestAgeSeconds === undefined ? undefined : `running for ${Math.round(oldestAgeSeconds)} s`;
  const pace = `looked up every ${Math.round(pollIntervalMs / 1000)} s`;
  const progress =
    total === 1
      ? `${age ?? 'pending'}, ${pace}`
      : `${finished} of ${total} finished${age ? `, the oldest ${age}` : ''}`;
  return fault === undefined ? progress : `${progress}; the last lookup failed: ${fault}`;
}

function outcomeOf({ isError }: CallToolResult, state: WatchState): string {
  if (isError) return 'the lookup failed';
  if (state.finished < state.total) return `given up: ${progressOf(state)}`;
  return state.total === 1 ? 'finished' : `all ${state.total} finished`;
}
