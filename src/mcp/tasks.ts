import { randomUUID } from 'node:crypto';
import type { Following, Tool } from '../tools/tool.js';
import type { Exchange } from './exchange.js';
import { invalidParams, type Request } from './json-rpc.js';
import type { Toolbox } from './toolbox.js';
import { WaitTask } from './wait-task.js';

/** A call that would wait at least this long becomes a task. */
const MIN_WAIT_SECONDS = 10;
const MAX_TASKS = 256;
/** Longer than any first look can take, with the wait for a rate limit before it. */
const MAX_FIRST_LOOK_MS = 3_600_000;

/** The tool whose tasks need no memory, because their id contains everything that is needed. */
const SINGLE_TOOL = 'kling_get_task';
/** `<Kling task id>@<start>`: when the wait began, in Unix milliseconds and base 36. */
const SINGLE_ID = /^([A-Za-z0-9_-]{1,128})@([0-9a-z]{1,9})$/;
const BATCH_ID = /^batch-of-\d{1,3}@[0-9a-f-]{36}$/;

/** The tasks extension: a long wait is answered with a handle, and the client polls for its outcome. */
export class Tasks {
  readonly #tasks = new Map<string, WaitTask>();

  constructor(
    readonly toolbox: Toolbox,
    readonly closing: AbortSignal,
  ) {}

  /**
   * Starts a call as a task if it waits long enough and something is pending after its first look.
   * @returns the answer to `tools/call`; undefined if the call is to be answered like any other
   */
  async start(tool: Tool, exchange: Exchange): Promise<object | undefined> {
    const following = startFollowing(tool, exchange.request.params.arguments);
    if (!following || following.askedWaitSeconds < MIN_WAIT_SECONDS) return undefined;
    const { wait } = following;
    const createdAtMs = Date.now();
    const { cancelled, notifyProgress } = exchange;
    await following.look(MAX_FIRST_LOOK_MS, { stop: { cancelled, closing: this.closing }, notifyProgress });
    const { finished, total } = wait.state();
    if (finished === total || this.closing.aborted || cancelled.aborted) {
      wait.cancel();
      return following.result();
    }
    const isSingle = tool.listing.name === SINGLE_TOOL;
    const id = isSingle ? this.#singleId(wait.ids, createdAtMs) : `batch-of-${total}@${randomUUID()}`;
    return { resultType: 'task', ...this.#keep(new WaitTask(id, following, createdAtMs)).toJson() };
  }

  /** An id for this call alone: cancelling it must not touch the same call made in the same millisecond. */
  #singleId([klingId]: string[], startMs: number): string {
    for (let number = startMs; ; number++) {
      const id = `${klingId}@${number.toString(36)}`;
      if (!this.#tasks.has(id)) return id;
    }
  }

  /** Answers `tasks/get`. */
  async get(request: Request): Promise<object> {
    return (await this.#find(request)).poll(this.closing);
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

  /** The task that a request names. One that is not in memory is recreated if its id says what to look up. */
  async #find({ params: { taskId } }: Request): Promise<WaitTask> {
    if (typeof taskId !== 'string')
      throw invalidParams('params.taskId must be a string: the taskId that tools/call returned.');
    // Loaded first, so that two requests for the same task cannot both recreate it.
    const tool = (await this.toolbox.load()).get(SINGLE_TOOL);
    const task = this.#tasks.get(taskId);
    if (task && task.expiresAtMs > Date.now()) return task;
    const [, task_id, start = ''] = SINGLE_ID.exec(taskId) ?? [];
    if (tool && task_id) {
      const following = tool.follow({ task_id, wait_seconds: MIN_WAIT_SECONDS }, true);
      return this.#keep(new WaitTask(taskId, following, Math.min(Number.parseInt(start, 36), Date.now())));
    }
    const what = BATCH_ID.test(taskId)
      ? 'is gone: a batch is not followed beyond a restart or two hours. Call kling_get_tasks_batch again.'
      : 'is no task of this server. Call kling_get_task or kling_get_tasks_batch again.';
    throw invalidParams(`params.taskId ${what}`);
  }

  /** Adds a task to the table, from which the oldest are dropped. */
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

/** Starts to follow; undefined if the tool refuses the arguments, since the ordinary call then reports what is wrong. */
function startFollowing(tool: Tool, args: unknown): Following | undefined {
  try {
    return tool.follow(args);
  } catch {
    return undefined;
  }
}
