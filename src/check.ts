import type { Config } from './config.js';
import { KlingClient } from './kling/api/client.js';
import { KlingError } from './kling/api/error.js';

/** Looking up this id is the vendor's own way to test a token: no task has it. */
const NULL_UUID = '00000000-0000-0000-0000-000000000000';

const SOURCES = { environment: 'from the environment', '.env': 'from .env in the working directory' } as const;

/**
 * Tests token and connection with one lookup and tells what it found, for a person.
 * @param program the first line: versions of the program and of what it runs on
 * @returns the report, with neither the token nor the proxy's password, and whether all is well
 */
export async function checkSetup(
  config: Config,
  program: string,
  userAgent: string,
): Promise<{ report: string; ok: boolean }> {
  const { connection, route, tokenSource, maxWaitSeconds, faults, warnings } = config;
  const lines = [program];
  const say = (label: string, text: string) => lines.push(`${label.padEnd(10)} ${text}`);
  say('token', tokenSource ? SOURCES[tokenSource] : 'missing');
  say('base URL', route.baseUrl.href);
  say('proxy', describeProxy(route));
  if (connection) say('limits', `${connection.requestTimeoutMs / 1000} s a lookup, ${maxWaitSeconds} s a wait`);
  for (const warning of warnings) say('warning', warning);
  const outcome = connection && (await tryLookup(new KlingClient(connection, { userAgent })));
  say('lookup', outcome?.lookup ?? 'not tried');
  const { verdict, ok } = outcome ?? { verdict: faults.join(' '), ok: false };
  say(ok ? 'OK' : 'NOT OK', verdict);
  return { report: `${lines.join('\n')}\n`, ok };
}

/** The proxy's address alone: user and password may stand in its URL. */
function describeProxy({ proxy }: Config['route']): string {
  if (!proxy?.httpsProxy) return 'none';
  const { protocol, host } = new URL(proxy.httpsProxy);
  return `${protocol}//${host}${proxy.noProxy ? `, but not for ${proxy.noProxy}` : ''}`;
}

async function tryLookup(client: KlingClient): Promise<{ lookup: string; verdict: string; ok: boolean }> {
  const startMs = performance.now();
  const since = () => `${Math.round(performance.now() - startMs)} ms`;
  const { signal } = new AbortController();
  try {
    await client.lookup([NULL_UUID], startMs + client.requestTimeoutMs, signal);
    const verdict = 'The API answers and accepts the token: the tools will work.';
    return { lookup: `answered after ${since()}`, verdict, ok: true };
  } catch (error) {
    if (!(error instanceof KlingError)) throw error;
    return { lookup: `failed after ${since()}`, verdict: `[${error.code}] ${error.message} ${error.hint}`, ok: false };
  }
}
