// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is what a variable that nobody expanded looks like
import { describe, expect, test, vi } from 'vitest';
import { readConfig } from '../support/config.js';

const TOKEN = 'tok-4f9c1e7ab2d84f0c';
const WITH_TOKEN = { ACEDATACLOUD_API_TOKEN: TOKEN };

describe('.env', () => {
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
      summary: {
        token: 'from .env in the working directory',
        baseUrl: 'https://kling.example/',
        proxy: 'none',
      },
    });
  });

  test('a token that counts as missing in the environment comes from the file', () => {
    const config = readConfig({ ACEDATACLOUD_API_TOKEN: '${TOKEN}' }, `ACEDATACLOUD_API_TOKEN=${TOKEN}`);
    expect(config).toMatchObject({ connection: { token: TOKEN }, warnings: [] });
  });

  test('a base URL of the environment counts with a token of the file', () => {
    const config = readConfig(
      { ACEDATACLOUD_API_BASE_URL: 'https://kling.example' },
      `ACEDATACLOUD_API_TOKEN=${TOKEN}\nACEDATACLOUD_API_BASE_URL=https://other.example`,
    );
    expect(config.connection?.baseUrl.href).toBe('https://kling.example/');
  });

  test('a wrong value in the file is to be corrected there', () => {
    const faultOf = (text: string) => readConfig({}, text).faults.join(' ');
    const withToken = (line: string) => faultOf(`ACEDATACLOUD_API_TOKEN=${TOKEN}\n${line}`);
    expect(withToken('ACEDATACLOUD_API_BASE_URL=http://kling.example')).toContain('Set this in .env and restart');
    expect(withToken('KLING_MAX_WAIT=5000')).toContain('Set this in .env and restart');
    expect(faultOf('ACEDATACLOUD_API_TOKEN=two words')).toContain('Set this in .env and restart');
  });

  test('nothing in it is expanded', () => {
    const config = readConfig({ HOME: '/root' }, `ACEDATACLOUD_API_TOKEN=${TOKEN}\nLOG_LEVEL=$HOME`);
    expect(config.logLevel).toBe('warn');
  });

  test('reading it prints nothing and leaves the environment alone', () => {
    const before = { ...process.env };
    const write = vi.spyOn(process.stdout, 'write');
    readConfig({}, 'DOTENV_CONFIG_QUIET=false\nDOTENV_CONFIG_DEBUG=true\nLOG_LEVEL=debug\nPWNED=1');
    expect(write).not.toHaveBeenCalled();
    write.mockRestore();
    expect(process.env).toEqual(before);
  });
});

describe("a stranger's .env, with the user's token in the environment", () => {
  const withoutFile = readConfig(WITH_TOKEN);

  test('never sends the token elsewhere, and a warning tells so', () => {
    const config = readConfig(WITH_TOKEN, 'ACEDATACLOUD_API_BASE_URL=https://evil.example');
    expect(config).toEqual({ ...withoutFile, warnings: [expect.stringContaining('ACEDATACLOUD_API_BASE_URL')] });
  });

  test('nor with a token of its own beside it', () => {
    const dotenv = 'ACEDATACLOUD_API_TOKEN=evil\nACEDATACLOUD_API_BASE_URL=https://evil.example';
    expect(readConfig(WITH_TOKEN, dotenv)).toEqual({ ...withoutFile, warnings: [expect.any(String)] });
  });

  test('nor through a proxy or certificates of its own', () => {
    const dotenv = 'HTTPS_PROXY=http://evil.example\nNODE_EXTRA_CA_CERTS=evil.pem\nNODE_TLS_REJECT_UNAUTHORIZED=0';
    expect(readConfig(WITH_TOKEN, dotenv)).toEqual(withoutFile);
  });

  test.each([
    'ACEDATACLOUD_API_BASE_URL=nonsense',
    'ACEDATACLOUD_API_BASE_URL=http://kling.example',
    'KLING_REQUEST_TIMEOUT=nonsense',
    'KLING_REQUEST_TIMEOUT=1',
    'KLING_MAX_WAIT=99999',
    'KLING_MAX_WAIT=3600',
    'LOG_LEVEL=debug',
  ])('%s changes and stops nothing, which is told once', (line) => {
    const [name] = line.split('=');
    const warning = `.env is ignored (${name}), because the environment sets the token.`;
    expect(readConfig(WITH_TOKEN, line)).toEqual({ ...withoutFile, warnings: [warning] });
  });

  test('causes one warning, however many variables it sets', () => {
    const { warnings } = readConfig(WITH_TOKEN, 'KLING_MAX_WAIT=1\nLOG_LEVEL=debug\nKLING_REQUEST_TIMEOUT=1');
    expect(warnings).toEqual([expect.stringContaining('(KLING_REQUEST_TIMEOUT, KLING_MAX_WAIT, LOG_LEVEL)')]);
  });

  test('counts for nothing even if the token of the environment is malformed', () => {
    const dotenv = `ACEDATACLOUD_API_TOKEN=${TOKEN}\nACEDATACLOUD_API_BASE_URL=https://evil.example`;
    const { connection, summary, warnings } = readConfig({ ACEDATACLOUD_API_TOKEN: 'two words' }, dotenv);
    expect(connection).toBeUndefined();
    expect(summary.baseUrl).toBe('https://api.acedata.cloud/');
    expect(warnings).toHaveLength(1);
  });

  test('is harmless whatever stands in it', () => {
    const text = '__proto__=x\nconstructor=y\n=\n===\n\u0000\n"""\nACEDATACLOUD_API_TOKEN';
    expect(readConfig(WITH_TOKEN, text)).toEqual(withoutFile);
    expect(readConfig(WITH_TOKEN, '\u0000'.repeat(65_536))).toEqual(withoutFile);
  });
});

