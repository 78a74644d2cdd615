import { describe, expect, test } from 'vitest';
import { readConfig } from '../support/config.js';

const WITH_TOKEN = { ACEDATACLOUD_API_TOKEN: 'tok-4f9c1e7ab2d84f0c' };
const P = 'http://proxy.example:8080';
const Q = 'http://other.example:3128';
const BASE = 'ACEDATACLOUD_API_BASE_URL';

/** The proxy that lookups take with this environment, in which nothing is wrong. */
function proxyOf(env: Record<string, string>): string | undefined {
  const { connection, faults } = readConfig({ ...WITH_TOKEN, ...env });
  expect(faults).toEqual([]);
  return connection?.proxy;
}

describe('which proxy', () => {
  test('none without a variable', () => expect(proxyOf({ NO_PROXY: '*' })).toBeUndefined());
  test('HTTPS_PROXY counts', () => expect(proxyOf({ HTTPS_PROXY: P })).toBe(P));
  test('HTTP_PROXY stands in for it', () => {
    expect(proxyOf({ HTTP_PROXY: P })).toBe(P);
    expect(proxyOf({ HTTP_PROXY: Q, HTTPS_PROXY: P })).toBe(P);
  });
  test('ALL_PROXY stands in for both', () => {
    expect(proxyOf({ ALL_PROXY: P })).toBe(P);
    expect(proxyOf({ all_proxy: P })).toBe(P);
    expect(proxyOf({ ALL_PROXY: 'socks5://other.example', HTTP_PROXY: P })).toBe(P);
  });
  test('lower case goes first', () => expect(proxyOf({ HTTPS_PROXY: Q, https_proxy: P })).toBe(P));
  test.each(['', '  '])('a blank lower-case one (%j) does not hide the upper-case one', (blank) => {
    expect(proxyOf({ https_proxy: blank, HTTPS_PROXY: P })).toBe(P);
    expect(proxyOf({ HTTPS_PROXY: blank, HTTP_PROXY: P })).toBe(P);
    expect(proxyOf({ HTTPS_PROXY: P, no_proxy: blank, NO_PROXY: 'api.acedata.cloud' })).toBeUndefined();
  });
  test.each([
    ['proxy.example:8080', 'http://proxy.example:8080'],
    ['localhost:3128', 'http://localhost:3128'],
    ['user:pass@proxy.example:8080', 'http://user:pass@proxy.example:8080'],
    [' 10.0.0.1:3128 ', 'http://10.0.0.1:3128'],
  ])('%j without a scheme means http', (raw, url) => expect(proxyOf({ HTTPS_PROXY: raw })).toBe(url));
  test('an address of this machine needs none', () => {
    expect(proxyOf({ HTTPS_PROXY: P, [BASE]: 'http://127.0.0.1:1' })).toBeUndefined();
    expect(proxyOf({ HTTPS_PROXY: P, [BASE]: 'https://localhost:1' })).toBeUndefined();
  });
  test('a proxy in .env is ignored', () => {
    const dotenv = `ACEDATACLOUD_API_TOKEN=tok\nHTTPS_PROXY=${P}`;
    expect(readConfig({}, dotenv).connection?.proxy).toBeUndefined();
  });
});

describe('NO_PROXY', () => {
  const throughProxy = (noProxy: string, baseUrl = 'https://api.kling.example') =>
    proxyOf({ HTTPS_PROXY: P, NO_PROXY: noProxy, [BASE]: baseUrl }) !== undefined;

  test.each([
    '*',
    'api.kling.example',
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
  const faultOf = (env: Record<string, string>) => {
    const { connection, faults } = readConfig({ ...WITH_TOKEN, ...env });
    expect(connection).toBeUndefined();
    expect(faults[1]).toMatch(/"env".*restart/);
    return faults[0];
  };

  test.each(['not a url', 'https://', 'http://user:secret@:x', 'http://user:secret%zz@proxy.example'])(
    '%j is refused by name, and not repeated',
    (raw) => {
      expect(faultOf({ HTTPS_PROXY: raw })).toBe('HTTPS_PROXY must be a URL such as http://proxy.example:8080.');
    },
  );
  test.each(['socks5', 'socks4', 'socks', 'socks5h', 'ftp'])('a %s proxy is refused by its kind', (scheme) => {
    expect(faultOf({ ALL_PROXY: `${scheme}://user:secret@other.example:1080` })).toBe(
      `ALL_PROXY is a ${scheme} proxy, but only http and https ones work.`,
    );
  });
  test('one with quotes copied along is not taken for a scheme', () => {
    expect(faultOf({ HTTPS_PROXY: '"http://p:1"' })).toBe(
      'HTTPS_PROXY must be a URL such as http://proxy.example:8080.',
    );
  });
  test('the variable is named as it is spelled', () => {
    expect(faultOf({ https_proxy: 'not a url', HTTPS_PROXY: P })).toMatch(/^https_proxy must be/);
  });
  test('is not a fault if it is not used: for this machine, because of NO_PROXY, or behind another variable', () => {
    expect(proxyOf({ HTTPS_PROXY: 'not a url', [BASE]: 'http://127.0.0.1:1' })).toBeUndefined();
    expect(proxyOf({ HTTPS_PROXY: 'not a url', NO_PROXY: 'acedata.cloud' })).toBeUndefined();
    expect(proxyOf({ HTTPS_PROXY: P, HTTP_PROXY: 'not a url' })).toBe(P);
  });
});
