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