// dotenv alone takes 9 s for this.
test('64 KB of blank lines are handled quickly', { timeout: 5000 }, () => {
  const dotenv = `${'\n'.repeat(65_000)}ACEDATACLOUD_API_TOKEN=${TOKEN}\n \t\r\n\r\n  LOG_LEVEL=debug`;
  expect(readConfig({}, dotenv)).toMatchObject({ connection: { token: TOKEN }, logLevel: 'debug' });
});

describe('a .env without the token', () => {
  test.each(['LOG_LEVEL=debug', 'KLING_MAX_WAIT=7', 'ACEDATACLOUD_API_BASE_URL=https://kling.example'])(
    '%s is ignored, which is told',
    (line) => {
      const warnings = [
        expect.stringMatching(/is ignored \([A-Z_]+\), because it does not set ACEDATACLOUD_API_TOKEN\.$/),
      ];
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
  const asUtf8 = (bytes: Buffer) => bytes.toString('utf8');
  const LINE = `ACEDATACLOUD_API_TOKEN=${TOKEN}\r\n`;

  test.each([
    ['UTF-16LE with a BOM', Buffer.from(`\ufeff${LINE}`, 'utf16le')],
    ['UTF-16BE with a BOM', Buffer.from(`\ufeff${LINE}`, 'utf16le').swap16()],
    ['UTF-16LE without a BOM', Buffer.from(LINE, 'utf16le')],
  ])('as it is %s: the warning says to save it as UTF-8', (_name, bytes) => {
    const { warnings, faults } = readConfig({}, asUtf8(bytes));
    expect(warnings).toEqual([expect.stringMatching(/^\.env is ignored.*UTF-16.*save it as UTF-8/)]);
    expect(faults[0]).toMatch(/^ACEDATACLOUD_API_TOKEN is not set/);
  });

  test.each([
    `set ACEDATACLOUD_API_TOKEN=${TOKEN}`,
    `SET "ACEDATACLOUD_API_TOKEN=${TOKEN}"`,
    `setx ACEDATACLOUD_API_TOKEN ${TOKEN}`,
    `$env:ACEDATACLOUD_API_TOKEN = "${TOKEN}"`,
    `  $Env:KLING_MAX_WAIT=7`,
  ])('as it is a script (%s): the warning shows how to write the line', (line) => {
    const { warnings, connection } = readConfig({}, `# for Windows\r\n${line}\r\n`);
    expect(connection).toBeUndefined();
    expect(warnings).toEqual([expect.stringMatching(/"set" or "\$env:" are ignored: write NAME=value/)]);
    expect(warnings[0]).not.toContain(TOKEN);
  });

  test('and what else is ignored is told as well', () => {
    const text = `set ACEDATACLOUD_API_TOKEN=${TOKEN}\nKLING_MAX_WAIT=4\n`;
    const { warnings } = readConfig({}, text);
    expect(warnings).toEqual([
      expect.stringMatching(/begin with "set"/),
      '.env is ignored (KLING_MAX_WAIT), because it does not set ACEDATACLOUD_API_TOKEN.',
    ]);
  });

  test('gives no advice that could not help, where the environment sets the token', () => {
    const { warnings } = readConfig({ ACEDATACLOUD_API_TOKEN: TOKEN }, `set ACEDATACLOUD_API_TOKEN=${TOKEN}`);
    expect(warnings).toEqual([]);
  });

  test('in part: the lines that are understood count', () => {
    const { warnings, connection, maxWaitSeconds } = readConfig({}, `${LINE}set KLING_MAX_WAIT=7`);
    expect(connection?.token).toBe(TOKEN);
    expect(maxWaitSeconds).toBe(50);
    expect(warnings).toHaveLength(1);
  });
});
