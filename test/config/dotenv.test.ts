// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is what a variable that nobody expanded looks like
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { loadConfig } from '../../src/config/config.js';
import { readConfig } from '../support/config.js';

const TOKEN = 'tok-4f9c1e7ab2d84f0c';
const WITH_TOKEN = { ACEDATACLOUD_API_TOKEN: TOKEN };
const TOKEN_LINE = `ACEDATACLOUD_API_TOKEN=${TOKEN}`;

describe('a .env that brings the token', () => {
  test('fills in what the environment lacks', () => {
    const dotenv = [
      '\ufeffACEDATACLOUD_API_TOKEN="tok-from-file" # comment',
      "export ACEDATACLOUD_API_BASE_URL='https://kling.example'",
      'KLING_REQUEST_TIMEOUT=5',
      'KLING_MAX_WAIT=600',
      'LOG_LEVEL=debug',
    ].join('\r\n');
    expect(readConfig({ ACEDATACLOUD_API_TOKEN: ' ', KLING_MAX_WAIT: '7' }, dotenv)).toEqual({
      connection: { token: 'tok-from-file', baseUrl: new URL('https://kling.example'), requestTimeoutMs: 5000 },
      maxWaitSeconds: 7,
      logLevel: 'debug',
      faults: [],
      warnings: [],
      secret: 'tok-from-file',
      summary: { token: 'from .env in the working directory', baseUrl: 'https://kling.example/', proxy: 'none' },
    });
  });

  test('counts where the environment passes a token that nobody expanded', () => {
    const config = readConfig({ ACEDATACLOUD_API_TOKEN: '${TOKEN}' }, TOKEN_LINE);
    expect(config).toMatchObject({ connection: { token: TOKEN }, warnings: [] });
  });

  test('is not expanded, prints nothing and leaves the environment alone', () => {
    const before = { ...process.env };
    const write = vi.spyOn(process.stdout, 'write');
    const dotenv = `${TOKEN_LINE}\nDOTENV_CONFIG_QUIET=false\nDOTENV_CONFIG_DEBUG=true\nACEDATACLOUD_API_BASE_URL=$HOME\nPWNED=1`;
    expect(readConfig({ HOME: 'https://kling.example' }, dotenv).faults).toHaveLength(1);
    expect(write).not.toHaveBeenCalled();
    write.mockRestore();
    expect(process.env).toEqual(before);
  });

  // dotenv alone takes 9 s for this.
  test('is read quickly even with 64 KB of blank lines', { timeout: 5000 }, () => {
    const dotenv = `${'\n'.repeat(65_000)}${TOKEN_LINE}\n \t\r\n\r\n  LOG_LEVEL=debug`;
    expect(readConfig({}, dotenv)).toMatchObject({ connection: { token: TOKEN }, logLevel: 'debug' });
  });
});

describe("a stranger's .env, with the user's token in the environment", () => {
  const withoutFile = readConfig(WITH_TOKEN);

  test.each([
    'ACEDATACLOUD_API_BASE_URL=https://evil.example',
    'ACEDATACLOUD_API_BASE_URL=nonsense',
    'KLING_REQUEST_TIMEOUT=1',
    'KLING_REQUEST_TIMEOUT=nonsense',
    'KLING_MAX_WAIT=99999',
    'LOG_LEVEL=debug',
    'LOG_LEVEL=nonsense',
  ])('%s changes and stops nothing, which is told once', (line) => {
    const [name] = line.split('=');
    const warning = `.env is ignored (${name}), because the environment sets the token.`;
    expect(readConfig(WITH_TOKEN, line)).toEqual({ ...withoutFile, warnings: [warning] });
  });

  test.each([TOKEN, 'two words', 'your-token'])('counts for nothing with a token of its own either (%s)', (token) => {
    const env = { ACEDATACLOUD_API_TOKEN: token };
    const names = 'ACEDATACLOUD_API_TOKEN, ACEDATACLOUD_API_BASE_URL, LOG_LEVEL';
    const warnings = [`.env is ignored (${names}), because the environment sets the token.`];
    const dotenv = 'ACEDATACLOUD_API_TOKEN=evil-token\nACEDATACLOUD_API_BASE_URL=https://evil.example\nLOG_LEVEL=debug';
    expect(readConfig(env, dotenv)).toEqual({ ...readConfig(env), warnings });
  });

  test('that is a directory, or has more than 64 KB, is reported and harmless', () => {
    const before = process.cwd();
    process.chdir(mkdtempSync(join(tmpdir(), 'kling-tasks-')));
    const warnings = ['.env is ignored: it must be a regular file of at most 64 KB.'];
    mkdirSync('.env');
    expect(loadConfig(WITH_TOKEN)).toEqual({ ...withoutFile, warnings });
    rmSync('.env', { recursive: true });
    writeFileSync('.env', `ACEDATACLOUD_API_TOKEN=other\n${'#'.repeat(64 * 1024)}`);
    expect(loadConfig(WITH_TOKEN)).toEqual({ ...withoutFile, warnings });
    process.chdir(before);
  });

  test('is harmless whatever stands in it', () => {
    const proxies = 'HTTPS_PROXY=http://evil.example\nNODE_EXTRA_CA_CERTS=evil.pem\nNODE_TLS_REJECT_UNAUTHORIZED=0';
    const garbage = '__proto__=x\nconstructor=y\n=\n===\n\u0000\n"""\nACEDATACLOUD_API_TOKEN';
    for (const text of [proxies, garbage, '\u0000'.repeat(65_536)]) {
      expect(readConfig(WITH_TOKEN, text)).toEqual(withoutFile);
    }
  });
});

