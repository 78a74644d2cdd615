import type { Config } from './config.js';
import { KlingClient } from './kling/client.js';
import { KlingError } from './kling/error.js';

/** Looking up this id is the vendor's own way to test a token: no task has it. */
const NULL_UUID = '00000000-0000-0000-0000-000000000000';

/**
 * Tests token and connection with one lookup and tells what it found, for a person.
 * @param program the first line: versions of the program and of what it runs on
 * @returns the report, without the token, and whether all is well
 */
export async function checkSetup(config: Config, program: string): Promise<{ report: string; ok: boolean }> {
  const { connection, tokenSource, maxWaitSeconds, faults, warnings } = config;
  const lines = [program];
  const say = (label: string, text: string) => lines.push(`${label.padEnd(10)} ${text}`);
  say('token', tokenSource ? `from ${tokenSource === '.env' ? '.env' : 'the environment'}` : 'missing');
  if (connection) {
    const proxy = connection.proxy?.httpsProxy;
    say('base URL', connection.baseUrl.href);
    say('proxy', proxy ? new URL(proxy).host : 'none');
    say('limits', `${connection.requestTimeoutMs / 1000} s a lookup, wait_seconds up to ${maxWaitSeconds}`);
  }
  for (const warning of warnings) say('warning', warning);
  const { text, ok } = connection
    ? await tryLookup(new KlingClient(connection))
    : { text: faults.join(' '), ok: false };
  say(ok ? 'OK' : 'NOT OK', text);
  return { report: `${lines.join('\n')}\n`, ok };
}

async function tryLookup(client: KlingClient): Promise<{ text: string; ok: boolean }> {
  const startMs = performance.now();
  const { signal } = new AbortController();
  const stop = { cancelled: signal, closing: signal };
  try {
    await client.retrieve(NULL_UUID, { budgetMs: Number.POSITIVE_INFINITY, stop });
    const ms = Math.round(performance.now() - startMs);
    return { text: `The API answered in ${ms} ms and accepts the token.`, ok: true };
  } catch (error) {
    if (!(error instanceof KlingError)) throw error;
    return { text: `[${error.code}] ${error.message} ${error.hint}`, ok: false };
  }
}
