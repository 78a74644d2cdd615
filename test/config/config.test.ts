// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is what a variable that nobody expanded looks like
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { VARIABLES } from '../../src/config/variables.js';
import { readConfig as read } from '../support/config.js';

const TOKEN = 'tok-4f9c1e7ab2d84f0c';
const WITH_TOKEN = { ACEDATACLOUD_API_TOKEN: TOKEN };
const CREATE_ONE = 'create one at https://platform.acedata.cloud.';

/** The text of the one fault of a configuration that cannot serve. */
function faultOf(env: Record<string, string | undefined>, dotenv?: string): string {
  const { connection, faults, maxWaitSeconds } = read(env, dotenv);
  expect(connection).toBeUndefined();
  expect(maxWaitSeconds).toBe(VARIABLES.KLING_MAX_WAIT.default);
  expect(faults).toHaveLength(1);
  return faults.join();
}

test('a token is all that is needed; the rest has defaults', () => {
  expect(read(WITH_TOKEN)).toEqual({
    connection: { token: TOKEN, baseUrl: new URL('https://api.acedata.cloud'), requestTimeoutMs: 30_000 },
    maxWaitSeconds: 50,
    logLevel: 'warn',
    faults: [],
    warnings: [],
    secret: TOKEN,
    summary: { token: 'from the environment', baseUrl: 'https://api.acedata.cloud/', proxy: 'none' },
  });
});

describe.each([' ', '${X}', '${user_config.some_field}', '${env:X}', ' ${input:x} ', 'http://${HOST}:1'])(
  '%j counts as missing',
  (value) => {
    const PROXIES = ['HTTPS_PROXY', 'http_proxy', 'ALL_PROXY', 'NO_PROXY'];
    test.each([...Object.keys(VARIABLES), ...PROXIES])('for %s', (name) => {
      const env = name === 'ACEDATACLOUD_API_TOKEN' ? {} : WITH_TOKEN;
      expect(read({ ...env, [name]: value })).toEqual(read(env));
    });
  },
);

describe('ACEDATACLOUD_API_TOKEN', () => {
  test.each([
    `  ${TOKEN}\r\n`,
    `"${TOKEN}"`,
    `'${TOKEN}'`,
    `bearer\t ${TOKEN}`,
    ` "Bearer ${TOKEN}" `,
    `Bearer "${TOKEN}"`,
    `" ${TOKEN} "`,
  ])('%j is forgiven', (raw) => expect(read({ ACEDATACLOUD_API_TOKEN: raw }).connection?.token).toBe(TOKEN));

  test('that begins with the letters of Bearer is kept whole', () => {
    expect(read({ ACEDATACLOUD_API_TOKEN: 'bearertoken' }).connection?.token).toBe('bearertoken');
  });

  test.each([undefined, '', '""', "''", 'Bearer', 'Bearer ', 'Bearer ${TOKEN}'])('%j is missing', (raw) => {
    const env = { ACEDATACLOUD_API_TOKEN: raw };
    expect(faultOf(env)).toMatch(new RegExp(`^ACEDATACLOUD_API_TOKEN is not set: ${CREATE_ONE}$`));
    expect(read(env).summary.token).toBe('missing');
  });

  const PLACEHOLDER = `ACEDATACLOUD_API_TOKEN is still the placeholder your-token: ${CREATE_ONE}`;
  test.each(['your-token', '"your-token"', 'Bearer your-token'])('%j is told as the placeholder', (raw) => {
    const env = { ACEDATACLOUD_API_TOKEN: raw };
    expect(faultOf(env)).toMatch(new RegExp(`^${PLACEHOLDER}$`));
    const { secret, summary } = read(env);
    expect([secret, summary.token]).toEqual([undefined, 'unusable, from the environment']);
  });

  test('of an unedited copy of .env.example is told as the placeholder', () => {
    const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
    expect(faultOf({}, example)).toMatch(new RegExp(`^${PLACEHOLDER}$`));
    for (const name of Object.keys(VARIABLES)) expect(example).toContain(`${name}=`);
  });

  test.each(['two words', 'tök', 'a\nb', 'a\u0000b', 'a"b', "a'b", 'a\\b', '“tok”', 'x'.repeat(4097)])(
    '%j is unusable, and not repeated',
    (raw) => {
      const fault = faultOf({ ACEDATACLOUD_API_TOKEN: raw });
      expect(fault).toMatch(/^ACEDATACLOUD_API_TOKEN holds characters that no token has: copy it again\./);
      expect(fault).not.toContain(raw);
      expect(read({ ACEDATACLOUD_API_TOKEN: raw }).summary.token).toBe('unusable, from the environment');
    },
  );

  test('of a few characters is refused: to redact it would destroy every text', () => {
    expect(faultOf({ ACEDATACLOUD_API_TOKEN: 'abcdefg' })).toMatch(
      /^ACEDATACLOUD_API_TOKEN is too short to be a token/,
    );
    expect(read({ ACEDATACLOUD_API_TOKEN: 'abcdefgh' }).faults).toEqual([]);
  });

  test('that begins with platform- is refused as one that the API does not accept', () => {
    const fault = faultOf({ ACEDATACLOUD_API_TOKEN: 'Bearer platform-4f9c1e7ab2d84f0c' });
    expect(fault).toMatch(/^ACEDATACLOUD_API_TOKEN is a "platform-" token, not one for the API: create one/);
    expect(fault).not.toContain('4f9c1e7ab2d84f0c');
  });

  test('is redacted even if other faults, or its own, prevent calls', () => {
    expect(read({ ...WITH_TOKEN, KLING_MAX_WAIT: 'x' }).secret).toBe(TOKEN);
    expect(read({ ACEDATACLOUD_API_TOKEN: 'platform-x' }).secret).toBe('platform-x');
  });
});

