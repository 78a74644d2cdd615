// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is what a variable that nobody expanded looks like
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { VARIABLES } from '../../src/config/variables.js';
import { readConfig as read } from '../support/config.js';

const TOKEN = 'tok-4f9c1e7ab2d84f0c';
const WITH_TOKEN = { ACEDATACLOUD_API_TOKEN: TOKEN };

/** The text of the one fault of a configuration that cannot serve, and of how to correct it. */
function faultOf(env: Record<string, string | undefined>, dotenv?: string): string {
  const { connection, faults, maxWaitSeconds } = read(env, dotenv);
  expect(connection).toBeUndefined();
  expect(maxWaitSeconds).toBe(VARIABLES.KLING_MAX_WAIT.default);
  expect(faults).toEqual([expect.any(String), expect.stringMatching(/restart the server.* no call can succeed\.$/)]);
  return faults.join(' ');
}

test('a token is all that is needed; the rest has defaults', () => {
  expect(read(WITH_TOKEN)).toEqual({
    connection: { token: TOKEN, baseUrl: new URL('https://api.acedata.cloud'), requestTimeoutMs: 30_000 },
    maxWaitSeconds: 50,
    logLevel: 'warn',
    faults: [],
    warnings: [],
    secret: TOKEN,
    summary: {
      token: 'from the environment',
      baseUrl: 'https://api.acedata.cloud/',
      proxy: 'none',
    },
  });
});

test('blank counts as absent, for each variable', () => {
  const blank = Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, ' ']));
  expect(read({ ...blank, ...WITH_TOKEN })).toEqual(read(WITH_TOKEN));
});

describe('ACEDATACLOUD_API_TOKEN', () => {
  test('of a few characters is refused: to redact it would destroy every text', () => {
    const { faults } = read({ ACEDATACLOUD_API_TOKEN: 'abcdefg' });
    expect(faults[0]).toBe('ACEDATACLOUD_API_TOKEN is too short to be a token: copy it again.');
    expect(read({ ACEDATACLOUD_API_TOKEN: 'abcdefgh' }).faults).toEqual([]);
  });

  const tokenOf = (raw: string) => read({ ACEDATACLOUD_API_TOKEN: raw }).connection?.token;

  test.each([
    `  ${TOKEN}\r\n`,
    `"${TOKEN}"`,
    `'${TOKEN}'`,
    `Bearer ${TOKEN}`,
    `bearer\t ${TOKEN}`,
    ` "Bearer ${TOKEN}" `,
    `Bearer "${TOKEN}"`,
    `" ${TOKEN} "`,
  ])('%j is forgiven', (raw) => expect(tokenOf(raw)).toBe(TOKEN));

  test('a token that begins with the letters of Bearer is kept whole', () => {
    expect(tokenOf('bearertoken')).toBe('bearertoken');
  });

  const MISSING = [undefined, '', '  ', '""', "''", 'Bearer', 'Bearer ', 'your-token', '"your-token"'];
  test.each([...MISSING, '${ACEDATACLOUD_API_TOKEN}', '${env:TOKEN}', 'Bearer ${TOKEN}'])('%j is missing', (raw) => {
    const fault = faultOf({ ACEDATACLOUD_API_TOKEN: raw });
    expect(fault).toMatch(/^ACEDATACLOUD_API_TOKEN is not set: .*https:\/\/platform\.acedata\.cloud.*"env"/);
  });

  test('the placeholder is the one of .env.example', () => {
    const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
    expect(faultOf({}, example)).toContain('ACEDATACLOUD_API_TOKEN is not set');
    for (const name of Object.keys(VARIABLES)) expect(example).toContain(`${name}=`);
  });

  test.each(['two words', 'tök', 'a\nb', 'a\u0000b', 'a"b', "a'b", 'a\\b', '“tok”', 'x'.repeat(4097)])(
    '%j is unusable, and not repeated',
    (raw) => {
      const fault = faultOf({ ACEDATACLOUD_API_TOKEN: raw });
      expect(fault).toMatch(/^ACEDATACLOUD_API_TOKEN holds characters/);
      expect(fault).not.toContain(raw);
    },
  );
});

