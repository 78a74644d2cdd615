import { isObject, textOf } from '../text/json.js';

/** Readers for values from outside; a value of the wrong shape counts as absent. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** The object, or an empty one. */
export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {});

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The texts of a list, such as ids. */
export const idsOf = (value: unknown): string[] => listOf(value).flatMap((id) => textOf(id) ?? []);

/** The ids in the arguments of a call; some clients send a list as a text. */
export function idsIn({ task_id, task_ids }: JsonObject): string[] {
  return typeof task_ids === 'string' ? (task_ids.match(/[\w-]+/g) ?? []) : idsOf(task_ids ?? [task_id]);
}

export const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

/** The address in its normal form, if it is one of http or https: nothing else is ever loaded, opened or linked to. */
export function urlOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const { protocol, href } = new URL(value);
  return /^https?:$/.test(protocol) ? href : undefined;
}

/** The last part of an address's path. */
export const fileNameIn = (url: string) => new URL(url).pathname.split('/').pop() || 'kling';

/** The point in time of an ISO 8601 date, in milliseconds since 1970. */
export function timeOf(value: unknown): number | undefined {
  return typeof value === 'string' ? numberOf(Date.parse(value)) : undefined;
}

/** The value of a text, where it is JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
