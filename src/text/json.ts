/** A JSON object as it comes from outside: any keys, any values. */
export type JsonObject = Record<string, unknown>;

/** Whether the value is a JSON object: not null, not a list. */
export function isObject(value: unknown): value is JsonObject {
  return isStructure(value) && !Array.isArray(value);
}

/** Whether the value is an object or a list. */
export function isStructure(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Whether an object or a list is empty. */
export function isEmpty(value: object): boolean {
  return (Array.isArray(value) ? value : Object.keys(value)).length === 0;
}

/** A quick test for texts that may contain an integer too large for a JavaScript number. */
const LONG_INTEGER = /(?:^|[\s:,[])-?\d{16}/;
/** The tokens needed to find such integers: escapes and quotes, which delimit strings, and numbers. */
const TOKEN = /\\.|"|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi;

/** JSON text with its integers beyond 2^53 in quotes. */
function quoteLongIntegers(text: string): string {
  let inString = false;
  return text.replace(TOKEN, (token) => {
    if (token === '"') inString = !inString;
    const isLong = !inString && /^-?[1-9]\d{15,}$/.test(token) && !Number.isSafeInteger(Number(token));
    return isLong ? `"${token}"` : token;
  });
}

/**
 * Parsed JSON, or undefined if the text is not JSON. An integer that is too large for a JavaScript number becomes a string
 * of its digits: Kling's element ids have 18 digits, of which JSON.parse would corrupt the last ones.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(LONG_INTEGER.test(text) ? quoteLongIntegers(text) : text);
  } catch {
    return undefined;
  }
}

/** The object or list that a value is, or that the JSON text in it holds; undefined for everything else. */
export function structureOf(value: unknown): object | undefined {
  const held = typeof value === 'string' && /^\s*[[{]/.test(value) ? parseJson(value) : value;
  return isStructure(held) ? held : undefined;
}

/** The text of a string that is not blank, trimmed, or of a number; undefined for everything else. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' && value !== 0) return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** Whether a value carries information: it is not blank, not zero and not empty. */
export function holdsSomething(value: unknown): boolean {
  return isStructure(value) ? !isEmpty(value) : textOf(value) !== undefined;
}

/**
 * An object or a list with its parts mapped; parts that become undefined are left out. Undefined if nothing is left.
 * @param map gets the key of an object's part, and no key for an item of a list
 */
export function mapParts(value: object, map: (part: unknown, key?: string) => unknown): object | undefined {
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => map(item)).filter((item) => item !== undefined);
    return items.length > 0 ? items : undefined;
  }
  const entries = Object.entries(value).map(([key, part]) => [key, map(part, key)]);
  const shown = entries.filter(([, part]) => part !== undefined);
  return shown.length > 0 ? Object.fromEntries(shown) : undefined;
}

export type Scalar = string | number | boolean;

/** A value at the end of a path through objects and lists. */
export interface Leaf {
  /** A scalar, or a list of nothing but scalars. */
  value: Scalar | Scalar[];
  /** The keys and indices that lead to it: `['data', 0, 'video_url']`. */
  path: readonly (string | number)[];
  /** The nearest key above it; '' where there is none. */
  key: string;
  /** The nearest object around it. */
  holder: JsonObject;
}

export function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** The leaves of a value in document order, without nulls. The value has to be of bounded depth. */
export function leavesOf(value: unknown, path: Leaf['path'] = [], key = '', holder: JsonObject = {}): Leaf[] {
  if (isScalar(value)) return [{ value, path, key, holder }];
  if (isObject(value)) {
    return Object.entries(value).flatMap(([name, part]) => leavesOf(part, [...path, name], name, value));
  }
  if (!Array.isArray(value)) return [];
  if (value.some(isStructure)) return value.flatMap((item, index) => leavesOf(item, [...path, index], key, holder));
  const scalars = value.filter(isScalar);
  return scalars.length > 0 ? [{ value: scalars, path, key, holder }] : [];
}
