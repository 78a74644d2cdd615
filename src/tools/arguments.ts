import * as z from 'zod';
// By way of `z.core`, the bundle would keep 60 KB of zod that nobody uses.
import { toDotPath } from 'zod/v4/core';
import { KlingError } from '../kling/api/error.js';
import { cleanLine } from '../text/clean.js';
import { isObject, parseJson } from '../text/json.js';

/** The most ids that one call may name. */
const MAX_IDS = 100;
/** How many faults and unknown arguments an error names. */
const MAX_NAMED = 3;

const ID_RULE = 'must be one bare task id (1 to 128 letters, digits, "-" or "_"), without quotes or URL';
const LIST_RULE = `must be a list of 1 to ${MAX_IDS} task ids`;

/** One task id: `^[A-Za-z0-9_-]{1,128}$`, of which quotes, backticks and white space around it are no part. */
export const taskIdSchema = z.preprocess(bareId, z.string(ID_RULE).regex(/^[A-Za-z0-9_-]{1,128}$/, ID_RULE));

/** 1 to 100 task ids, in any of the forms in which clients send a list. */
export const taskIdsSchema = z.preprocess(
  idList,
  z.array(taskIdSchema, LIST_RULE).min(1, LIST_RULE).max(MAX_IDS, LIST_RULE),
);

/** How long a call may wait: whole seconds, 0 where nothing is said; more than the maximum counts as the maximum. */
export function waitSecondsSchema(maxWaitSeconds: number) {
  const rule = `must be a whole number of seconds from 0 to ${maxWaitSeconds}`;
  const seconds = z.int(rule).min(0, rule).max(maxWaitSeconds, rule).default(0);
  return z.preprocess((value) => {
    const number = numberOf(value);
    return typeof number === 'number' && number > maxWaitSeconds ? maxWaitSeconds : number;
  }, seconds);
}

/**
 * Checks the arguments of a call. Those that the schema does not have are ignored, because clients add some of their own;
 * they are named only where a required one is missing, since the model may have misspelt that.
 * @throws KlingError `invalid_arguments`, which names the field (an entry of a list by its position) and the rule
 */
export function parseArguments<Arguments>(schema: z.ZodObject & z.ZodType<Arguments>, args: unknown): Arguments {
  const sent = args ?? {};
  if (!isObject(sent)) throw new KlingError('invalid_arguments', 'arguments must be an object.');
  const { data, error } = schema.safeParse(sent);
  if (!error) return data;
  const isMissing = error.issues.some(({ path: [name = ''] }) => sent[String(name)] === undefined);
  const unknown = Object.keys(sent).filter((name) => isMissing && !Object.hasOwn(schema.shape, name));
  const names = unknown.slice(0, MAX_NAMED).map((name) => `"${cleanLine(name, 40)}"`);
  // A value can break two rules with the same sentence.
  const rules = [...new Set(error.issues.map(({ path, message }) => `${toDotPath(path)} ${message}`))];
  const more = rules.length > MAX_NAMED ? ` (and ${rules.length - MAX_NAMED} more)` : '';
  const instead = names.length > 0 ? `; unknown: ${names.join(', ')}` : '';
  throw new KlingError('invalid_arguments', `${rules.slice(0, MAX_NAMED).join('; ')}${more}${instead}.`);
}

/** A number that came as a string; undefined for what clients send in place of an absent argument. */
function numberOf(value: unknown): unknown {
  if (value === null) return undefined;
  if (typeof value !== 'string') return value;
  const text = value.trim();
  if (/^(|null|none|undefined)$/i.test(text)) return undefined;
  return /^\d+(\.0+)?$/.test(text) ? Number(text) : value;
}

/** An id without the white space and quotes around it. What is no string, or far too long, is returned unchanged. */
function bareId(value: unknown): unknown {
  // Bounded, because the expression takes quadratic time.
  if (typeof value !== 'string' || value.length > 256) return value;
  return value.replace(/^[\s\\"'`“”‘’]+|[\s\\"'`“”‘’]+$/g, '');
}

/** A list of ids. A string counts as one if it is JSON, or ids separated by commas or white space, with or without brackets. */
function idList(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const list = parseJson(value);
  return Array.isArray(list) ? list : (value.match(/[^\s,[\]]+/g) ?? []);
}