test('a token that begins with platform- is refused as one that the API does not accept', () => {
  const fault = faultOf({ ACEDATACLOUD_API_TOKEN: 'Bearer platform-4f9c1e7ab2d84f0c' });
  expect(fault).toMatch(/^ACEDATACLOUD_API_TOKEN is a "platform-" token, not one for the API: create one/);
  expect(fault).not.toContain('4f9c1e7ab2d84f0c');
});

test('a malformed token is distinguished from a missing one', () => {
  expect(read({}).summary.token).toBe('missing');
  expect(read({ ACEDATACLOUD_API_TOKEN: 'two words' }).summary.token).toBe('malformed, from the environment');
  expect(read({}, 'ACEDATACLOUD_API_TOKEN=two words').summary.token).toMatch(/^malformed, from \.env/);
});

test('a token is redacted even if other faults, or its own, prevent calls', () => {
  expect(read({ ...WITH_TOKEN, KLING_MAX_WAIT: 'x' }).secret).toBe(TOKEN);
  expect(read({ ACEDATACLOUD_API_TOKEN: 'platform-x' }).secret).toBe('platform-x');
});

test('a field of the bundle that was left empty counts as absent, for each variable', () => {
  const names = [
    ...Object.keys(VARIABLES).filter((name) => name !== 'ACEDATACLOUD_API_TOKEN'),
    'HTTPS_PROXY',
    'NO_PROXY',
  ];
  const unfilled = Object.fromEntries(names.map((name) => [name, '${user_config.some_field}']));
  expect(read({ ...unfilled, ...WITH_TOKEN })).toEqual(read(WITH_TOKEN));
});

