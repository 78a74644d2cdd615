import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { errorReply, FakeApi, TOKEN } from '../support/fake-api.js';
import { type ServerOptions, ServerProcess } from '../support/server-process.js';

/** Runs the program to its end; no secret may appear in what it prints. */
async function run(options: ServerOptions) {
  const program = new ServerProcess(options);
  const { code } = await program.exited;
  const { stdout, stderr } = program;
  for (const secret of [TOKEN, ...(options.secrets ?? [])]) expect(stdout + stderr).not.toContain(secret);
  return { code, stdout, stderr };
}

/** An address of this machine where nobody listens. */
async function deadAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `127.0.0.1:${port}`;
}

describe('--check', () => {
  let fakeApi: FakeApi;
  let folder: string;

  beforeEach(async () => {
    fakeApi = await FakeApi.start();
    folder = mkdtempSync(join(tmpdir(), 'kling-check-'));
  });

  afterEach(async () => {
    await fakeApi.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const check = (options: ServerOptions = {}) => run({ fakeApi, args: ['--check'], ...options });

  test('all is well: tells versions, token source, address, proxy, limits and the time of one lookup; exit 0', async () => {
    const { code, stdout, stderr } = await check();
    expect(stdout.split('\n')).toEqual([
      `kling-tasks-mcp ${packageJson.version}, Node ${process.versions.node} on ${process.platform}`,
      'token      from the environment',
      `base URL   ${fakeApi.url}/`,
      'proxy      none',
      'limits     30 s a lookup, 50 s a wait',
      expect.stringMatching(/^lookup {5}answered after \d+ ms$/),
      'OK         The API answers and accepts the token: the tools will work.',
      '',
    ]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(fakeApi.requests.map(({ body }) => body)).toEqual([
      { action: 'retrieve', id: '00000000-0000-0000-0000-000000000000' },
    ]);
  });

  test('a token from .env is told as such', async () => {
    writeFileSync(join(folder, '.env'), `ACEDATACLOUD_API_TOKEN=${TOKEN}\nACEDATACLOUD_API_BASE_URL=${fakeApi.url}\n`);
    const env = { ACEDATACLOUD_API_TOKEN: undefined, ACEDATACLOUD_API_BASE_URL: undefined };
    const { code, stdout } = await check({ cwd: folder, env });
    expect(stdout).toContain('token      from .env in the working directory\n');
    expect(stdout).toContain(`base URL   ${fakeApi.url}/\n`);
    expect(code).toBe(0);
  });

  test('what is ignored is told as a warning', async () => {
    writeFileSync(join(folder, '.env'), 'ACEDATACLOUD_API_BASE_URL=https://stranger.example\n');
    const { code, stdout } = await run({ cwd: folder, args: ['--check'] });
    expect(stdout).toMatch(/^warning {4}ACEDATACLOUD_API_BASE_URL in \.env is ignored/m);
    expect(stdout).not.toContain('stranger.example');
    expect(code).toBe(1);
  });

  test('no token: says how to get and where to set one, asks the API nothing; exit 1', async () => {
    const { code, stdout, stderr } = await check({ env: { ACEDATACLOUD_API_TOKEN: undefined } });
    expect(stdout).toContain('token      missing\n');
    expect(stdout).toContain(`base URL   ${fakeApi.url}/\n`);
    expect(stdout).toContain('lookup     not tried\n');
    expect(stdout).toMatch(
      /^NOT OK {5}ACEDATACLOUD_API_TOKEN is not set\. Create a token at https:.*set it in the "env"/m,
    );
    expect(stderr).toBe('');
    expect(code).toBe(1);
    expect(fakeApi.requests).toEqual([]);
  });

  test('a wrong token: the verdict is the error that the tools would give; exit 1', async () => {
    const { code, stdout } = await check({
      env: { ACEDATACLOUD_API_TOKEN: 'a-token-of-nobody' },
      secrets: ['a-token-of-nobody'],
    });
    expect(stdout).toMatch(/^lookup {5}failed after \d+ ms$/m);
    expect(stdout).toMatch(/^NOT OK {5}\[invalid_token\] The API does not accept the token \(HTTP 401\)/m);
    expect(code).toBe(1);
  });

  test('an account without balance is told apart from a wrong token', async () => {
    fakeApi.always = errorReply(403, 'used_up');
    const { code, stdout } = await check();
    expect(stdout).toMatch(/^NOT OK {5}\[used_up\] The balance of the account is used up/m);
    expect(code).toBe(1);
  });

  test('nobody answers at the address: names it; exit 1', async () => {
    const address = await deadAddress();
    const env = { ACEDATACLOUD_API_BASE_URL: `http://${address}`, KLING_REQUEST_TIMEOUT: '1' };
    const { code, stdout } = await check({ env });
    expect(stdout).toContain(`NOT OK     [network_error] No answer from ${address}: connection refused.`);
    expect(code).toBe(1);
  });

  test('the proxy in use is told without its password, and so are the hosts that go around it', async () => {
    const address = await deadAddress();
    const { code, stdout } = await check({
      env: {
        ACEDATACLOUD_API_BASE_URL: undefined,
        HTTPS_PROXY: `http://somebody:proxy-secret@${address}`,
        NO_PROXY: 'intranet.example',
        KLING_REQUEST_TIMEOUT: '1',
      },
      secrets: ['proxy-secret', 'somebody'],
    });
    expect(stdout).toContain(`proxy      http://${address}, but not for intranet.example\n`);
    expect(stdout).toMatch(
      /^NOT OK {5}\[network_error\] No answer from api\.acedata\.cloud \(a proxy is configured\)/m,
    );
    expect(code).toBe(1);
  });

  test('a malformed setting: names the variable and its rule; exit 1', async () => {
    const { code, stdout } = await check({ env: { KLING_MAX_WAIT: 'long' } });
    expect(stdout).toMatch(/^NOT OK {5}KLING_MAX_WAIT must be a whole number of seconds from 0 to 3600/m);
    expect(code).toBe(1);
    expect(fakeApi.requests).toEqual([]);
  });
});

describe('the command line', () => {
  test('--version prints the version on stdout; exit 0', async () => {
    expect(await run({ args: ['--version'] })).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' });
  });

  test('--help tells every option on stdout; exit 0', async () => {
    const { code, stdout, stderr } = await run({ args: ['--help'] });
    for (const option of ['--check', '--help', '--version']) expect(stdout).toContain(`\n  ${option} `);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  test.each([['--frobnicate'], ['help'], ['--check', 'now'], ['--version', '--help']])(
    'anything else (%s %s) prints the usage on stderr; exit 2',
    async (...args) => {
      const { code, stdout, stderr } = await run({ args });
      expect(stdout).toBe('');
      expect(stderr).toMatch(/^Usage: kling-tasks-mcp/);
      expect(code).toBe(2);
    },
  );
});