describe('a .env without the token', () => {
  test.each(['LOG_LEVEL=debug', 'KLING_MAX_WAIT=7', 'ACEDATACLOUD_API_BASE_URL=https://kling.example'])(
    '%s is ignored, which is told',
    (line) => {
      const [name] = line.split('=');
      const warnings = [`.env is ignored (${name}), because it does not set ACEDATACLOUD_API_TOKEN.`];
      expect(readConfig({}, line)).toEqual({ ...readConfig({}), warnings });
    },
  );

  test.each(['', 'DATABASE_URL=postgres://x\nPORT=3000', '# LOG_LEVEL=debug', 'LOG_LEVEL=', 'set -e\nset X=1'])(
    '%j has nothing to do with this server, and is passed over in silence',
    (text) => {
      for (const env of [WITH_TOKEN, {}]) expect(readConfig(env, text)).toEqual(readConfig(env));
    },
  );
});

describe('a .env that cannot be understood', () => {
  test('as it is UTF-16, with or without a BOM: the warning says to save it as UTF-8', () => {
    const [plain, marked] = [TOKEN_LINE, `\ufeff${TOKEN_LINE}\r\n`].map((text) => Buffer.from(text, 'utf16le'));
    for (const bytes of [plain, marked, Buffer.from(marked ?? '').swap16()]) {
      const { warnings, faults } = readConfig({}, String(bytes));
      expect(warnings).toEqual([expect.stringMatching(/^\.env is ignored.*UTF-16.*save it as UTF-8/)]);
      expect(faults[0]).toMatch(/^ACEDATACLOUD_API_TOKEN is not set/);
    }
  });

  test.each([
    `set ${TOKEN_LINE}`,
    `SET "${TOKEN_LINE}"`,
    `setx ACEDATACLOUD_API_TOKEN ${TOKEN}`,
    `$env:ACEDATACLOUD_API_TOKEN = "${TOKEN}"`,
    `  $Env:KLING_MAX_WAIT=7`,
  ])('as it is a script (%s): the warning shows how to write the line', (line) => {
    const { warnings, connection } = readConfig({}, `# for Windows\r\n${line}\r\n`);
    expect(connection).toBeUndefined();
    expect(warnings).toEqual([expect.stringMatching(/"set" or "\$env:" are ignored: write NAME=value/)]);
    expect(warnings[0]).not.toContain(TOKEN);
  });

  test('in part: what is ignored is told as well, and the lines that are understood count', () => {
    expect(readConfig({}, `set ${TOKEN_LINE}\nKLING_MAX_WAIT=4\n`).warnings).toEqual([
      expect.stringMatching(/begin with "set"/),
      '.env is ignored (KLING_MAX_WAIT), because it does not set ACEDATACLOUD_API_TOKEN.',
    ]);
    const config = readConfig({}, `${TOKEN_LINE}\nset KLING_MAX_WAIT=7`);
    expect(config).toMatchObject({ connection: { token: TOKEN }, maxWaitSeconds: 50, warnings: [expect.any(String)] });
  });

  test('gives no advice that could not help, where the environment sets the token', () => {
    expect(readConfig(WITH_TOKEN, `set ${TOKEN_LINE}`).warnings).toEqual([]);
  });
});
