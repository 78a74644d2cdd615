import { setMaxListeners } from 'node:events';
import type { Following } from '../tools/tool.js';

/** How long a task is followed, and how long its last state can be fetched. */
const MAX_FOLLOWING_MS = 3_600_000;
const TTL_MS = 7_200_000;
/** How long `tasks/get` waits for a look that is due. */
const MAX_LOOK_MS = 5000;
/** Never aborts. */
const NEVER = new AbortController().signal;
// Each poll listens, and Node takes more than ten listeners for a leak.
setMaxListeners(0, NEVER);

/** A wait that goes on while the client polls; between two polls nothing happens. */
export class WaitTask {
  readonly expiresAtMs = Date.now() + TTL_MS;
  #finished: number;
  #updatedAtMs: number;
  /** The final state; every later poll gets it unchanged. */
  #end: object | undefined;

  constructor(
    readonly id: string,
    readonly following: Following,
    readonly createdAtMs: number,
  ) {
    this.#finished = following.wait.state().finished;
    this.#updatedAtMs = createdAtMs;
  }

  /** Looks where a look is due, and says how the wait is doing. */
  async poll(closing: AbortSignal): Promise<object> {
    // If this poll is cancelled, the look continues: the next poll will need its result.
    if (!this.#end) await this.following.look(MAX_LOOK_MS, { stop: { cancelled: NEVER, closing } });
    const { finished, total, isLooked } = this.following.wait.state();
    const isOver = finished === total || (isLooked && Date.now() - this.createdAtMs >= MAX_FOLLOWING_MS);
    // Another poll, or a cancellation, may have ended the task meanwhile.
    if (isOver && !this.#end) {
      const result = { resultType: 'complete', ...this.following.result() };
      this.#finish('completed', result.isError ? `the lookup failed, ${this.#age()}` : this.#summary(), { result });
    }
    return this.toJson();
  }

  cancel(): void {
    if (!this.#end) this.#finish('cancelled', `${this.#summary()}; cancelled, no longer looked up`);
  }

  /** Stops looking. */
  drop(): void {
    this.following.wait.cancel();
  }

  toJson(): object {
    if (this.#end) return this.#end;
    const { finished, fault } = this.following.wait.state();
    if (finished !== this.#finished) this.#updatedAtMs = Date.now();
    this.#finished = finished;
    return this.#describe('working', fault ? `${this.#summary()}; the last lookup failed: ${fault}` : this.#summary());
  }

  #finish(status: 'completed' | 'cancelled', statusMessage: string, more?: object): void {
    this.#updatedAtMs = Date.now();
    this.#end = { ...this.#describe(status, statusMessage), ...more };
    this.drop();
  }

  #describe(status: string, statusMessage: string): object {
    return {
      taskId: this.id,
      status,
      statusMessage,
      createdAt: new Date(this.createdAtMs).toISOString(),
      lastUpdatedAt: new Date(this.#updatedAtMs).toISOString(),
      ttlMs: TTL_MS,
      pollIntervalMs: this.following.wait.state().pollIntervalMs,
    };
  }

  /** How the wait is doing, for a person. */
  #summary(): string {
    const { finished, total } = this.following.wait.state();
    return `${finished} of ${total} finished, ${this.#age()}`;
  }

  #age(): string {
    return `${Math.round((Date.now() - this.createdAtMs) / 1000)} s`;
  }
}
