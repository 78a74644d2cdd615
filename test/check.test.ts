import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { checkSetup } from '../src/check.js';
import { stopClock } from './support/api-client.js';
import { readConfig } from './support/config.js';
import { errorReply, FakeApi, TOKEN } from './support/fake-api.js';

let fakeApi: FakeApi;

beforeEach(async () => {
  fakeApi = await FakeApi.start();
  stopClock();
});

afterEach(async () => {
  vi.useRealTimers();
  await fakeApi.close();
});

/** Checks the setup with this environment; the lines, of which none may show the token. */
async function check(env: Record<string, string | undefined> = {}, dotenv?: string, lines: string[] = []) {
  const environment = { ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: fakeApi.url, ...env };
  const ok = await checkSetup(readConfig(environment, dotenv), 'kling/1', (line) => lines.push(line.trimEnd()));
  expect(lines.join()).not.toContain(TOKEN);
  return { ok, lines };
}

test('all is well: tells token source, address, limits, proxy and the time of one lookup', async () => {
  const { ok, lines } = await check();
  expect(lines).toEqual([
    'token      from the environment',
    `base URL   ${fakeApi.url}/`,
    'limits     30 s a lookup, 50 s a wait',
    'proxy      none',
    expect.stringMatching(/^lookup {5}answered after \d+ ms$/),
    'OK         The server at the base URL answers like the API, but may not have checked the token.',
  ]);
  expect(ok).toBe(true);
  const body = { action: 'retrieve', id: '00000000-0000-0000-0000-000000000000' };
  expect(fakeApi.requests).toMatchObject([{ body, headers: { authorization: `Bearer ${TOKEN}` } }]);
});

test('each line is told as soon as it is known, not only when the lookup is answered', async () => {
  const release = fakeApi.hold();
  const lines: string[] = [];
  const checked = check({}, undefined, lines);
  await fakeApi.received(1);
  expect(lines.map((line) => line.split(/ {2,}/)[0])).toEqual(['token', 'base URL', 'limits', 'proxy']);
  release();
  expect((await checked).ok).toBe(true);
});

test('what is ignored is told as a warning', async () => {
  const { ok, lines } = await check({ LOG_LEVEL: 'loud' }, 'KLING_MAX_WAIT=5');
  expect(lines.filter((line) => line.startsWith('warning'))).toEqual([
    'warning    .env is ignored (KLING_MAX_WAIT), because the environment sets the token.',
    'warning    LOG_LEVEL is none of error, warn, info, debug, and counts as warn.',
  ]);
  expect(ok).toBe(true);
});

test.each([
  [{ ACEDATACLOUD_API_TOKEN: undefined }, 'token      missing', 'ACEDATACLOUD_API_TOKEN is not set'],
  [{ ACEDATACLOUD_API_TOKEN: 'your-token' }, 'token      unusable, from', 'ACEDATACLOUD_API_TOKEN is still'],
  [{ ACEDATACLOUD_API_BASE_URL: 'nonsense' }, 'base URL   unusable', 'ACEDATACLOUD_API_BASE_URL must be'],
  [{ KLING_MAX_WAIT: 'long' }, 'proxy      none', 'KLING_MAX_WAIT must be a whole number of seconds'],
])('a configuration that cannot serve, %j: names the fault and asks the API nothing', async (env, finding, fault) => {
  const { ok, lines } = await check(env);
  expect(lines).toContainEqual(expect.stringContaining(finding));
  expect(lines.at(-2)).toBe('lookup     not tried');
  expect(lines.at(-1)).toMatch(new RegExp(`^NOT OK {5}${fault}.*under "env".* restart the server`));
  expect(ok).toBe(false);
  expect(fakeApi.requests).toEqual([]);
});

test('a lookup that fails: the verdict is the error that the tools would give', async () => {
  const failing = async (env: Record<string, string>) => {
    const { ok, lines } = await check(env);
    expect(ok).toBe(false);
    expect(lines.at(-2)).toMatch(/^lookup {5}failed after \d+ ms$/);
    return lines.at(-1);
  };
  expect(await failing({ ACEDATACLOUD_API_TOKEN: 'a-token-of-nobody' })).toMatch(
    /^NOT OK {5}\[invalid_token\] The API does not accept the token \(HTTP 401\)/,
  );
  fakeApi.always = errorReply(403, 'used_up');
  expect(await failing({})).toMatch(/^NOT OK {5}\[used_up\] The balance of the account is used up/);
});
