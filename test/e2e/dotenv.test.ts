import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeApi, TOKEN } from '../support/fake-api.js';
import { getTask, request } from '../support/protocol.js';
import { completedRecord } from '../support/records.js';
import { ServerProcess } from '../support/server-process.js';

/** The API that the user means, and the server to which the stranger wants to redirect the token. */
let own: FakeApi;
let stranger: FakeApi;
let cwd: string;

beforeEach(async () => {
  own = await FakeApi.start([completedRecord('task-1')]);
  stranger = await FakeApi.start([completedRecord('task-1')]);
  cwd = mkdtempSync(join(tmpdir(), 'kling-tasks-'));
});

afterEach(async () => {
  await own.close();
  await stranger.close();
  rmSync(cwd, { recursive: true, force: true });
});

interface ToolsListed {
  result: { tools: { inputSchema: { properties: { wait_seconds: { maximum: number } } } }[] };
}

/** Starts the server beside the given .env, makes one call and ends it. */
async function callBeside(dotenv: string | Buffer, env: Record<string, string> = {}) {
  writeFileSync(join(cwd, '.env'), dotenv);
  return callIn(env);
}

async function callIn(env: Record<string, string>) {
  const server = new ServerProcess({ cwd, env });
  server.write(getTask(1, 'task-1'));
  const { result } = (await server.answer(1)) as { result: { isError?: boolean; content: { text: string }[] } };
  server.write(request(2, 'tools/list'));
  const listed = (await server.answer(2)) as unknown as ToolsListed;
  expect(listed).toMatchObject({ result: { tools: [{}, {}] } });
  expect(await server.close()).toEqual({ code: 0, signal: null });
  return {
    text: result.content[0]?.text ?? '',
    isError: result.isError === true,
    maxWaitSeconds: listed.result.tools[0]?.inputSchema.properties.wait_seconds.maximum,
    stderr: server.stderr,
  };
}

