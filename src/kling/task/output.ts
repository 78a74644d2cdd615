import { isEmpty, isObject, type JsonObject, textOf } from '../text/json.js';
import type { Cleaner } from '../text/privacy.js';
import { safeUrl } from '../text/url.js';
import { walk } from '../text/walk.js';
import { excerptKey, excerptScalar, sizeOf } from './excerpt.js';
import { isInputKey, isNoResultKey, type Media } from './media.js';

const MAX_BYTES = 4096;
const MAX_DEPTH = 8;

/** Keys of a response that only wrap what the task returned. */
const ENVELOPE = new Set(
  'success code message task_id trace_id request_id state status task_status request input usage data'.split(' '),
);

/** What the task returned: the response's data, with what stands beside it unless that only wraps it. */
function contentOf(response: JsonObject): unknown {
  const { data } = response;
  const beside = Object.fromEntries(Object.entries(response).filter(([key]) => !ENVELOPE.has(key)));
  const hasData = typeof data === 'object' && data !== null ? !isEmpty(data) : textOf(data) !== undefined;
  if (!hasData) return beside;
  return isEmpty(beside) ? data : { ...beside, data };
}

/** Ids that name a result; a response may also have those of requests, models and the like. */
const RESULT_ID = /^id$|(?:^|_)(?:element|voice|avatar|character|subject|face|sound|audio|image|video)_id$/i;

/** Whether a response names a result, such as an element, that is none of the files known by the given ids. */
export function hasUntoldResult(response: JsonObject, told: ReadonlySet<string>): boolean {
  let untold = false;
  walk(response, true, (value, key, _) => {
    if (typeof key === 'string') {
      if (isNoResultKey(key)) return undefined;
      const id = RESULT_ID.test(key) ? textOf(value) : undefined;
      if (id !== undefined && !told.has(id.toLowerCase())) untold = true;
    }
    return true;
  });
  return untold;
}

/** An object or a list of the excerpt; it comes into being with the first thing that is put into it. */
class Place {
  readonly #parent: Place | undefined;
  readonly #key: string;
  readonly #isList: boolean;
  #content: JsonObject | unknown[] | undefined;

  constructor(isList: boolean, key = '', parent?: Place) {
    this.#isList = isList;
    this.#key = key;
    this.#parent = parent;
  }

  /** How many bytes a value costs here, with the brackets and keys around it that are not there yet. */
  costOf(key: string, bytes: number): number {
    const cost = bytes + (this.#isList ? 1 : sizeOf(key) + 2);
    return this.#content ? cost : (this.#parent?.costOf(this.#key, cost + 2) ?? cost + 2);
  }

  put(key: string, value: unknown): void {
    if (!this.#content) {
      this.#content = this.#isList ? [] : {};
      this.#parent?.put(this.#key, this.#content);
    }
    if (Array.isArray(this.#content)) this.#content.push(value);
    else this.#content[key] = value;
  }

  get content(): unknown {
    return this.#content;
  }
}

/**
 * What a task returned that is no video or picture: a voice with its id, an element. At most 4 KB and eight levels;
 * internal fields, what was submitted and the URLs already told are removed, and what does not fit is left out.
 */
export function excerptOutput(response: JsonObject, cleaner: Cleaner, media: readonly Media[]): unknown {
  const told = new Set(media.map(({ url }) => url));
  const root = new Place(false);
  let left = MAX_BYTES;
  walk(
    { data: contentOf(response) },
    root,
    (value, name, place) => {
      const key = typeof name === 'number' ? '' : excerptKey(name, cleaner);
      if (key === undefined) return undefined;
      const isStructure = typeof value === 'object' && value !== null;
      const url = isStructure ? undefined : safeUrl(value);
      if (isInputKey(key) && (isStructure || url !== undefined)) return undefined;
      if (isStructure) return new Place(Array.isArray(value), key, place);
      const shown = url !== undefined && told.has(url) ? undefined : excerptScalar(key, value, cleaner);
      const cost = shown === undefined ? 0 : place.costOf(key, sizeOf(shown));
      if (shown === undefined || cost > left) return undefined;
      left -= cost;
      place.put(key, shown);
      return undefined;
    },
    MAX_DEPTH + 1,
  );
  return isObject(root.content) ? root.content.data : undefined;
}
