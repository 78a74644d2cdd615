import { isObject, isStructure } from './json.js';

/** Deeper than any record, but far below the limit of the call stack. */
const MAX_DEPTH = 100;

/**
 * Receives a value, its key (the index for an item of a list), and the context of the object or list that contains it.
 * Returns the context for what is inside the value, or undefined to skip that.
 */
export type Visitor<Context> = (value: unknown, key: string | number, context: Context) => Context | undefined;

/** Visits everything inside an object or a list, in document order, down to the given depth. */
export function walk<Context>(value: unknown, context: Context, visit: Visitor<Context>, depth = MAX_DEPTH): void {
  const step = (child: unknown, key: string | number) => {
    const below = visit(child, key, context);
    if (below !== undefined && depth > 1 && isStructure(child)) walk(child, below, visit, depth - 1);
  };
  if (Array.isArray(value)) value.forEach(step);
  else if (isObject(value)) for (const key of Object.keys(value)) step(value[key], key);
}
