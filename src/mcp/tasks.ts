import { randomUUID } from 'node:crypto';
import type { Following, Tool } from '../tools/tool.js';
import type { Exchange } from './exchange.js';
import { toolOf } from './features.js';
import { INVALID_PARAMS, ProtocolError, type Request } from './json-rpc.js';
import type { Toolbox } from './toolbox.js';
import { NEVER, WaitTask } from './wait-task.js';

/** A call that would wait at least this long becomes a task. */
const MIN_WAIT_SECONDS = 10;
const MAX_TASKS = 256;
const PROGRESS_INTERVAL_MS = 4100;
/** The longest delay of a Node timer, in effect no limit: the lookup has a timeout of its own. */
const NO_LIMIT_MS = 2 ** 31 - 1;
const NEVER_STOPPED = { cancelled: NEVER, closing: NEVER };

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
  async start(exchange: Exchange): Promise<object | undefined> {
    const tool = await toolOf(exchange, this.toolbox);
    const following = startFollowing(tool, exchange.request.params.arguments);
    if (!following || following.askedWaitSeconds < MIN_WAIT_SECONDS) return undefined;
    const createdAtMs = Date.now();
    const endProgress = reportProgress(following, exchange);
    await following.look(NO_LIMIT_MS, { cancelled: exchange.cancelled, closing: this.closing });
    endProgress();
    if (following.done || this.closing.aborted || exchange.cancelled.aborted) {
      following.cancel();
      return following.result();
    }
    const isSingle = tool.listing.name === SINGLE_TOOL;
    const id = isSingle ? this.#singleId(following, createdAtMs) : `batch-of-${following.ids.length}@${randomUUID()}`;
    const task = this.#keep(new WaitTask(id, following, createdAtMs));
    return { resultType: 'task', ...task.toJson() };
  }

  /** An id for this call alone: cancelling it must not touch the same call made in the same millisecond. */
  #singleId({ ids: [klingId = ''] }: Pick<Following, 'ids'>, startMs: number): string {
    const id = `${klingId}@${startMs.toString(36)}`;
    return this.#tasks.has(id) ? this.#singleId({ ids: [klingId] }, startMs + 1) : id;
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
    if (!tool) throw new TypeError(`there is no tool ${SINGLE_TOOL}`);
    const createdAtMs = Math.min(startMs, Date.now());
    const args = { task_id: klingId, wait_seconds: MIN_WAIT_SECONDS };
    // If it can no longer be followed (the token has been removed, for example), the model gets that as the outcome.
    const following = startFollowing(tool, args, true) ?? ended(await tool.call(args, { stop: NEVER_STOPPED }));
    // Another request may have restored it while the tools were loaded.
    const known = this.#tasks.get(id);
    return known && known.expiresAtMs > Date.now() ? known : this.#keep(new WaitTask(id, following, createdAtMs));
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

/** Reports progress, if the client wants any, while the first look takes long; returns what ends that. */
function reportProgress({ askedWaitSeconds, total }: Following, { notifyProgress }: Exchange): () => void {
  if (!notifyProgress) return () => {};
  const startMs = performance.now();
  const report = () => {
    const seconds = Math.round((performance.now() - startMs) / 100) / 10;
    const message = `0 of ${total} finished, ${Math.round(seconds)} s`;
    notifyProgress({ progress: seconds, total: askedWaitSeconds, message });
  };
  report();
  const timer = setInterval(report, PROGRESS_INTERVAL_MS);
  return () => clearInterval(timer);
}

/** Starts to follow; undefined if the tool refuses the arguments, since the ordinary call then reports what is wrong. */
function startFollowing(tool: Tool, args: unknown, isResumed = false): Following | undefined {
  try {
    return tool.follow(args, isResumed);
  } catch {
    return undefined;
  }
}

/** A wait that was over before it began. */
function ended(result: ReturnType<Following['result']>): Following {
  return {
    ids: [],
    askedWaitSeconds: 0,
    done: true,
    looked: true,
    finished: 0,
    total: 1,
    pollIntervalMs: MIN_WAIT_SECONDS * 1000,
    fault: undefined,
    async look() {},
    result: () => result,
    cancel() {},
  };
}

function unknownTask(what: string): ProtocolError {
  return new ProtocolError(INVALID_PARAMS, `params.taskId ${what}`);
}
