import { isObject, isStructure } from './json.js';

/** Deeper than any record, but far below the limit of the call stack. */
const MAX_DEPTH = 100;

/** Visits the items of a list with their indexes, or the values of an object with their keys. */
export function forEachChild(value: object, visit: (child: unknown, key: string | number) => void): void {
  if (Array.isArray(value)) value.forEach(visit);
  else if (isObject(value)) for (const key of Object.keys(value)) visit(value[key], key);
}

/**
 * Visits everything inside an object or a list, in document order, down to the given depth. The visitor receives the
 * context of what is around the child, and returns that for what is inside the child, or undefined to skip it.
 */
export function walk<Context>(
  value: object,
  context: Context,
  visit: (child: unknown, key: string | number, context: Context) => Context | undefined,
  depth = MAX_DEPTH,
): void {
  forEachChild(value, (child, key) => {
    const below = visit(child, key, context);
    if (below !== undefined && depth > 1 && isStructure(child)) walk(child, below, visit, depth - 1);
  });
}
