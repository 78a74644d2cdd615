import * as z from 'zod';
// By way of `z.core`, the bundle would keep 60 KB of zod that nobody uses.
import { toDotPath } from 'zod/v4/core';
import { KlingError } from '../kling/api/error.js';
import { keyOf } from '../kling/lookup.js';
import { cleanLine } from '../kling/text/clean.js';
import { isObject, type JsonObject, parseJson } from '../kling/text/json.js';

const ID_RULE = 'must be one bare task id (1 to 128 letters, digits, "-" or "_"), without quotes or URL';

/** The published schema of a task id; {@link parseArguments} also accepts what clients wrap around one. */
export const taskIdSchema = z.string({ error: ID_RULE }).regex(/^[A-Za-z0-9_-]{1,128}$/, { error: ID_RULE });

/** How long a call may wait: whole seconds up to the configured maximum, which the schema shows. */
export function waitSecondsSchema(maxWaitSeconds: number) {
  const error = `must be a whole number of seconds from 0 to ${maxWaitSeconds}`;
  return z.int({ error }).min(0, { error }).max(maxWaitSeconds, { error }).default(0);
}

/** The checked arguments of a call. */
export interface CallArguments {
  /** The ids that were asked for, each once: the API matches them without regard to case. */
  ids: string[];
  /** At most the maximum. */
  waitSeconds: number;
  /** The value as sent, possibly above the maximum; `waitSeconds` is the capped one. */
  askedWaitSeconds: number;
}

/** A schema for arguments: one id or many, and how long to wait. */
export type ArgumentsSchema = z.ZodType<{ task_id: string; wait_seconds: number } | Batch>;
type Batch = { task_ids: string[]; wait_seconds: number };

/**
 * Checks the arguments of a call against its schema. Before that, it undoes what real clients do to them, because a model
 * cannot repair what its client has changed.
 * @throws KlingError `invalid_arguments`, which names the field (an entry of a list by its position) and the rule
 */
export function parseArguments(schema: ArgumentsSchema, args: unknown, maxWaitSeconds: number): CallArguments {
  const given = args ?? {};
  if (!isObject(given)) throw invalidArguments('arguments must be an object.');
  const sent = forgive(given);
  const { wait_seconds } = sent;
  const askedWaitSeconds = typeof wait_seconds === 'number' ? wait_seconds : 0;
  const bounded = askedWaitSeconds > maxWaitSeconds ? { ...sent, wait_seconds: maxWaitSeconds } : sent;
  const parsed = schema.safeParse(bounded);
  if (!parsed.success) throw invalidArguments(describeIssues(parsed.error.issues));
  const { data } = parsed;
  const ids = 'task_ids' in data ? distinct(data.task_ids) : [data.task_id];
  return { ids, waitSeconds: data.wait_seconds, askedWaitSeconds };
}

/** Undoes what clients do: `null` for what was left out, numbers and lists as strings, quotes around an id. */
function forgive(args: JsonObject): JsonObject {
  const present = Object.entries(args).filter(([, value]) => value !== null);
  return Object.fromEntries(present.map(([name, value]) => [name, READERS.get(name)?.(value) ?? value]));
}

/** Longer than any id with what clients wrap around it. Bounded, because the expression below takes quadratic time. */
const MAX_WRAPPED_ID = 256;

/** An id without the white space and quotes around it. Other values than strings are returned unchanged. */
function bareId(value: unknown): unknown {
  if (typeof value !== 'string' || value.length > MAX_WRAPPED_ID) return value;
  return value.replace(/^[\s\\"'`“”‘’]+|[\s\\"'`“”‘’]+$/g, '');
}

/** A list of ids. A string counts as one if it is JSON, or ids separated by commas or white space, with or without brackets. */
function idList(value: unknown): unknown {
  const list = typeof value === 'string' ? (parseJson(value) ?? value) : value;
  if (Array.isArray(list)) return list.map(bareId);
  if (typeof value !== 'string') return value;
  const ids = value.trim().replace(/^\[(.*)\]$/s, '$1');
  return ids
    .split(/[\s,]+/)
    .filter((id) => id !== '')
    .map(bareId);
}

function secondsIn(value: unknown): unknown {
  return typeof value === 'string' && /^\s*\d+(\.0+)?\s*$/.test(value) ? Number(value) : value;
}

const READERS = new Map([
  ['task_id', bareId],
  ['task_ids', idList],
  ['wait_seconds', secondsIn],
]);

function distinct(ids: string[]): string[] {
  const byKey = new Map<string, string>();
  for (const id of ids) if (!byKey.has(keyOf(id))) byKey.set(keyOf(id), id);
  return [...byKey.values()];
}

const MAX_ISSUES = 3;

function describeIssues(all: z.core.$ZodIssue[]): string {
  // A value can break two rules with the same message.
  const issues = [...new Set(all.map(describeIssue))];
  const more = issues.length > MAX_ISSUES ? ` (and ${issues.length - MAX_ISSUES} more)` : '';
  return `${issues.slice(0, MAX_ISSUES).join('; ')}${more}.`;
}

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys.slice(0, MAX_ISSUES).map((key) => `"${cleanLine(key, 40)}"`);
    return `unknown argument ${names.join(', ')}`;
  }
  return `${toDotPath(issue.path)} ${issue.message}`;
}

function invalidArguments(message: string): KlingError {
  return new KlingError('invalid_arguments', message);
}
