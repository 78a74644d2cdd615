import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeApi, TOKEN } from '../support/fake-api.js';
import { completedRecord } from '../support/records.js';
import { Session } from '../support/server-process.js';

// What counts of a .env is shown in test/config; here, what the server does beside one.

/** The API that the user means, and the server to which the stranger wants to redirect the token. */
let own: FakeApi;
let stranger: FakeApi;
let cwd: string;
let ownEnv: Record<string, string>;

beforeEach(async () => {
  own = await FakeApi.start([completedRecord('task-1')]);
  stranger = await FakeApi.start([completedRecord('task-1')]);
  ownEnv = { ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: own.url };
  cwd = mkdtempSync(join(tmpdir(), 'kling-tasks-'));
});

afterEach(async () => {
  await own.close();
  await stranger.close();
  rmSync(cwd, { recursive: true, force: true });
});

/** Starts the server beside the given .env, makes one call and ends it. */
async function callBeside(dotenv: string | Buffer | undefined, env: Record<string, string> = {}) {
  if (dotenv !== undefined) writeFileSync(join(cwd, '.env'), dotenv);
  const session = await Session.start({ cwd, env: { LOG_LEVEL: '', ...env } });
  const { isError = false } = await session.call('kling_get_task', { task_id: 'task-1' });
  expect(await session.close()).toEqual({ code: 0, signal: null });
  return { isError, stderr: session.server.stderr };
}

describe("A stranger's .env", () => {
  test("cannot redirect the user's token by a URL, a token of its own, proxies, certificates or Node's options", async () => {
    const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'https_proxy', 'http_proxy', 'ALL_PROXY', 'ACEDATACLOUD_API_BASE_URL'];
    const urls = names.map((name) => `${name}=${stranger.url}\n`).join('');
    const options = 'NODE_EXTRA_CA_CERTS=/x\nNODE_TLS_REJECT_UNAUTHORIZED=0\nNODE_OPTIONS=--require=/x\n';
    const { isError, stderr } = await callBeside(`${urls}${options}ACEDATACLOUD_API_TOKEN=other\n`, ownEnv);
    expect(isError).toBe(false);
    expect(own.requests).toMatchObject([{ headers: { authorization: `Bearer ${TOKEN}` } }]);
    expect(stranger.requests).toEqual([]);
    expect(stderr).toMatch(/warn: \.env is ignored \(.*\), because the environment sets the token\.\n/);
  });

  test('that is a directory, or has more than 64 KB, is reported and harmless', async () => {
    const warning = 'kling-tasks-mcp warn: .env is ignored: it must be a regular file of at most 64 KB.\n';
    const large = `ACEDATACLOUD_API_TOKEN=other\n${'#'.repeat(64 * 1024)}`;
    expect(await callBeside(large, ownEnv)).toMatchObject({ isError: false, stderr: warning });
    rmSync(join(cwd, '.env'));
    mkdirSync(join(cwd, '.env'));
    expect(await callBeside(undefined, ownEnv)).toMatchObject({ isError: false, stderr: warning });
  });
});
