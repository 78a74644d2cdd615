import { isObject, isStructure, type JsonObject } from './json.js';

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
export function* leavesOf(value: unknown, path: Leaf['path'] = [], key = '', holder: JsonObject = {}): Generator<Leaf> {
  if (isScalar(value)) {
    yield { value, path, key, holder };
  } else if (Array.isArray(value) && !value.some(isStructure)) {
    const scalars = value.filter(isScalar);
    if (scalars.length > 0) yield { value: scalars, path, key, holder };
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* leavesOf(item, [...path, index], key, holder);
  } else if (isObject(value)) {
    for (const [name, child] of Object.entries(value)) yield* leavesOf(child, [...path, name], name, value);
  }
}
