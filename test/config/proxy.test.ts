import { describe, expect, test } from 'vitest';
import { readConfig } from '../support/config.js';

const WITH_TOKEN = { ACEDATACLOUD_API_TOKEN: 'tok-4f9c1e7ab2d84f0c' };
const P = 'http://proxy.example:8080';
const Q = 'http://other.example:3128';
const BASE = 'ACEDATACLOUD_API_BASE_URL';

/** The proxy that lookups take with this environment, in which nothing is wrong, and what `--check` says of it. */
function proxyOf(env: Record<string, string>): [proxy: string | undefined, summary: string] {
  const { connection, faults, summary } = readConfig({ ...WITH_TOKEN, ...env });
  expect(faults).toEqual([]);
  return [connection?.proxy, summary.proxy];
}

const LOCAL = 'none, as the API is on this machine';
test.each<[string, Record<string, string>, string | undefined, string?]>([
  ['none without a variable', { NO_PROXY: '*' }, undefined, 'none'],
  ['HTTPS_PROXY', { HTTPS_PROXY: P }, P, `${P} (HTTPS_PROXY)`],
  ['HTTP_PROXY in its stead', { HTTP_PROXY: P }, P, `${P} (HTTP_PROXY)`],
  ['HTTPS_PROXY before HTTP_PROXY', { HTTP_PROXY: Q, HTTPS_PROXY: P }, P],
  ['ALL_PROXY in the stead of both', { ALL_PROXY: P }, P],
  ['both before ALL_PROXY', { ALL_PROXY: 'socks5://other.example', HTTP_PROXY: P }, P],
  ['lower case first', { HTTPS_PROXY: Q, https_proxy: P }, P, `${P} (https_proxy)`],
  ['not a blank one', { https_proxy: ' ', HTTPS_PROXY: '', HTTP_PROXY: P }, P],
  ['http without a scheme', { HTTPS_PROXY: ' proxy.example:8080 ' }, P],
  ['a host without a dot', { HTTPS_PROXY: 'localhost:3128' }, 'http://localhost:3128'],
  [
    'a login, which is not told',
    { HTTP_PROXY: 'me:x@proxy.example:8080' },
    P.replace('//', '//me:x@'),
    `${P} (HTTP_PROXY)`,
  ],
  ['none to this machine', { HTTPS_PROXY: P, [BASE]: 'http://127.0.0.1:1' }, undefined, LOCAL],
  ['none to localhost', { HTTPS_PROXY: 'not a url', [BASE]: 'https://localhost:1' }, undefined, LOCAL],
  ['none past a blank no_proxy', { HTTPS_PROXY: 'not a url', no_proxy: ' ', NO_PROXY: '*' }, undefined],
  ['no malformed one behind another', { HTTPS_PROXY: P, HTTP_PROXY: 'not a url' }, P],
])('which proxy: %s', (_name, env, proxy, summary) => {
  const [found, told] = proxyOf(env);
  expect(found).toBe(proxy);
  if (summary) expect(told).toBe(summary);
});

describe('NO_PROXY', () => {
  const throughProxy = (noProxy: string, baseUrl = 'https://api.kling.example') =>
    proxyOf({ HTTPS_PROXY: P, NO_PROXY: noProxy, [BASE]: baseUrl })[0] !== undefined;

  test.each([
    '*',
    'API.Kling.Example',
    'kling.example',
    '.kling.example',
    '*.kling.example',
    'a.example, kling.example',
    'a.example kling.example',
    'kling.example:443',
    'a.example,*',
  ])('%j names the host', (noProxy) => expect(throughProxy(noProxy)).toBe(false));
  test.each(['a.example', 'ling.example', 'api.kling.example.org', 'kling.example:8443', ',', 'example.kling'])(
    '%j does not',
    (noProxy) => expect(throughProxy(noProxy)).toBe(true),
  );
  test('a port is compared with that of the base URL', () => {
    expect(throughProxy('kling.example:8443', 'https://kling.example:8443/v1')).toBe(false);
    expect(throughProxy('kling.example:443', 'https://kling.example:8443/v1')).toBe(true);
    expect(throughProxy('[2001:db8::1]', 'https://[2001:db8::1]:8443')).toBe(false);
  });
});

describe('a malformed proxy', () => {
  const NO_URL = 'must be a URL such as http://proxy.example:8080.';
  test.each([
    ['HTTPS_PROXY', 'not a url', NO_URL],
    ['https_proxy', 'https://', NO_URL],
    ['HTTP_PROXY', 'http://user:secret@:x', NO_URL],
    ['HTTPS_PROXY', 'http://user:secret%zz@proxy.example', NO_URL],
    ['HTTPS_PROXY', '"http://p:1"', NO_URL],
    ['ALL_PROXY', 'socks5://user:secret@other.example:1080', 'is a socks5 proxy, but only http and https ones work.'],
    ['all_proxy', 'ftp://other.example', 'is a ftp proxy, but only http and https ones work.'],
  ])('%s=%j is a fault that names the variable, and does not repeat the value', (name, value, flaw) => {
    const { connection, faults, summary } = readConfig({ ...WITH_TOKEN, [name]: value });
    expect(connection).toBeUndefined();
    expect(faults).toEqual([`${name} ${flaw}`]);
    expect(summary.proxy).toBe(`unusable (${name})`);
  });

  test('is a fault beside a refused base URL, too, but only where it would be used', () => {
    const namesOf = (baseUrl: string) =>
      readConfig({ ...WITH_TOKEN, HTTPS_PROXY: 'not a url', [BASE]: baseUrl }).faults.map(
        (fault) => fault.split(' ')[0],
      );
    expect(namesOf('http://localhost:8080/kling/tasks')).toEqual([BASE]);
    expect(namesOf('https://kling.example/kling/tasks')).toEqual([BASE, 'HTTPS_PROXY']);
  });
});
