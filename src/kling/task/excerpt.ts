import { cutText } from '../../text/clean.js';
import type { JsonObject } from '../../text/json.js';
import { type Leaf, leavesOf, type Scalar } from '../../text/leaves.js';
import { isHttpUrl, safeUrl } from '../../text/url.js';
import { isContent, isEnvelopeKey, urlsOf } from './results.js';

const MAX_SETTING = 2500;
const MAX_SETTINGS = 30;
const MAX_SETTINGS_BYTES = 8192;
/** Short enough that any text fits into an output. */
const MAX_RESULT = 1000;
const MAX_OUTPUT_BYTES = 4096;

/** The size of a value as JSON, in bytes. */
function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** A URL, which stays however long it is, or encoded data such as base64. */
const URL_OR_DATA = /https?:\/\/\S+|[\w+/=-]{257,}/gi;

/** A scalar as it may be shown; under the key of a URL only an http(s) URL. */
function excerptScalar(key: string, value: Scalar, maxLength: number): Scalar | undefined {
  if (typeof value !== 'string') return value;
  if (/(?:^|_)ur[il]s?$/i.test(key)) return safeUrl(value);
  const text = value.replace(URL_OR_DATA, (found) => (isHttpUrl(found) ? found : '…'));
  return cutText(text, maxLength);
}

/** What is shown of a leaf, undefined if nothing. */
function excerptLeaf({ key, value }: Leaf, maxLength: number): Leaf['value'] | undefined {
  if (!Array.isArray(value)) return excerptScalar(key, value, maxLength);
  const shown = value.map((item) => excerptScalar(key, item, maxLength)).filter((item) => item !== undefined);
  return shown.length > 0 ? shown : undefined;
}

/**
 * What was submitted: scalars and lists of scalars, nested settings by dotted keys (`camera_control.type`), at most 30
 * fields and 8 KB. What does not fit is left out, and so is `async`. Undefined if nothing is left.
 */
export function excerptRequest(request: JsonObject): JsonObject | undefined {
  const shown: [string, unknown][] = [];
  let bytesLeft = MAX_SETTINGS_BYTES - 2;
  for (const leaf of leavesOf(request)) {
    if (shown.length === MAX_SETTINGS) break;
    const value = excerptLeaf(leaf, MAX_SETTING);
    if (value === undefined || leaf.path.some((step) => /^async$/i.test(String(step)))) continue;
    const path = leaf.path.join('.');
    const bytes = sizeOf(path) + sizeOf(value) + 2;
    if (bytes > bytesLeft) continue;
    bytesLeft -= bytes;
    shown.push([path, value]);
  }
  return shown.length > 0 ? Object.fromEntries(shown) : undefined;
}

/** What was metered: scalars, as the API names them. */
export function excerptUsage(usage: JsonObject): JsonObject | undefined {
  return excerptRequest(Object.fromEntries(Object.entries(usage).filter(([, value]) => typeof value !== 'object')));
}

/** What a task returned other than files, as far as it fits. */
export interface Output {
  output: JsonObject | undefined;
  /** The URLs that stand in it. */
  urls: ReadonlySet<string | undefined>;
  /** How many entries of lists are missing, not counting those that are files. */
  leftOut: number;
}

/** What these keys hold is the result itself. */
const WRAPPINGS = new Set<string | number | undefined>(['data', 'task_result']);

/**
 * What a task returned other than files, at most 4 KB: a list stands under `items`, a scalar under `value`. Fields and
 * entries of lists that do not fit are left out.
 * @param listed the URLs that are shown elsewhere
 */
