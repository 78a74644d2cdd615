import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Config } from './config/config.js';
import { DEFAULTS } from './config/config.js';
import { type Connection, KlingClient } from './kling/api/client.js';
import { KlingError } from './kling/api/error.js';
import { redactor } from './kling/text/clean.js';
import { isObject } from './kling/text/json.js';

/** Looking up this id is the vendor's own way to test a token: no task has it. */
const NULL_UUID = '00000000-0000-0000-0000-000000000000';

/** No account has this token, so an API that checks tokens refuses it. */
const WRONG_TOKEN = 'not-a-token-but-a-test-whether-tokens-are-checked';
const TOKEN_REFUSED = new Set([
  'invalid_token',
  'token_expired',
  'token_mismatched',
  'no_token',
  'authorization_missing',
  'forbidden',
]);

/**
 * Tests token and connection with one lookup, and tells a person line by line what it finds, each line as soon as it is
 * known. Behind another base URL than the default one, a second lookup shows whether tokens are checked there at all.
 * @param program the first line: the versions of the program and of what it runs on
 * @param write takes each line, with neither the token nor the proxy's password in it
 * @returns whether the tools can work
 */
export async function checkSetup(config: Config, program: string, write: (line: string) => void): Promise<boolean> {
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
  const proxyTold = tellProxy(connection, summary.proxy, (text) => say('proxy', text));
  const startMs = performance.now();
  const error = await lookUp(connection);
  proxyTold();
  say('lookup', `${error ? 'failed' : 'answered'} after ${Math.round(performance.now() - startMs)} ms`);
  if (error) say('NOT OK', `[${error.code}] ${error.message} ${error.hint}`);
  else say('OK', await judgeToken(connection));
  return error === undefined;
}

/** One lookup of a task that does not exist; the error if it fails. */
async function lookUp(connection: Connection): Promise<KlingError | undefined> {
  const { signal } = new AbortController();
  const stop = { cancelled: signal, closing: signal };
  try {
    await new KlingClient(connection).retrieve(NULL_UUID, { budgetMs: Number.POSITIVE_INFINITY, stop });
    return undefined;
  } catch (error) {
    if (error instanceof KlingError) return error;
    throw error;
  }
}

/** What a good answer says about the token. `{}` is the right answer to a valid one, but any server could give it. */
async function judgeToken(connection: Connection): Promise<string> {
  const proven = 'The API answers and accepts the token: the tools will work.';
  if (connection.baseUrl.href === new URL(DEFAULTS.baseUrl).href) return proven;
  const error = await lookUp({ ...connection, token: WRONG_TOKEN });
  if (error && TOKEN_REFUSED.has(error.code)) return proven;
  const why = error ? `a second lookup failed: ${error.code}` : 'it accepts a wrong one as well';
  return `The API answers, but whether the token is valid is unproven (${why}). Check ACEDATACLOUD_API_BASE_URL.`;
}

/**
 * Tells which proxy the lookup uses at the moment when undici announces that it connects to it.
 * @returns to be called after the lookup: tells it then if it was not told before
 */
function tellProxy({ proxy }: Connection, summary: string, tell: (text: string) => void): () => void {
  if (!proxy?.httpsProxy) {
    tell(summary);
    return () => {};
  }
  const { host } = new URL(proxy.httpsProxy);
  let told = false;
  const listener = (message: unknown) => {
    const target = isObject(message) && isObject(message.connectParams) ? message.connectParams.host : undefined;
    if (told || target !== host) return;
    told = true;
    tell(summary);
  };
  subscribe('undici:client:beforeConnect', listener);
  return () => {
    unsubscribe('undici:client:beforeConnect', listener);
    if (!told) tell(`not used: ${summary}`);
  };
}
