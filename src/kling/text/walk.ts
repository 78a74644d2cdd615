import { isObject, isStructure } from './json.js';

/** Deeper than any record is nested, and far from what the call stack can bear. */
const MAX_DEPTH = 100;

/**
 * Is told a value, its key (a number for an item of a list), and the context of the object or list that holds it.
 * Returns the context for what the value holds, or undefined to pass over that.
 */
export type Visitor<Context> = (value: unknown, key: string | number, context: Context) => Context | undefined;

/** Visits all that an object or a list holds, in the order of the document, down to the given depth. */
export function walk<Context>(value: unknown, context: Context, visit: Visitor<Context>, depth = MAX_DEPTH): void {
  const step = (child: unknown, key: string | number) => {
    const below = visit(child, key, context);
    if (below !== undefined && depth > 1 && isStructure(child)) walk(child, below, visit, depth - 1);
  };
  if (Array.isArray(value)) value.forEach(step);
  else if (isObject(value)) for (const key of Object.keys(value)) step(value[key], key);
}
