import type { Config } from './config/config.js';
import { VARIABLES } from './config/variables.js';
import { type Connection, KlingClient } from './kling/api/client.js';
import { KlingError } from './kling/api/error.js';
import { redactor } from './text/clean.js';

/** Looking up this id is the vendor's own way to test a token: no task has it. */
const NULL_UUID = '00000000-0000-0000-0000-000000000000';

/** An API that checks tokens refuses this one, with one of these codes. */
const WRONG_TOKEN = 'not-a-token-but-a-test-whether-tokens-are-checked';
const TOKEN_REFUSED = /token|^authorization_missing$|^forbidden$/;

/**
 * Tests the token and the connection with one lookup, and reports each finding to a person as soon as it is known.
 * @param write receives each line, which never contains the token or the proxy's user and password
 * @returns whether the tools can work
 */
export async function checkSetup(config: Config, userAgent: string, write: (line: string) => void): Promise<boolean> {
  const { connection, maxWaitSeconds, summary, faults, repair, warnings, secret } = config;
  const redact = redactor(secret);
  const say = (label: string, text: string) => write(redact(`${label.padEnd(10)} ${text}\n`));
  say('token', summary.token);
  say('base URL', summary.baseUrl);
  for (const warning of warnings) say('warning', warning);
  if (connection) say('limits', `${connection.requestTimeoutMs / 1000} s a lookup, ${maxWaitSeconds} s a wait`);
  say('proxy', summary.proxy);
  if (!connection) {
    say('lookup', 'not tried');
    say('NOT OK', [...faults, repair].join(' '));
    return false;
  }
  const startMs = performance.now();
  const error = await lookUp(connection, userAgent);
  say('lookup', `${error ? 'failed' : 'answered'} after ${Math.round(performance.now() - startMs)} ms`);
  if (error) say('NOT OK', `[${error.code}] ${error.message} ${error.hint}`);
  else say('OK', await judgeToken(connection, userAgent));
  return error === undefined;
}

/** Looks up a task that does not exist; returns the error if that fails. */
async function lookUp(connection: Connection, userAgent: string): Promise<KlingError | undefined> {
  const endMs = performance.now() + connection.requestTimeoutMs;
  const lookup = new KlingClient(connection, userAgent).lookup([NULL_UUID], endMs, new AbortController().signal);
  const error: unknown = await lookup.then(() => undefined).catch((reason) => reason);
  if (error === undefined || error instanceof KlingError) return error;
  throw error;
}

/**
 * What a good answer says about the token. The API answers `{}` to a valid token, but so could almost any server.
 * With a base URL other than the default, a second lookup with an invalid token must therefore be refused.
 */
async function judgeToken(connection: Connection, userAgent: string): Promise<string> {
  const proven = 'The API answers and accepts the token: the tools will work.';
  if (connection.baseUrl.href === new URL(VARIABLES.ACEDATACLOUD_API_BASE_URL.default).href) return proven;
  const error = await lookUp({ ...connection, token: WRONG_TOKEN }, userAgent);
  if (error && TOKEN_REFUSED.test(error.code)) return proven;
  const why = error ? `a second lookup failed: ${error.code}` : 'it accepts a wrong one as well';
  return `The API answers, but whether the token is valid is unproven (${why}). Check ACEDATACLOUD_API_BASE_URL.`;
}
