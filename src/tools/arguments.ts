import * as z from 'zod';
import { KlingError } from '../kling/api/error.js';
import { cleanLine } from '../kling/text/clean.js';
import { isObject } from '../kling/text/json.js';

const ID_RULE = 'must be a task id: 1 to 128 letters, digits, "-" or "_"';

/** A task id; the white space around it is forgiven, also by the pattern that clients see. */
export const taskIdSchema = z
  .string({ error: ID_RULE })
  .regex(/^\s*[A-Za-z0-9_-]{1,128}\s*$/, { error: ID_RULE })
  .transform((id) => id.trim());

/** How long a call may wait: whole seconds up to the configured maximum, which the schema shows. */
export function waitSecondsSchema(maxWaitSeconds: number) {
  const error = `must be a whole number of seconds from 0 to ${maxWaitSeconds} (the maximum that KLING_MAX_WAIT sets)`;
  return z.int({ error }).min(0, { error }).max(maxWaitSeconds, { error }).default(0);
}

const MAX_ISSUES = 3;

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys.slice(0, MAX_ISSUES).map((key) => `"${cleanLine(key, 40)}"`);
    return `unknown argument ${names.join(', ')}`;
  }
  const path = issue.path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}${text && '.'}${String(part)}`),
    '',
  );
  return `${path} ${issue.message}`;
}

/**
 * The arguments of a call, checked.
 * @throws KlingError `invalid_arguments`, which names the field and the rule; a list's entries by their position
 */
export function parseArguments<T>(schema: z.ZodType<T>, args: unknown): T {
  if (args !== undefined && !isObject(args)) {
    throw invalidArguments('arguments must be an object.');
  }
  const parsed = schema.safeParse(args ?? {});
  if (parsed.success) return parsed.data;
  // One value can break two rules that read the same.
  const issues = [...new Set(parsed.error.issues.map(describeIssue))];
  const more = issues.length > MAX_ISSUES ? ` (and ${issues.length - MAX_ISSUES} more)` : '';
  throw invalidArguments(`${issues.slice(0, MAX_ISSUES).join('; ')}${more}.`);
}

function invalidArguments(message: string): KlingError {
  return new KlingError('invalid_arguments', message);
}