describe('ACEDATACLOUD_API_BASE_URL', () => {
  const urlOf = (raw: string) => read({ ...WITH_TOKEN, ACEDATACLOUD_API_BASE_URL: raw }).connection?.baseUrl.href;

  test.each([
    ['https://kling.example', 'https://kling.example/'],
    [' https://kling.example:8443/v1/ ', 'https://kling.example:8443/v1/'],
    ['http://localhost:8080', 'http://localhost:8080/'],
    ['http://127.1.2.3', 'http://127.1.2.3/'],
    ['http://[::1]:8080', 'http://[::1]:8080/'],
    ['https://kling.example/kling/tasks/v2', 'https://kling.example/kling/tasks/v2'],
  ])('%j counts', (raw, href) => expect(urlOf(raw)).toBe(href));

  const PLAIN = 'http://kling.example http://127.0.0.1.example http://localhost.example http://10.0.0.1 http://[::2]';
  const LOGINS = 'https://user:secret@kling.example https://user@kling.example';
  const MORE = 'https://kling.example/?a=secret https://kling.example/? https://kling.example/#';
  test.each([...`${PLAIN} ${LOGINS} ${MORE}`.split(' '), 'file:///etc/passwd', 'kling.example', 'https://'])(
    '%j is refused, and not repeated',
    (raw) => {
      const env = { ...WITH_TOKEN, ACEDATACLOUD_API_BASE_URL: raw };
      expect(faultOf(env)).toMatch(/^ACEDATACLOUD_API_BASE_URL must be an https URL /);
      expect(faultOf(env)).not.toContain(raw);
      expect(read(env).summary.baseUrl).toBe('unusable');
    },
  );

  test.each([
    ['https://api.acedata.cloud/kling/tasks/', 'https://api.acedata.cloud'],
    ['http://localhost:8080/v1/kling/tasks', 'http://localhost:8080/v1'],
  ])('%j is the endpoint itself: refused with what to set instead', (raw, intended) => {
    const env = { ...WITH_TOKEN, ACEDATACLOUD_API_BASE_URL: raw };
    expect(faultOf(env)).toContain(`ACEDATACLOUD_API_BASE_URL is the endpoint itself: set ${intended} instead.`);
    expect(read(env).summary.baseUrl).toBe('unusable');
  });
});

describe.each([
  ['KLING_REQUEST_TIMEOUT', ['1', '1800', '2.5', ' 30 '], ['0', '0.9', '1800.5', '-5', '1e3', '0x10', '30s', 'NaN']],
  ['KLING_MAX_WAIT', ['0', '3600', ' 50 '], ['3601', '-1', '2.5', '1e3', '0x10', '50s', 'Infinity', '٥']],
])('%s', (name, good, bad) => {
  test.each(good)('%j counts', (raw) => {
    const { connection, maxWaitSeconds } = read({ ...WITH_TOKEN, [name]: raw });
    const seconds = name === 'KLING_MAX_WAIT' ? maxWaitSeconds : (connection?.requestTimeoutMs ?? 0) / 1000;
    expect(seconds).toBe(Number(raw));
  });
  test.each(bad)('%j is refused by naming the bounds', (raw) => {
    const bounds = name === 'KLING_MAX_WAIT' ? 'from 0 to 3600' : 'from 1 to 1800';
    expect(faultOf({ ...WITH_TOKEN, [name]: raw })).toMatch(new RegExp(`^${name} must be a .*${bounds}\\.$`));
  });
});

describe('LOG_LEVEL', () => {
  test.each(['error', 'WARN', ' Info ', 'dEbUg'])('%j counts, in any case', (raw) => {
    expect(read({ LOG_LEVEL: raw })).toMatchObject({ logLevel: raw.trim().toLowerCase(), warnings: [] });
  });
  test.each(['verbose', 'constructor', '5'])('%j counts as warn, which is told as a warning', (raw) => {
    const warnings = ['LOG_LEVEL is none of error, warn, info, debug, and counts as warn.'];
    expect(read({ ...WITH_TOKEN, LOG_LEVEL: raw })).toEqual({ ...read(WITH_TOKEN), warnings });
    const inFile = read({}, `ACEDATACLOUD_API_TOKEN=${TOKEN}\nLOG_LEVEL=${raw}`);
    expect(inFile).toMatchObject({ logLevel: 'warn', warnings });
  });
});

test('every fault is reported', () => {
  const { faults } = read({
    ACEDATACLOUD_API_BASE_URL: 'https://x?y',
    KLING_MAX_WAIT: 'x',
    KLING_REQUEST_TIMEOUT: 'x',
    HTTPS_PROXY: 'not a url',
  });
  expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
    'ACEDATACLOUD_API_TOKEN',
    'ACEDATACLOUD_API_BASE_URL',
    'KLING_REQUEST_TIMEOUT',
    'KLING_MAX_WAIT',
    'HTTPS_PROXY',
  ]);
});
