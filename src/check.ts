import type { Config } from './config/config.js';
import { VARIABLES } from './config/variables.js';
import { type Connection, KlingClient } from './kling/api/client.js';
import { type KlingError, meaningOf } from './kling/api/error.js';
import { createLookups } from './kling/lookup.js';
import { redactor } from './text/clean.js';

/** Looking up this id is the vendor's own way to test a token: no task has it. */
const NULL_UUID = '00000000-0000-0000-0000-000000000000';

const TOKEN_ACCEPTED = 'The API answers and accepts the token: the tools will work.';
/** Its answer to a valid token is `{}`, and so could be that of almost any server. */
const TOKEN_UNPROVEN = 'The server at the base URL answers like the API, but may not have checked the token.';

/**
 * Tests the token and the connection with one lookup, and reports each finding to a person as soon as it is known.
 * @param write receives each line, which never contains the token or the proxy's user and password
 * @returns whether the tools can work
 */
export async function checkSetup(config: Config, userAgent: string, write: (line: string) => void): Promise<boolean> {
  const { connection, maxWaitSeconds, summary, faults, warnings, secret } = config;
  const redact = redactor(secret);
  const say = (label: string, text: string) => write(redact(`${label.padEnd(10)} ${text}\n`));
  say('token', summary.token);
  say('base URL', summary.baseUrl);
  for (const warning of warnings) say('warning', warning);
  if (connection) say('limits', `${connection.requestTimeoutMs / 1000} s a lookup, ${maxWaitSeconds} s a wait`);
  say('proxy', summary.proxy);
  if (!connection) {
    say('lookup', 'not tried');
    say('NOT OK', [...faults, meaningOf('configuration').hint].join(' '));
    return false;
  }
  const startMs = performance.now();
  const error = await lookUp(connection, userAgent);
  say('lookup', `${error ? 'failed' : 'answered'} after ${Math.round(performance.now() - startMs)} ms`);
  if (error) say('NOT OK', `[${error.code}] ${error.message} ${error.hint}`);
  else say('OK', isVendor(connection.baseUrl) ? TOKEN_ACCEPTED : TOKEN_UNPROVEN);
  return error === undefined;
}

/** Looks up a task that does not exist; returns the error if that fails. */
async function lookUp(connection: Connection, userAgent: string): Promise<KlingError | undefined> {
  const lookups = createLookups(new KlingClient(connection, userAgent));
  const endMs = performance.now() + connection.requestTimeoutMs;
  const results = await lookups.lookUp([NULL_UUID], endMs, new AbortController().signal);
  const result = results.get(NULL_UUID);
  return result?.kind === 'fault' ? result.error : undefined;
}

const isVendor = ({ host }: URL) => host === new URL(VARIABLES.ACEDATACLOUD_API_BASE_URL.default).host;