export function excerptOutput(leaves: readonly Leaf[], listed: ReadonlySet<string>): Output {
  const shown: Leaf[] = [];
  let leftOut = 0;
  let isListFull = false;
  const isNew = (value: Scalar) => !listed.has(safeUrl(value) ?? '');
  for (const { isEntry, leaves: part } of partsOf(unwrap(leaves.filter(isOutsideEnvelope)))) {
    const rest = part.flatMap((leaf) => {
      const items = [leaf.value].flat().filter(isNew);
      const value = excerptLeaf(Array.isArray(leaf.value) ? { ...leaf, value: items } : leaf, MAX_RESULT);
      return items.length > 0 && value !== undefined ? [{ ...leaf, value }] : [];
    });
    const fits = !(isEntry && isListFull) && sizeOf(assemble([...shown, ...rest])) <= MAX_OUTPUT_BYTES;
    if (fits) shown.push(...rest);
    else if (isEntry) {
      isListFull = true;
      if (part.some(isContent) && !part.some((leaf) => urlsOf(leaf).length > 0)) leftOut++;
    }
  }
  const urls = new Set(shown.flatMap(({ value }) => [value].flat().map(safeUrl)));
  return { output: shown.some(isContent) ? assemble(shown) : undefined, urls, leftOut };
}

/** The number of entries of an output's lists, without those of which a value is known. */
export function countEntries(output: JsonObject | undefined, known: ReadonlySet<unknown>): number {
  const isNew = ({ isEntry, leaves }: Part) => isEntry && !leaves.some(({ value }) => known.has(value));
  return partsOf([...leavesOf(output)]).filter(isNew).length;
}

/** Whether a leaf is not of the envelope around the result. */
function isOutsideEnvelope({ path }: Leaf): boolean {
  const outermost = path.find((step) => !WRAPPINGS.has(step));
  return typeof outermost !== 'string' || !isEnvelopeKey(outermost);
}

/** The leaves with their paths in the output. */
function unwrap(leaves: readonly Leaf[]): Leaf[] {
  const first = leaves[0]?.path[0];
  if (WRAPPINGS.has(first) && leaves.every(({ path }) => path[0] === first)) {
    return unwrap(leaves.map((leaf) => ({ ...leaf, path: leaf.path.slice(1) })));
  }
  return leaves.map((leaf) => {
    const [step] = leaf.path;
    if (step === undefined) return { ...leaf, path: [Array.isArray(leaf.value) ? 'items' : 'value'] };
    return typeof step === 'number' ? { ...leaf, path: ['items', ...leaf.path] } : leaf;
  });
}

/** What is shown as a whole or not at all: an entry of a list with its leaves, or a leaf that is in no list. */
interface Part {
  isEntry: boolean;
  leaves: Leaf[];
}

function partsOf(leaves: readonly Leaf[]): Part[] {
  const entries = new Map<string, Part>();
  const parts: Part[] = [];
  for (const leaf of leaves.flatMap(itemsOf)) {
    const index = leaf.path.findLastIndex((step) => typeof step === 'number');
    const name = JSON.stringify(leaf.path.slice(0, index + 1));
    const entry = index < 0 ? undefined : entries.get(name);
    if (entry) {
      entry.leaves.push(leaf);
      continue;
    }
    const part = { isEntry: index >= 0, leaves: [leaf] };
    parts.push(part);
    if (part.isEntry) entries.set(name, part);
  }
  return parts;
}

/** The items of a list of scalars that is in no other list, each as a leaf; any other leaf itself. */
function itemsOf(leaf: Leaf): Leaf[] {
  const { path, value } = leaf;
  if (!Array.isArray(value) || path.some((step) => typeof step === 'number')) return [leaf];
  return value.map((item, index) => ({ ...leaf, value: item, path: [...path, index] }));
}

type Tree = Map<string | number, Tree | Leaf['value']>;

/** The objects and lists that have these leaves, without gaps in the lists. */
function assemble(leaves: readonly Leaf[]): JsonObject {
  const root: Tree = new Map();
  for (const { path, value } of leaves) {
    let node = root;
    for (const step of path.slice(0, -1)) {
      const known = node.get(step);
      const child: Tree = known instanceof Map ? known : new Map();
      node.set(step, child);
      node = child;
    }
    node.set(path.at(-1) ?? '', value);
  }
  return Object.fromEntries([...root].map(([step, node]) => [step, build(node)]));
}

function build(node: Tree | Leaf['value']): unknown {
  if (!(node instanceof Map)) return node;
  const isList = typeof [...node.keys()][0] === 'number';
  return isList
    ? [...node.values()].map(build)
    : Object.fromEntries([...node].map(([step, child]) => [step, build(child)]));
}
