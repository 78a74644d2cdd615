import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { KlingClient } from '../../../src/kling/api/client.js';
import { clientOf, lookUp, stopClock, stopTimers } from '../../support/api-client.js';
import { FakeApi, TOKEN } from '../../support/fake-api.js';
import { FakeProxy, refuseTunnel, type TunnelHandler, tunnelTo } from '../../support/proxy.js';
import { completedRecord } from '../../support/records.js';

/** Only the proxy can resolve it. */
const HOST = 'api.kling.test';
const NO_ANSWER = `No answer from ${HOST} (a proxy is configured)`;

let fakeApi: FakeApi;
let proxy: FakeProxy;

beforeEach(async () => {
  fakeApi = await FakeApi.start([completedRecord('a')]);
  proxy = await FakeProxy.start(tunnelTo(fakeApi.port));
  stopClock();
});

afterEach(async () => {
  vi.useRealTimers();
  await proxy.close();
  await fakeApi.close();
});

const behindProxy = (url = `http://${HOST}`) => clientOf({ url }, { proxy: proxy.url.replace('//', '//user:p%40ss@') });

async function expectUsable(client: KlingClient): Promise<void> {
  proxy.handler = tunnelTo(fakeApi.port);
  expect(await lookUp(client)).toMatchObject({ records: [{ id: 'a' }], text: '' });
}

test('a proxy that works: a tunnel to the API by its name, kept open, and the proxy never sees the token', async () => {
  const client = behindProxy();
  await expectUsable(client);
  await new Promise(setImmediate);
  await expectUsable(client);
  expect(fakeApi.requests).toMatchObject([{ headers: { authorization: `Bearer ${TOKEN}`, host: HOST } }, {}]);
  const login = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
  expect(proxy.tunnels).toMatchObject([{ target: `${HOST}:80`, headers: { 'proxy-authorization': login } }]);
  expect(JSON.stringify(proxy.tunnels)).not.toContain(TOKEN);
});

const REFUSED = 'the proxy refused the tunnel. Check HTTPS_PROXY and HTTP_PROXY.';
test.each<[string, TunnelHandler, string]>([
  ['refuses with 407', refuseTunnel(407, 'Proxy Authentication Required'), REFUSED],
  ['refuses with 502', refuseTunnel(502, 'Bad Gateway'), REFUSED],
  ['resets on CONNECT', (socket) => socket.resetAndDestroy(), 'the connection was reset. Try again in a minute.'],
])('a proxy that %s: network_error after three attempts, and usable once it works', async (_name, handler, what) => {
  proxy.handler = handler;
  const client = behindProxy();
  expect((await lookUp(client)).text).toBe(`[network_error] ${NO_ANSWER}: ${what}`);
  expect(proxy.tunnels).toHaveLength(3);
  await expectUsable(client);
});

test.each<[string, string, string]>([
  ['never answers CONNECT', '', `http://${HOST}`],
  ['answers CONNECT and then nothing', 'HTTP/1.1 200 OK\r\n\r\n', `https://${HOST}`],
])('a proxy that %s: timeout after one tunnel', async (_name, answer, url) => {
  stopTimers();
  const asked = new Promise<Socket>((resolve) => {
    proxy.handler = (socket) => socket.write(answer, () => resolve(socket));
  });
  const client = behindProxy(url);
  const lookup = client.lookup(['a'], performance.now() + 9000, new AbortController().signal);
  const socket = await asked;
  vi.advanceTimersByTime(9000);
  await expect(lookup).rejects.toThrow(`${NO_ANSWER} within 9.0 s.`);
  expect(proxy.tunnels).toHaveLength(1);
  if (answer !== '') return;
  // Nothing is left that would keep the connection or retry unnoticed.
  await new Promise((resolve) => socket.resume().on('close', resolve));
  await expectUsable(client);
});

test('a proxy that is gone: network_error names it', async () => {
  const client = behindProxy();
  await proxy.close();
  expect((await lookUp(client)).text).toMatch(/\(a proxy is configured\): connection refused\. .* and the proxy/);
  proxy = await FakeProxy.start(() => {});
});
