import { randomUUID } from 'node:crypto';
import { CancelledError } from '../kling/deadline.js';
import type { Following, Tool } from '../tools/tool.js';
import type { Exchange } from './exchange.js';
import { toolOf } from './features.js';
import { INVALID_PARAMS, ProtocolError, type Request } from './json-rpc.js';
import type { Toolbox } from './toolbox.js';

/** A call that would wait at least this long becomes a task. */
const MIN_WAIT_SECONDS = 10;
/** How long a task is followed, and how long its last state can be fetched. */
const MAX_FOLLOWING_MS = 3_600_000;
const TTL_MS = 7_200_000;
/** How long `tasks/get` waits for a look that is due. */
const MAX_LOOK_MS = 5000;
const MAX_TASKS = 256;

/** The tool whose tasks need no memory: all that is to be known of them stands in their id. */
const SINGLE_TOOL = 'kling_get_task';
/** The Kling task and, in base 36, when the wait for it began, in milliseconds since 1970. */
const SINGLE_ID = /^([A-Za-z0-9_-]{1,128})@([0-9a-z]{1,9})$/;
const BATCH_ID = /^batch-of-\d{1,3}@[0-9a-f-]{36}$/;

/** A wait that goes on while the client polls; between two polls nothing happens. */
class WaitTask {
  readonly #abort = new AbortController();
  #status: 'working' | 'completed' | 'cancelled' = 'working';
  #statusMessage = '';
  #updatedAtMs = Date.now();
  #finished: number;
  #result: object | undefined;

  constructor(
    readonly id: string,
    readonly following: Following,
    readonly createdAtMs: number,
    readonly expiresAtMs = Date.now() + TTL_MS,
  ) {
    this.#finished = following.finished;
    this.#tell();
  }

