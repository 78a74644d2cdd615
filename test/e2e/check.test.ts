import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { FakeApi, TOKEN } from '../support/fake-api.js';
import { FakeProxy, tunnelTo } from '../support/proxy.js';
import { type ServerOptions, ServerProcess } from '../support/server-process.js';
import { createTlsServer, VENDOR_PEM } from '../support/tls.js';

/** Runs the program to its end. */
async function run(options: ServerOptions) {
  const program = new ServerProcess(options);
  const { code } = await program.exited;
  return { code, stdout: program.stdout, stderr: program.stderr };
}

describe('--check', () => {
  test('says what is wrong; exit 1', async () => {
    const { code, stdout, stderr } = await run({ args: ['--check'] });
    expect(stdout).toMatch(/^NOT OK {5}ACEDATACLOUD_API_TOKEN is not set: create one at https:.*under "env"/m);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  });

  test('by a .env, a proxy that is shown without its login, and a certificate of NODE_EXTRA_CA_CERTS: exit 0', async () => {
    const api = await FakeApi.start([], createTlsServer(VENDOR_PEM));
    const proxy = await FakeProxy.start(tunnelTo(api.port));
    const cwd = mkdtempSync(join(tmpdir(), 'kling-check-'));
    writeFileSync(join(cwd, '.env'), `ACEDATACLOUD_API_TOKEN=${TOKEN}\n`);
    const HTTP_PROXY = proxy.url.replace('//', '//somebody:proxy-secret@');
    const env = { NODE_EXTRA_CA_CERTS: VENDOR_PEM, HTTP_PROXY };
    const { code, stdout, stderr } = await run({ args: ['--check'], cwd, env, secrets: ['somebody', 'proxy-secret'] });
    const lines = stdout.split('\n');
    expect(lines.slice(0, 2)).toEqual([
      `kling-tasks-mcp ${packageJson.version}, Node ${process.versions.node} on ${process.platform}`,
      'token      from .env in the working directory',
    ]);
    expect(lines).toContain(`proxy      ${proxy.url} (HTTP_PROXY)`);
    expect(lines.at(-2)).toBe('OK         The API answers and accepts the token: the tools will work.');
    // At the vendor's own address one lookup proves the token.
    expect(api.requests).toHaveLength(1);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    rmSync(cwd, { recursive: true });
    await proxy.close();
    await api.close();
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

  test.each([['--frobnicate'], ['--check', 'now']])(
    'anything else (%s %s) is named above the usage, on stderr; exit 2',
    async (...args) => {
      const { code, stdout, stderr } = await run({ args });
      expect(stdout).toBe('');
      expect(stderr).toMatch(new RegExp(`^Un.*'${args.at(-1)}'.*\n\nUsage: kling-tasks-mcp`));
      expect(code).toBe(2);
    },
  );

  test('a reader that has gone is no fault: the exit code is the same, without a stack', async () => {
    for (const args of [['--help'], ['--version'], ['--check']]) {
      const program = new ServerProcess({ args });
      program.child.stdout.destroy();
      expect(await program.exited).toMatchObject({ code: args.includes('--check') ? 1 : 0 });
      expect(program.stderr).toBe('');
    }
  });
});
