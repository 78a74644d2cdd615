import { holdsSomething, isEmpty, isStructure, type JsonObject, textOf } from '../text/json.js';
import type { Cleaner } from '../text/privacy.js';
import { isHttpUrl, safeUrl } from '../text/url.js';
import { walk } from '../text/walk.js';
import { excerptKey, excerptScalar, sizeOf } from './excerpt.js';
import { isInputKey, isNoResultKey, type Media } from './media.js';

const MAX_BYTES = 4096;
const MAX_DEPTH = 8;

/** Keys of a response that belong to the envelope around what the task returned. */
const ENVELOPE = new Set(
  'success code message task_id trace_id request_id state status task_status request input usage data'.split(' '),
);

/** What the task returned: the response's `data`, and the other fields that are not part of the envelope. */
function contentOf(response: JsonObject): unknown {
  const { data } = response;
  const beside = Object.fromEntries(Object.entries(response).filter(([key]) => !ENVELOPE.has(key)));
  if (!holdsSomething(data)) return beside;
  return isEmpty(beside) ? data : { ...beside, data };
}

/** Keys of ids that name a result other than a file. Other ids in a response belong to requests, models or input voices. */
const RESULT_ID = /^id$|(?:^|_)(?:element|subject|character|avatar|audio|image|video)_id$/i;

/** Whether a response names a result, such as an element, that is not among the known ids of its files. */
export function hasUntoldResult(response: JsonObject, told: ReadonlySet<string>): boolean {
  let untold = false;
  walk(response, true, (value, key) => {
    if (typeof key === 'string') {
      if (isNoResultKey(key)) return undefined;
      const id = RESULT_ID.test(key) ? textOf(value) : undefined;
      if (id !== undefined && !told.has(id.toLowerCase())) untold = true;
    }
    return true;
  });
  return untold;
}

/** An object or a list of the excerpt. */
interface Place {
  /** How many bytes a value adds here, including keys and brackets around it that do not exist yet. */
  costOf(key: string, value: unknown): number;
  put(key: string, value: unknown): void;
}

/** A place that is created, inside the place around it, when the first value is put there. */
function placeIn(around: Place, ownKey: string, isList: boolean): Place {
  let content: JsonObject | unknown[] | undefined;
  return {
    costOf: (key, value) =>
      content
        ? sizeOf(value) + (isList ? 1 : sizeOf(key) + 2)
        : around.costOf(ownKey, isList ? [value] : { [key]: value }),
    put(key, value) {
      if (content === undefined) {
        content = isList ? [] : {};
        around.put(ownKey, content);
      }
      if (Array.isArray(content)) content.push(value);
      else content[key] = value;
    },
  };
}

/**
 * What a task returned other than videos and pictures, such as a voice with its id or an element: at most 4 KB and eight
 * levels deep. Internal fields, submitted input and URLs that are already listed are removed; what does not fit is left out.
 */
export function excerptOutput(response: JsonObject, cleaner: Cleaner, media: readonly Media[]): unknown {
  const told = new Set(media.map(({ url }) => url));
  let output: unknown;
  let left = MAX_BYTES;
  const root: Place = {
    costOf: (_, value) => sizeOf(value),
    put: (_, value) => {
      output = value;
    },
  };
  const visit = (value: unknown, name: string | number, place: Place): Place | undefined => {
    const key = typeof name === 'number' ? '' : excerptKey(name, cleaner);
    const isTold = isHttpUrl(value) && told.has(safeUrl(value) ?? '');
    const isInput = key !== undefined && isInputKey(key) && (isStructure(value) || isHttpUrl(value));
    if (key === undefined || isTold || isInput) return undefined;
    if (isStructure(value)) return placeIn(place, key, Array.isArray(value));
    const shown = excerptScalar(key, value, cleaner);
    const cost = shown === undefined ? 0 : place.costOf(key, shown);
    if (shown === undefined || cost > left) return undefined;
    left -= cost;
    place.put(key, shown);
    return undefined;
  };
  // One more level, because the content is wrapped in a list here.
  walk([contentOf(response)], root, visit, MAX_DEPTH + 1);
  return output;
}
