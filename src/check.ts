import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type Config, DEFAULTS } from './config/config.js';
import { type Connection, KlingClient } from './kling/api/client.js';
import { KlingError } from './kling/api/error.js';
import { redactor } from './kling/text/clean.js';
import { isObject } from './kling/text/json.js';

/** Looking up this id is the vendor's own way to test a token: no task has it. */
const NULL_UUID = '00000000-0000-0000-0000-000000000000';

/** A token that cannot be valid: an API that checks tokens refuses it with one of these codes. */
const WRONG_TOKEN = 'not-a-token-but-a-test-whether-tokens-are-checked';
const TOKEN_REFUSED = /token|^authorization_missing$|^forbidden$/;

/**
 * Tests the token and the connection with one lookup, and reports each finding to a person as soon as it is known.
 * @param program the first line: the versions of the program and of what it runs on
 * @param write receives each line, which never contains the token or the proxy's user and password
 * @returns whether the tools can work
 */
export async function checkSetup(
  config: Config,
  program: string,
  userAgent: string,
  write: (line: string) => void,
): Promise<boolean> {
  const { connection, summary, maxWaitSeconds, faults, warnings } = config;
  const redact = redactor(config.secret);
  const say = (label: string, text: string) => write(redact(`${label.padEnd(10)} ${text}\n`));
  write(`${program}\n`);
  say('token', summary.token);
  say('base URL', summary.baseUrl);
  for (const warning of warnings) say('warning', warning);
  if (!connection) {
    say('proxy', summary.proxy);
    say('lookup', 'not tried');
    say('NOT OK', faults.join(' '));
    return false;
  }
  say('limits', `${connection.requestTimeoutMs / 1000} s a lookup, ${maxWaitSeconds} s a wait`);
  const startMs = performance.now();
  const look = (target: Connection) => lookUp(target, userAgent);
  const error = await withProxyTold(connection, look, () => say('proxy', summary.proxy));
  say('lookup', `${error ? 'failed' : 'answered'} after ${Math.round(performance.now() - startMs)} ms`);
  if (error) say('NOT OK', `[${error.code}] ${error.message} ${error.hint}`);
  else say('OK', await judgeToken(connection, look));
  return error === undefined;
}

/** Looks up a task that does not exist; returns the error if that fails. */
async function lookUp(connection: Connection, userAgent: string): Promise<KlingError | undefined> {
  const { signal } = new AbortController();
  const endMs = performance.now() + connection.requestTimeoutMs;
  try {
    await new KlingClient(connection, userAgent).lookup([NULL_UUID], endMs, signal);
    return undefined;
  } catch (error) {
    if (error instanceof KlingError) return error;
    throw error;
  }
}

type Look = (connection: Connection) => Promise<KlingError | undefined>;

/** Looks up, and reports the proxy at the moment when undici announces that it connects to it. */
async function withProxyTold(connection: Connection, look: Look, tell: () => void): Promise<KlingError | undefined> {
  const proxyUrl = connection.proxy;
  const proxyHost = proxyUrl && new URL(proxyUrl).host;
  let told = proxyHost === undefined;
  if (told) tell();
  const onConnect = (message: unknown) => {
    const host = isObject(message) && isObject(message.connectParams) && message.connectParams.host;
    if (told || host !== proxyHost) return;
    told = true;
    tell();
  };
  subscribe('undici:client:beforeConnect', onConnect);
  const error = await look(connection);
  unsubscribe('undici:client:beforeConnect', onConnect);
  return error;
}

/**
 * What a good answer says about the token. The API answers `{}` to a valid token, but so could almost any server.
 * With a base URL other than the default, a second lookup with an invalid token must therefore be refused.
 */
async function judgeToken(connection: Connection, look: Look): Promise<string> {
  const proven = 'The API answers and accepts the token: the tools will work.';
  if (connection.baseUrl.href === new URL(DEFAULTS.baseUrl).href) return proven;
  const error = await look({ ...connection, token: WRONG_TOKEN });
  if (error && TOKEN_REFUSED.test(error.code)) return proven;
  const why = error ? `a second lookup failed: ${error.code}` : 'it accepts a wrong one as well';
  return `The API answers, but whether the token is valid is unproven (${why}). Check ACEDATACLOUD_API_BASE_URL.`;
}
