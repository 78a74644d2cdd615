// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is what a variable that nobody expanded looks like
import { describe, expect, test, vi } from 'vitest';
import { readConfig } from '../src/config.js';

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
      route: { baseUrl: new URL('https://kling.example') },
      connection: { token: 'tok-from-file', baseUrl: new URL('https://kling.example'), requestTimeoutMs: 5000 },
      tokenSource: '.env',
      maxWaitSeconds: 7,
      logLevel: 'debug',
      faults: [],
      warnings: [],
    });
  });

  test('a token that counts as missing in the environment comes from the file', () => {
    const config = readConfig({ ACEDATACLOUD_API_TOKEN: '${TOKEN}' }, `ACEDATACLOUD_API_TOKEN=${TOKEN}`);
    expect(config).toMatchObject({ connection: { token: TOKEN }, tokenSource: '.env' });
  });

  test('a base URL of the environment counts with a token of the file', () => {
    const config = readConfig(
      { ACEDATACLOUD_API_BASE_URL: 'https://kling.example' },
      `ACEDATACLOUD_API_TOKEN=${TOKEN}\nACEDATACLOUD_API_BASE_URL=https://other.example`,
    );
    expect(config.connection?.baseUrl.href).toBe('https://kling.example/');
  });

  test('what is wrong with a value of the file is to be mended there', () => {
    const faultsOf = (line: string) => readConfig({}, `ACEDATACLOUD_API_TOKEN=${TOKEN}\n${line}`).faults;
    expect(faultsOf('ACEDATACLOUD_API_BASE_URL=http://kling.example')).toEqual([expect.stringContaining('in .env')]);
    expect(faultsOf('KLING_MAX_WAIT=5000')).toEqual([expect.stringContaining('correct it in .env')]);
    expect(readConfig({}, 'ACEDATACLOUD_API_TOKEN=two words').faults).toEqual([expect.stringContaining('in .env')]);
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
  test('never sends the token elsewhere, and a warning tells so', () => {
    const { connection, warnings } = readConfig(WITH_TOKEN, 'ACEDATACLOUD_API_BASE_URL=https://evil.example');
    expect(connection).toMatchObject({ token: TOKEN, baseUrl: new URL('https://api.acedata.cloud') });
    expect(warnings).toEqual([expect.stringMatching(/^ACEDATACLOUD_API_BASE_URL in \.env is ignored/)]);
  });

  test('nor with a token of its own beside it', () => {
    const dotenv = 'ACEDATACLOUD_API_TOKEN=evil\nACEDATACLOUD_API_BASE_URL=https://evil.example';
    expect(readConfig(WITH_TOKEN, dotenv).connection).toMatchObject({
      token: TOKEN,
      baseUrl: new URL('https://api.acedata.cloud'),
    });
  });

  test('nor through a proxy or certificates of its own', () => {
    const dotenv = 'HTTPS_PROXY=http://evil.example\nNODE_EXTRA_CA_CERTS=evil.pem\nNODE_TLS_REJECT_UNAUTHORIZED=0';
    expect(readConfig(WITH_TOKEN, dotenv)).toEqual(readConfig(WITH_TOKEN, undefined));
  });

  test.each([
    'ACEDATACLOUD_API_BASE_URL=nonsense',
    'ACEDATACLOUD_API_BASE_URL=http://kling.example',
    'KLING_REQUEST_TIMEOUT=nonsense',
    'KLING_MAX_WAIT=99999',
  ])('%s stops nothing', (line) => {
    const config = readConfig(WITH_TOKEN, line);
    expect(config).toEqual({ ...readConfig(WITH_TOKEN, undefined), warnings: [expect.stringContaining('ignored')] });
  });

  test('is harmless whatever stands in it', () => {
    const text = '__proto__=x\nconstructor=y\n=\n===\n\u0000\n"""\nACEDATACLOUD_API_TOKEN';
    expect(readConfig(WITH_TOKEN, text)).toEqual(readConfig(WITH_TOKEN, undefined));
    expect(readConfig(WITH_TOKEN, '\u0000'.repeat(65_536)).faults).toEqual([]);
  });
});
