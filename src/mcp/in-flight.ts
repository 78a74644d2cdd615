import type { RequestId } from '@modelcontextprotocol/sdk/types.js';

/** The requests that are not answered yet: the client's ids, and the number of ours that stands for each. */
export class InFlight {
  readonly #ids = new Map<RequestId, RequestId>();
  readonly #numbers = new Map<RequestId, number>();
  #lastNumber = 0;

  get size(): number {
    return this.#ids.size;
  }

  /** The number of the request with this id, if it is in flight. */
  numberOf(id: RequestId): number | undefined {
    return this.#numbers.get(id);
  }

  /** Gives a request a number that no other ever had. */
  add(id: RequestId): number {
    const number = ++this.#lastNumber;
    this.#ids.set(number, id);
    this.#numbers.set(id, number);
    return number;
  }

  /** Takes a request out by its number and gives its id; undefined where it was answered or cancelled before. */
  take(number: RequestId): RequestId | undefined {
    const id = this.#ids.get(number);
    if (id === undefined) return undefined;
    this.#ids.delete(number);
    this.#numbers.delete(id);
    return id;
  }
}