  /** Looks where a look is due, and takes what it brings. */
  async look(closing: AbortSignal): Promise<void> {
    if (this.#status !== 'working') return;
    try {
      await this.following.look(MAX_LOOK_MS, { cancelled: this.#abort.signal, closing });
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error;
    }
    // Another poll, or a cancellation, may have ended the task meanwhile.
    if (this.#status !== 'working') return;
    const { done, finished } = this.following;
    if (done || Date.now() - this.createdAtMs >= MAX_FOLLOWING_MS) {
      this.#result = { resultType: 'complete', ...this.following.result() };
      this.#end('completed');
    } else {
      if (finished !== this.#finished) this.#updatedAtMs = Date.now();
      this.#finished = finished;
      this.#tell();
    }
  }

  cancel(): void {
    if (this.#status === 'working') this.#end('cancelled');
  }

  /** Stops looking, whoever may still ask. */
  drop(): void {
    this.following.cancel();
    this.#abort.abort();
  }

  toJson(): object {
    return {
      taskId: this.id,
      status: this.#status,
      statusMessage: this.#statusMessage,
      createdAt: new Date(this.createdAtMs).toISOString(),
      lastUpdatedAt: new Date(this.#updatedAtMs).toISOString(),
      ttlMs: TTL_MS,
      pollIntervalMs: this.following.pollIntervalMs,
      ...(this.#result && { result: this.#result }),
    };
  }

  #end(status: 'completed' | 'cancelled'): void {
    this.#status = status;
    this.#updatedAtMs = Date.now();
    this.#tell();
    this.drop();
  }

  /** Says for a person how the wait is doing. */
  #tell(): void {
    const { finished, total, fault } = this.following;
    const seconds = Math.round((Date.now() - this.createdAtMs) / 1000);
    const state = `${finished} of ${total} finished, ${seconds} s`;
    if (this.#status === 'cancelled') this.#statusMessage = `${state}; cancelled, no longer looked up`;
    else
      this.#statusMessage = fault && this.#status === 'working' ? `${state}; the last lookup failed: ${fault}` : state;
  }
}

/** The tasks extension: a long wait is answered with a handle, and the client polls for its outcome. */
export class Tasks {
  readonly #tasks = new Map<string, WaitTask>();

  constructor(
    readonly toolbox: Toolbox,
    readonly closing: AbortSignal,
  ) {}

  /**
   * Starts a call as a task, if it is one that waits long and its first look leaves something pending.
   * @returns the answer to `tools/call`; undefined where the call is to be answered as any other
   */
  async start(exchange: Exchange): Promise<object | undefined> {
    const tool = await toolOf(exchange, this.toolbox);
    const following = startFollowing(tool, exchange.request.params.arguments);
    if (!following || following.askedWaitSeconds < MIN_WAIT_SECONDS) return undefined;
    const createdAtMs = Date.now();
    // The lookup has its own time limit.
    await following.look(Number.POSITIVE_INFINITY, { cancelled: exchange.cancelled, closing: this.closing });
    if (following.done || this.closing.aborted || exchange.cancelled.aborted) {
      following.cancel();
      return following.result();
    }
    const [firstId = ''] = following.ids;
    const id =
      tool.listing.name === SINGLE_TOOL
        ? `${firstId}@${createdAtMs.toString(36)}`
        : `batch-of-${following.ids.length}@${randomUUID()}`;
    const task = this.#keep(new WaitTask(id, following, createdAtMs));
    return { resultType: 'task', ...task.toJson() };
  }

  /** Answers `tasks/get`. */
  async get(request: Request): Promise<object> {
    const task = await this.#find(request);
    await task.look(this.closing);
    return task.toJson();
  }

  /** Answers `tasks/cancel`. */
  async cancel(request: Request): Promise<object> {
    (await this.#find(request)).cancel();
    return {};
  }

  /** Answers `tasks/update`; no task here asks for input. */
  async update(request: Request): Promise<object> {
    await this.#find(request);
    return {};
  }

  /** The task that a request names; one that is not in memory is made anew if its id says what to look up. */
  async #find({ params: { taskId } }: Request): Promise<WaitTask> {
    if (typeof taskId !== 'string') throw unknownTask('must be a string: the taskId that tools/call returned.');
    const task = this.#tasks.get(taskId);
    if (task && task.expiresAtMs > Date.now()) return task;
    const [, klingId, start] = SINGLE_ID.exec(taskId) ?? [];
    if (klingId !== undefined && start !== undefined) return this.#restore(taskId, klingId, Number.parseInt(start, 36));
    throw unknownTask(
      BATCH_ID.test(taskId)
        ? 'is gone: a batch is not followed beyond a restart or two hours. Call kling_get_tasks_batch again.'
        : 'is no task of this server. Call kling_get_task or kling_get_tasks_batch again.',
    );
  }

  async #restore(id: string, klingId: string, startMs: number): Promise<WaitTask> {
    const tool = (await this.toolbox.load()).get(SINGLE_TOOL);
    const createdAtMs = Math.min(startMs, Date.now());
    const following = tool && startFollowing(tool, { task_id: klingId, wait_seconds: MIN_WAIT_SECONDS }, createdAtMs);
    if (!following) throw unknownTask('cannot be followed. Call kling_get_task again.');
    // Another request may have restored it while the tools were loaded.
    const known = this.#tasks.get(id);
    return known && known.expiresAtMs > Date.now() ? known : this.#keep(new WaitTask(id, following, createdAtMs));
  }

  /** Keeps a task in the table, from which the oldest fall out. */
  #keep(task: WaitTask): WaitTask {
    this.#tasks.get(task.id)?.drop();
    this.#tasks.delete(task.id);
    for (const [id, old] of this.#tasks) {
      if (this.#tasks.size < MAX_TASKS && old.expiresAtMs > Date.now()) break;
      old.drop();
      this.#tasks.delete(id);
    }
    this.#tasks.set(task.id, task);
    return task;
  }
}

/** What the tool would follow; undefined for arguments that it refuses, as the call itself says best what is wrong. */
function startFollowing(tool: Tool, args: unknown, startedAtMs?: number): Following | undefined {
  try {
    return tool.follow(args, startedAtMs);
  } catch {
    return undefined;
  }
}

function unknownTask(what: string): ProtocolError {
  return new ProtocolError(INVALID_PARAMS, `params.taskId ${what}`);
}