describe('ACEDATACLOUD_API_BASE_URL', () => {
  const urlOf = (raw: string) => read({ ...WITH_TOKEN, ACEDATACLOUD_API_BASE_URL: raw }).connection?.baseUrl.href;

  test.each([
    ['https://kling.example', 'https://kling.example/'],
    ['https://kling.example/', 'https://kling.example/'],
    [' https://kling.example:8443/v1/ ', 'https://kling.example:8443/v1/'],
    ['http://localhost:8080', 'http://localhost:8080/'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/'],
    ['http://127.1.2.3', 'http://127.1.2.3/'],
    ['http://[::1]:8080', 'http://[::1]:8080/'],
  ])('%j counts', (raw, href) => expect(urlOf(raw)).toBe(href));

  test.each([
    'http://kling.example',
    'http://127.0.0.1.example',
    'http://localhost.example',
    'http://10.0.0.1',
    'http://[::2]',
    'https://user:secret@kling.example',
    'https://user@kling.example',
    'https://kling.example/?a=secret',
    'https://kling.example/?',
    'https://kling.example/#',
    'ftp://kling.example',
    'file:///etc/passwd',
    'kling.example',
    'https://',
    '${BASE}',
  ])('%j is refused, and not repeated', (raw) => {
    const fault = faultOf({ ...WITH_TOKEN, ACEDATACLOUD_API_BASE_URL: raw });
    expect(fault).toMatch(/^ACEDATACLOUD_API_BASE_URL must be an https URL .*"env"/);
    expect(fault).not.toContain(raw);
  });
});

describe('ACEDATACLOUD_API_BASE_URL that is the endpoint itself', () => {
  test.each([
    ['https://api.acedata.cloud/kling/tasks', 'https://api.acedata.cloud'],
    ['https://api.acedata.cloud/kling/tasks/', 'https://api.acedata.cloud'],
    ['http://localhost:8080/v1/kling/tasks', 'http://localhost:8080/v1'],
  ])('%j is refused with what to set instead', (raw, intended) => {
    const env = { ...WITH_TOKEN, ACEDATACLOUD_API_BASE_URL: raw };
    expect(faultOf(env)).toContain(`ACEDATACLOUD_API_BASE_URL is the endpoint itself: set ${intended} instead. `);
    expect(read(env).summary.baseUrl).toBe(`${raw} is the endpoint itself`);
  });

  test.each(['https://kling.example/kling', 'https://kling.example/kling/tasks/v2'])('%j is not', (raw) => {
    expect(read({ ...WITH_TOKEN, ACEDATACLOUD_API_BASE_URL: raw }).connection?.baseUrl.href).toBe(raw);
  });
});

describe.each([
  [
    'KLING_REQUEST_TIMEOUT',
    ['1', '1800', '2.5', ' 30 '],
    ['0', '0.9', '1800.5', '1801', '-5', '1e3', '0x10', '30s', 'NaN'],
  ],
  ['KLING_MAX_WAIT', ['0', '3600', ' 50 '], ['3601', '-1', '2.5', '1e3', '0x10', '50s', 'Infinity', '٥']],
])('%s', (name, good, bad) => {
  const secondsOf = (raw: string) => {
    const { connection, maxWaitSeconds } = read({ ...WITH_TOKEN, [name]: raw });
    return connection && (name === 'KLING_MAX_WAIT' ? maxWaitSeconds : connection.requestTimeoutMs / 1000);
  };
  test.each(good)('%j counts', (raw) => expect(secondsOf(raw)).toBe(Number(raw)));
  test.each(bad)('%j is refused by naming the bounds', (raw) => {
    const bounds = name === 'KLING_MAX_WAIT' ? 'from 0 to 3600' : 'from 1 to 1800';
    expect(faultOf({ ...WITH_TOKEN, [name]: raw })).toMatch(new RegExp(`^${name} must be a .*${bounds}\\. .*"env"`));
  });
});

describe('LOG_LEVEL', () => {
  test.each(['error', 'WARN', ' Info ', 'dEbUg'])('%j counts, in any case', (raw) => {
    expect(read({ LOG_LEVEL: raw }).logLevel).toBe(raw.trim().toLowerCase());
  });
  test.each(['verbose', 'constructor', '5'])('%j counts as warn', (raw) => {
    expect(read({ ...WITH_TOKEN, LOG_LEVEL: raw })).toEqual(read(WITH_TOKEN));
  });
});

test('every fault is reported, not only the first', () => {
  const { faults } = read({ KLING_MAX_WAIT: 'x', KLING_REQUEST_TIMEOUT: 'x', ACEDATACLOUD_API_BASE_URL: 'x' });
  expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
    'ACEDATACLOUD_API_TOKEN',
    'ACEDATACLOUD_API_BASE_URL',
    'KLING_REQUEST_TIMEOUT',
    'KLING_MAX_WAIT',
    'Set',
  ]);
});

test('with a refused base URL, too, a malformed proxy is a fault only where it would be used', () => {
  const first = (baseUrl: string) =>
    read({ ...WITH_TOKEN, HTTPS_PROXY: 'not a url', ACEDATACLOUD_API_BASE_URL: baseUrl }).faults.map(
      (fault) => fault.split(' ')[0],
    );
  expect(first('http://localhost:8080/kling/tasks')).toEqual(['ACEDATACLOUD_API_BASE_URL', 'Set']);
  expect(first('https://kling.example/kling/tasks')).toEqual(['ACEDATACLOUD_API_BASE_URL', 'HTTPS_PROXY', 'Set']);
});

test('all faults and their repair fit into the 500 characters of an error', () => {
  const { faults } = read({
    ACEDATACLOUD_API_BASE_URL: 'https://x?y',
    KLING_MAX_WAIT: 'x',
    KLING_REQUEST_TIMEOUT: 'x',
    HTTPS_PROXY: 'not a url',
  });
  expect(faults).toHaveLength(6);
  expect(`[configuration] ${faults.join(' ')}`.length).toBeLessThanOrEqual(500);
});
