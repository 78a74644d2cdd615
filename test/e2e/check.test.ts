import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { errorReply, FakeApi, reply, TOKEN } from '../support/fake-api.js';
import { FakeProxy, tunnelTo } from '../support/proxy.js';
import { type ServerOptions, ServerProcess } from '../support/server-process.js';
import { createTlsServer, TLS_HOST, TRUSTED_PEM, VENDOR_PEM } from '../support/tls.js';

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
      'limits     30 s a lookup, 50 s a wait',
      'proxy      none',
      expect.stringMatching(/^lookup {5}answered after \d+ ms$/),
      'OK         The API answers and accepts the token: the tools will work.',
      '',
    ]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const body = { action: 'retrieve', id: '00000000-0000-0000-0000-000000000000' };
    expect(fakeApi.requests).toMatchObject([{ body, headers: { authorization: `Bearer ${TOKEN}` } }, { body }]);
    expect(fakeApi.requests[1]?.headers.authorization).not.toContain(TOKEN);
  });

  test('a token from .env is reported as such', async () => {
    writeFileSync(join(folder, '.env'), `ACEDATACLOUD_API_TOKEN=${TOKEN}\nACEDATACLOUD_API_BASE_URL=${fakeApi.url}\n`);
    const env = { ACEDATACLOUD_API_TOKEN: undefined, ACEDATACLOUD_API_BASE_URL: undefined };
    const { code, stdout } = await check({ cwd: folder, env });
    expect(stdout).toContain('token      from .env in the working directory\n');
    expect(stdout).toContain(`base URL   ${fakeApi.url}/\n`);
    expect(code).toBe(0);
  });

  test('what is ignored is reported as a warning', async () => {
    writeFileSync(join(folder, '.env'), 'ACEDATACLOUD_API_BASE_URL=https://stranger.example\n');
    const { code, stdout } = await run({ cwd: folder, args: ['--check'] });
    expect(stdout).toMatch(
      /^warning {4}\.env is ignored \(ACEDATACLOUD_API_BASE_URL\), because it does not set ACEDATACLOUD_API_TOKEN\.$/m,
    );
    expect(stdout).not.toContain('stranger.example');
    expect(code).toBe(1);
  });

  test('no token: says how to get and where to set one, asks the API nothing; exit 1', async () => {
    const { code, stdout, stderr } = await check({ env: { ACEDATACLOUD_API_TOKEN: undefined } });
    expect(stdout).toContain('token      missing\n');
    expect(stdout).toContain(`base URL   ${fakeApi.url}/\n`);
    expect(stdout).toContain('lookup     not tried\n');
    expect(stdout).toMatch(/^NOT OK {5}ACEDATACLOUD_API_TOKEN is not set: create one at https:.*under "env"/m);
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

  test('an account without balance is distinguished from a wrong token', async () => {
    fakeApi.always = errorReply(403, 'used_up');
    const { code, stdout } = await check();
    expect(stdout).toMatch(/^NOT OK {5}\[used_up\] The balance of the account is used up/m);
    expect(code).toBe(1);
  });

  test('nobody answers at the address: names it; exit 1', async () => {
    const address = await deadAddress();
    const env = { ACEDATACLOUD_API_BASE_URL: `http://${address}`, KLING_REQUEST_TIMEOUT: '20' };
    const { code, stdout } = await check({ env });
    expect(stdout).toContain(`NOT OK     [network_error] No answer from ${address}: connection refused.`);
    expect(code).toBe(1);
  });

  test('each line appears as soon as it is known, not only when the lookup is answered', async () => {
    const release = fakeApi.hold();
    const program = new ServerProcess({ fakeApi, args: ['--check'] });
    await program.printed('limits ');
    await fakeApi.received(1);
    expect(program.stdout).toMatch(/^token .*\nbase URL .*\nlimits .*\n/m);
    expect(program.stdout).not.toMatch(/^lookup/m);
    release();
    expect(await program.exited).toMatchObject({ code: 0 });
    expect(program.stdout).toMatch(/^lookup .*\nOK /m);
  });

  test('a malformed token is not reported as missing; exit 1', async () => {
    const { code, stdout } = await check({ env: { ACEDATACLOUD_API_TOKEN: `${TOKEN} and more` } });
    expect(stdout).toContain('token      malformed, from the environment\n');
    expect(stdout).not.toContain('missing');
    expect(stdout).toMatch(/^NOT OK {5}ACEDATACLOUD_API_TOKEN holds characters that no token has/m);
    expect(code).toBe(1);
  });

  test('a platform token is named as the mistake; exit 1', async () => {
    const { code, stdout } = await check({
      env: { ACEDATACLOUD_API_TOKEN: 'platform-7d21' },
      secrets: ['platform-7d21'],
    });
    expect(stdout).toContain('token      a "platform-" token, from the environment\n');
    expect(stdout).toMatch(/^NOT OK {5}ACEDATACLOUD_API_TOKEN is a "platform-" token, not one for the API/m);
    expect(code).toBe(1);
  });

  test('a base URL that is the endpoint itself is named as the mistake; exit 1', async () => {
    const { code, stdout } = await check({ env: { ACEDATACLOUD_API_BASE_URL: `${fakeApi.url}/kling/tasks/` } });
    expect(stdout).toContain(`base URL   ${fakeApi.url}/kling/tasks/ is the endpoint itself\n`);
    expect(stdout).toContain(
      `NOT OK     ACEDATACLOUD_API_BASE_URL is the endpoint itself: set ${fakeApi.url} instead.`,
    );
    expect(code).toBe(1);
    expect(fakeApi.requests).toEqual([]);
  });

  test('a malformed base URL is not reported as the default one', async () => {
    const { stdout } = await check({ env: { ACEDATACLOUD_API_BASE_URL: 'nonsense' } });
    expect(stdout).toContain('base URL   malformed\n');
  });

  test('a server that answers {} to any token: the token is reported as unproven; exit 0', async () => {
    fakeApi.always = reply(200, {});
    const { code, stdout } = await check();
    expect(stdout).toMatch(/^OK {9}The API answers, but .* unproven \(it accepts a wrong one as well\)\./m);
    expect(stdout).not.toContain('accepts the token');
    expect(code).toBe(0);
  });

  test('a second lookup that fails for another reason leaves the token unproven; exit 0', async () => {
    fakeApi.faults.push(fakeApi.answer, errorReply(400, 'bad_request'));
    const { code, stdout } = await check();
    expect(stdout).toMatch(/^OK {9}The API answers, but .* unproven \(a second lookup failed: bad_request\)\./m);
    expect(code).toBe(0);
  });

  test('the proxy in use is shown without its password', async () => {
    const address = await deadAddress();
    const { code, stdout } = await check({
      env: {
        ACEDATACLOUD_API_BASE_URL: undefined,
        HTTPS_PROXY: `http://somebody:proxy-secret@${address}`,
        NO_PROXY: 'intranet.example',
        KLING_REQUEST_TIMEOUT: '20',
      },
      secrets: ['proxy-secret', 'somebody'],
    });
    expect(stdout).toContain(`proxy      http://${address} (HTTPS_PROXY)\n`);
    expect(stdout).toMatch(/^NOT OK {5}\[network_error\] No answer from api\.acedata\.cloud/m);
    expect(code).toBe(1);
  });

  test('without a lookup, the configured proxy is shown, with the note that nothing was tried', async () => {
    const env = { ACEDATACLOUD_API_TOKEN: undefined, ACEDATACLOUD_API_BASE_URL: undefined };
    const { stdout } = await check({ env: { ...env, https_proxy: 'http://somebody:proxy-secret@proxy.example:8080' } });
    expect(stdout).toContain('proxy      http://proxy.example:8080 (https_proxy)\nlookup     not tried\n');
    const { stdout: malformed } = await check({ env: { ...env, HTTPS_PROXY: 'socks5://proxy.example' } });
    expect(malformed).toContain('proxy      unusable (HTTPS_PROXY)\n');
  });

  describe('with a proxy that works', () => {
    let tlsApi: FakeApi;
    let proxy: FakeProxy;
    let env: Record<string, string>;

    beforeEach(async () => {
      tlsApi = await FakeApi.start([], createTlsServer(TRUSTED_PEM));
      proxy = await FakeProxy.start(tunnelTo(tlsApi.port));
      env = {
        ACEDATACLOUD_API_BASE_URL: `https://${TLS_HOST}`,
        NODE_EXTRA_CA_CERTS: TRUSTED_PEM,
        HTTP_PROXY: new URL(proxy.url).host,
        KLING_REQUEST_TIMEOUT: '2',
      };
    });

    afterEach(async () => {
      await proxy.close();
      await tlsApi.close();
    });

    test('it is shown if it was used, with the variable that sets it', async () => {
      const { code, stdout } = await check({ env });
      expect(stdout).toContain(`proxy      ${proxy.url} (HTTP_PROXY)\n`);
      expect(stdout).toMatch(/^OK {9}The API answers and accepts the token/m);
      expect(code).toBe(0);
      expect(proxy.tunnels.length).toBeGreaterThan(0);
    });

    test.each([
      ['the default base URL: one lookup proves the token, as the vendor answers', VENDOR_PEM, undefined, 1, 'accepts'],
      ['another base URL: {} to a wrong token, too, proves nothing', TRUSTED_PEM, `https://${TLS_HOST}`, 2, 'unproven'],
    ])('%s', async (_name, pem, baseUrl, lookups, verdict) => {
      const api = await FakeApi.start([], createTlsServer(pem));
      api.always = reply(200, {});
      proxy.handler = tunnelTo(api.port);
      const { code, stdout } = await check({
        env: { ...env, ACEDATACLOUD_API_BASE_URL: baseUrl, NODE_EXTRA_CA_CERTS: pem },
      });
      expect(stdout).toMatch(new RegExp(`^OK .*${verdict}`, 'm'));
      expect(api.requests).toHaveLength(lookups);
      expect(code).toBe(0);
      await api.close();
    });

    test('it is shown while the lookup is still waiting for it', async () => {
      const asked = new Promise<Socket>((resolve) => {
        proxy.handler = resolve;
      });
      const program = new ServerProcess({ fakeApi, args: ['--check'], env: { ...env, KLING_REQUEST_TIMEOUT: '60' } });
      await program.printed('proxy ');
      expect(program.stdout).not.toMatch(/^lookup/m);
      const socket = await asked;
      proxy.handler = tunnelTo(tlsApi.port);
      proxy.handler(socket);
      expect(await program.exited).toMatchObject({ code: 0 });
    });

    test('none is shown if NO_PROXY exempts the host', async () => {
      const { stdout } = await check({ env: { ...env, NO_PROXY: TLS_HOST } });
      expect(stdout).toContain('proxy      none, as NO_PROXY exempts the host\n');
      expect(proxy.tunnels).toEqual([]);
    });

    test('none is shown for an API on this machine', async () => {
      const { stdout } = await check({ env: { ...env, ACEDATACLOUD_API_BASE_URL: fakeApi.url } });
      expect(stdout).toContain('proxy      none, as the API is on this machine\n');
      expect(proxy.tunnels).toEqual([]);
    });
  });

  test('a malformed setting: names the variable and its rule; exit 1', async () => {
    const { code, stdout } = await check({ env: { KLING_MAX_WAIT: 'long' } });
    expect(stdout).toMatch(/^NOT OK {5}KLING_MAX_WAIT must be a whole number of seconds from 0 to 3600/m);
    expect(code).toBe(1);
    expect(fakeApi.requests).toEqual([]);
  });
});

describe('the command line', () => {
  test.each(['--version', '-v'])('%s prints the version on stdout; exit 0', async (option) => {
    expect(await run({ args: [option] })).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' });
  });

  test.each(['--help', '-h'])('%s tells every option, and where to read on, on stdout; exit 0', async (option) => {
    const { code, stdout, stderr } = await run({ args: [option] });
    for (const each of ['--check', '--help', '--version']) expect(stdout).toMatch(new RegExp(`^  .*${each} `, 'm'));
    expect(existsSync(/Documentation: (.*)$/m.exec(stdout)?.[1] ?? '')).toBe(true);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test.each([['--frobnicate'], ['help'], ['--check', 'now'], ['-x']])(
    'anything else (%s %s) is named above the usage, on stderr; exit 2',
    async (...args) => {
      const { code, stdout, stderr } = await run({ args });
      expect(stdout).toBe('');
      expect(stderr).toMatch(new RegExp(`^Un.*'${args.at(-1)}'.*\n\nUsage: kling-tasks-mcp`));
      expect(code).toBe(2);
    },
  );
});
