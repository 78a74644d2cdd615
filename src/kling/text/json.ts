/** A JSON object as it comes from outside: any keys, any values. */
export type JsonObject = Record<string, unknown>;

/** Whether the value is a JSON object: not null, not an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether an object or a list holds nothing; found out without listing its keys. */
export function isEmpty(value: object): boolean {
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value) return false;
  return true;
}

/** Parsed JSON, or undefined where the text is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The text of a string that is not blank, trimmed, or of a number; undefined for everything else. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' && value !== 0) return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}