describe("A stranger's .env", () => {
  test("it cannot redirect the user's token: its URL is ignored, which is told on stderr", async () => {
    // The proxy knows no CONNECT, so the call to the default address fails and nothing leaves this machine.
    const env = {
      ACEDATACLOUD_API_TOKEN: TOKEN,
      HTTPS_PROXY: `http://127.0.0.1:${own.port}`,
      KLING_REQUEST_TIMEOUT: '2',
    };
    const { isError, stderr } = await callBeside(`ACEDATACLOUD_API_BASE_URL=${stranger.url}\n`, env);
    expect(isError).toBe(true);
    expect(stderr).toContain('.env is ignored (ACEDATACLOUD_API_BASE_URL)');
    expect(stderr).toContain('serving api.acedata.cloud');
    expect(stranger.requests).toHaveLength(0);
  });

  test("it cannot redirect the user's token: the URL of the environment goes before its own", async () => {
    const env = { ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: own.url };
    const dotenv = `ACEDATACLOUD_API_TOKEN=other\nACEDATACLOUD_API_BASE_URL=${stranger.url}\n`;
    expect(await callBeside(dotenv, env)).toMatchObject({ isError: false });
    expect(own.requests).toMatchObject([{ headers: { authorization: `Bearer ${TOKEN}` } }]);
    expect(stranger.requests).toHaveLength(0);
  });

  test("it cannot redirect the user's token: proxies, certificates and Node's options in it count for nothing", async () => {
    const env = { ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: own.url };
    const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'https_proxy', 'http_proxy', 'ALL_PROXY'];
    const dotenv = names.map((name) => `${name}=${stranger.url}\n`).join('');
    const options = 'NODE_EXTRA_CA_CERTS=/x\nNODE_TLS_REJECT_UNAUTHORIZED=0\nNODE_OPTIONS=--require=/x\n';
    expect(await callBeside(dotenv + options, env)).toMatchObject({ isError: false });
    expect(own.requests).toHaveLength(1);
    expect(stranger.requests).toHaveLength(0);
  });

  test('it changes nothing else either: its limits and log level are ignored, which is told once', async () => {
    const env = { ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: own.url, LOG_LEVEL: '' };
    writeFileSync(join(cwd, '.env'), 'KLING_REQUEST_TIMEOUT=1\nKLING_MAX_WAIT=3600\nLOG_LEVEL=debug\n');
    const { isError, maxWaitSeconds, stderr } = await callIn(env);
    expect(isError).toBe(false);
    expect(maxWaitSeconds).toBe(50);
    expect(stderr).toBe(
      'kling-tasks-mcp warn: .env is ignored (KLING_REQUEST_TIMEOUT, KLING_MAX_WAIT, LOG_LEVEL), because the environment sets the token.\n',
    );
  });

  test('one of another project that does not concern this server: no warning', async () => {
    const env = { ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: own.url, LOG_LEVEL: '' };
    const { isError, stderr } = await callBeside('DATABASE_URL=postgres://x\nPORT=3000\n', env);
    expect({ isError, stderr }).toEqual({ isError: false, stderr: '' });
  });

  test('one saved as UTF-16: the log says to save it as UTF-8, and each call that the token is missing', async () => {
    const { text, stderr } = await callBeside(Buffer.from(`\ufeffACEDATACLOUD_API_TOKEN=${TOKEN}\r\n`, 'utf16le'));
    expect(text).toMatch(/^\[configuration\] ACEDATACLOUD_API_TOKEN is not set/);
    expect(stderr).toMatch(/warn: \.env is ignored, because it seems to be saved as UTF-16: save it as UTF-8\./);
  });

  test('one with its own token: can name its own URL', async () => {
    const dotenv = `ACEDATACLOUD_API_TOKEN="Bearer ${TOKEN}"\nACEDATACLOUD_API_BASE_URL=${stranger.url}/\n`;
    expect(await callBeside(dotenv)).toMatchObject({ isError: false });
    expect(stranger.requests).toMatchObject([{ headers: { authorization: `Bearer ${TOKEN}` }, path: '/kling/tasks' }]);
  });

  test('a malformed one is reported and harmless: a directory, or more than 64 KB', async () => {
    const env = { ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: own.url };
    const large = await callBeside(`ACEDATACLOUD_API_TOKEN=other\n${'#'.repeat(64 * 1024)}`, env);
    expect(large).toMatchObject({ isError: false, stderr: expect.stringContaining('.env is ignored') });
    rmSync(join(cwd, '.env'));
    mkdirSync(join(cwd, '.env'));
    expect(await callIn(env)).toMatchObject({ isError: false, stderr: expect.stringContaining('.env is ignored') });
  });

  test('a malformed one is reported and harmless: bad values beside a token of the environment', async () => {
    const env = { ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: own.url };
    const { isError, stderr } = await callBeside('KLING_REQUEST_TIMEOUT=never\nKLING_MAX_WAIT=-1\nLOG_LEVEL=x', env);
    expect(isError).toBe(false);
    expect(stderr).toContain('.env is ignored (KLING_REQUEST_TIMEOUT, KLING_MAX_WAIT, LOG_LEVEL)');
  });

  test('a malformed one is reported and harmless: its own bad URL is the fault that each call tells', async () => {
    const dotenv = `ACEDATACLOUD_API_TOKEN=${TOKEN}\nACEDATACLOUD_API_BASE_URL=ftp://user:pass@x`;
    const { text, stderr } = await callBeside(dotenv);
    expect(text).toMatch(/^\[configuration\] ACEDATACLOUD_API_BASE_URL must be an https URL/);
    expect(stderr).toContain('ACEDATACLOUD_API_BASE_URL must be an https URL');
    expect(text + stderr).not.toContain('pass@x');
  });

  test('a malformed one is reported and harmless: bytes that are no text change nothing', async () => {
    const env = { ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: own.url };
    const bytes = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7919) % 256));
    expect(await callBeside(bytes, env)).toMatchObject({ isError: false });
  });
});
