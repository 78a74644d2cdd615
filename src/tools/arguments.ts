import * as z from 'zod';
// By way of `z.core`, the bundle would keep 60 KB of zod that nobody uses.
import { toDotPath } from 'zod/v4/core';
import { KlingError } from '../kling/api/error.js';
import { keyOf } from '../kling/lookup.js';
import { cleanLine } from '../text/clean.js';
import { isObject, type JsonObject, parseJson } from '../text/json.js';

const ID_RULE = 'must be one bare task id (1 to 128 letters, digits, "-" or "_"), without quotes or URL';

/** The published schema of a task id; {@link parseArguments} also accepts what clients wrap around one. */
export const taskIdSchema = z.string({ error: ID_RULE }).regex(/^[A-Za-z0-9_-]{1,128}$/, { error: ID_RULE });

/** How long a call may wait: whole seconds up to the configured maximum, which the schema shows. */
export function waitSecondsSchema(maxWaitSeconds: number) {
  const error = `must be a whole number of seconds from 0 to ${maxWaitSeconds}`;
  return z.int({ error }).min(0, { error }).max(maxWaitSeconds, { error }).default(0);
}

/** The checked arguments of a call. */
export type CallArguments = ReturnType<typeof parseArguments>;

/** A schema for arguments: one id or many, and how long to wait. */
export type ArgumentsSchema = z.ZodType<{ wait_seconds: number } & ({ task_id: string } | { task_ids: string[] })>;

/**
 * Checks the arguments of a call against its schema. Before that, it undoes what real clients do to them, because a model
 * cannot repair what its client has changed.
 * @throws KlingError `invalid_arguments`, which names the field (an entry of a list by its position) and the rule
 */
export function parseArguments(schema: ArgumentsSchema, args: unknown, maxWaitSeconds: number) {
  const given = args ?? {};
  if (!isObject(given)) throw new KlingError('invalid_arguments', 'arguments must be an object.');
  // Some clients send null for what was left out.
  const present = Object.entries(given).filter(([, value]) => value !== null);
  const sent: JsonObject = Object.fromEntries(present.map(([name, value]) => [name, forgive(name, value)]));
  const askedWaitSeconds = typeof sent.wait_seconds === 'number' ? sent.wait_seconds : 0;
  if (askedWaitSeconds > maxWaitSeconds) sent.wait_seconds = maxWaitSeconds;
  const { data, error } = schema.safeParse(sent);
  if (error) throw new KlingError('invalid_arguments', describeIssues(error.issues));
  const sentIds = 'task_ids' in data ? data.task_ids : [data.task_id];
  const keys = sentIds.map(keyOf);
  const ids = sentIds.filter((id, index) => keys.indexOf(keyOf(id)) === index);
  return {
    /** Each once: the API matches them without regard to case. */
    ids,
    /** At most the maximum. */
    waitSeconds: data.wait_seconds,
    /** As sent, possibly above the maximum. */
    askedWaitSeconds,
  };
}

/** Undoes what clients do to the value of an argument: numbers and lists as strings, quotes around an id. */
function forgive(name: string, value: unknown): unknown {
  if (name === 'task_id') return bareId(value);
  if (name === 'task_ids') return idList(value);
  const isSeconds = name === 'wait_seconds' && typeof value === 'string' && /^\s*\d+(\.0+)?\s*$/.test(value);
  return isSeconds ? Number(value) : value;
}

/** An id without the white space and quotes around it. What is no string, or far too long, is returned unchanged. */
function bareId(value: unknown): unknown {
  // Bounded, because the expression takes quadratic time.
  if (typeof value !== 'string' || value.length > 256) return value;
  return value.replace(/^[\s\\"'`“”‘’]+|[\s\\"'`“”‘’]+$/g, '');
}

/** A list of ids. A string counts as one if it is JSON, or ids separated by commas or white space, with or without brackets. */
function idList(value: unknown): unknown {
  const list = typeof value === 'string' ? parseJson(value) : value;
  if (Array.isArray(list)) return list.map(bareId);
  if (typeof value !== 'string') return value;
  const ids = value.trim().replace(/^\[(.*)\]$/s, '$1');
  return ids.match(/[^\s,]+/g)?.map(bareId) ?? [];
}

const MAX_ISSUES = 3;

function describeIssues(all: z.core.$ZodIssue[]): string {
  const described = all.map((issue) => {
    if (issue.code !== 'unrecognized_keys') return `${toDotPath(issue.path)} ${issue.message}`;
    const names = issue.keys.slice(0, MAX_ISSUES).map((key) => `"${cleanLine(key, 40)}"`);
    return `unknown argument ${names.join(', ')}`;
  });
  // A value can break two rules with the same message.
  const issues = [...new Set(described)];
  const more = issues.length > MAX_ISSUES ? ` (and ${issues.length - MAX_ISSUES} more)` : '';
  return `${issues.slice(0, MAX_ISSUES).join('; ')}${more}.`;
}
