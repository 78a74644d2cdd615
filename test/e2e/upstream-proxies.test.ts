import { once } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { FakeApi, TOKEN } from '../support/fake-api.js';
import { encounter, expectUsable } from '../support/faults.js';
import { FakeProxy, refuseTunnel, type TunnelHandler, tunnelTo } from '../support/proxy.js';
import { completedRecord } from '../support/records.js';
import { Session } from '../support/server-process.js';
import { createTlsServer, TLS_HOST, TRUSTED_PEM } from '../support/tls.js';

// Most of the time of these tests is pauses between attempts.
vi.setConfig({ maxConcurrency: 5 });

/** How much longer than its limit a call may take on a busy machine. */
const SLACK_MS = 4000;
const PASSWORD = 'proxy-password-58b1';

const ENV = {
  ACEDATACLOUD_API_TOKEN: TOKEN,
  ACEDATACLOUD_API_BASE_URL: `https://${TLS_HOST}`,
  NODE_EXTRA_CA_CERTS: TRUSTED_PEM,
  KLING_REQUEST_TIMEOUT: '8',
};

interface Setup {
  session: Session;
  fakeApi: FakeApi;
  proxy: FakeProxy;
}

/** A session whose API has a name that only the proxy can resolve. */
async function throughProxy(
  { handler, env }: { handler?: TunnelHandler; env?: Record<string, string> },
  run: (setup: Setup) => Promise<void>,
): Promise<void> {
  const fakeApi = await FakeApi.start([completedRecord('good')], createTlsServer(TRUSTED_PEM));
  const proxy = await FakeProxy.start(handler ?? tunnelTo(fakeApi.port));
  const session = await Session.start({
    env: { ...ENV, HTTPS_PROXY: proxy.url.replace('//', `//user:${PASSWORD}@`), ...env },
    secrets: [PASSWORD, Buffer.from(`user:${PASSWORD}`).toString('base64')],
  });
  try {
    await run({ session, fakeApi, proxy });
  } finally {
    await session.close();
    await proxy.close();
    await fakeApi.close();
  }
}

describe.concurrent('Upstream faults', () => {
  test('proxy that works: a tunnel to the API by its name, kept open, and the proxy never sees the token', async () => {
    await throughProxy({}, async ({ session, fakeApi, proxy }) => {
      await expectUsable(session);
      await expectUsable(session);
      expect(fakeApi.requests).toHaveLength(2);
      expect(fakeApi.requests[0]?.headers).toMatchObject({ authorization: `Bearer ${TOKEN}`, host: TLS_HOST });
      expect(proxy.tunnels).toHaveLength(1);
      expect(proxy.tunnels[0]?.target).toBe(`${TLS_HOST}:443`);
      expect(proxy.tunnels[0]?.headers['proxy-authorization']).toMatch(/^Basic /);
      expect(JSON.stringify(proxy.tunnels)).not.toContain(TOKEN);
    });
  });

  test.each([
    [407, 'Proxy Authentication Required'],
    [502, 'Bad Gateway'],
  ])(
    'proxy that refuses with %i: network_error after three attempts, and usable once it relents',
    async (...refusal) => {
      await throughProxy({ handler: refuseTunnel(...refusal) }, async ({ session, fakeApi, proxy }) => {
        const { text, isError, ms } = await encounter(session, fakeApi);
        expect(text).toBe(
          `[network_error] The lookup failed, which says nothing about the task: No answer from ${TLS_HOST} (a proxy is configured): the proxy refused the tunnel. ` +
            'Check HTTPS_PROXY and HTTP_PROXY.',
        );
        expect(isError).toBe(true);
        expect(ms).toBeLessThan(8000 + SLACK_MS);
        expect(proxy.tunnels).toHaveLength(3);
        proxy.handler = tunnelTo(fakeApi.port);
        await expectUsable(session);
      });
    },
  );

  test('proxy that resets on CONNECT: network_error after three attempts, and usable once it works', async () => {
    await throughProxy({ handler: (socket) => socket.resetAndDestroy() }, async ({ session, fakeApi, proxy }) => {
      const { text, ms } = await encounter(session, fakeApi);
      expect(text).toMatch(
        /^\[network_error\] The lookup failed, .*: No answer from api\.kling\.test \(a proxy is configured\): the conn.* reset\./,
      );
      expect(ms).toBeLessThan(8000 + SLACK_MS);
      expect(proxy.tunnels).toHaveLength(3);
      proxy.handler = tunnelTo(fakeApi.port);
      await expectUsable(session);
    });
  });

  test.each<[string, string]>([
    ['never answers CONNECT', ''],
    ['answers CONNECT and then nothing', 'HTTP/1.1 200 OK\r\n\r\n'],
  ])('proxy that %s: timeout, one connection, closed then, and usable once it works', async (_name, answer) => {
    const closed: Promise<unknown>[] = [];
    const handler: TunnelHandler = (socket) => {
      closed.push(once(socket.resume(), 'close'));
      socket.write(answer);
    };
    await throughProxy({ handler, env: { KLING_REQUEST_TIMEOUT: '2' } }, async ({ session, fakeApi, proxy }) => {
      const { text, ms } = await encounter(session, fakeApi);
      expect(text).toMatch(
        /^\[timeout\] The lookup failed, .*: No answer from api\.kling\.test \(a proxy is configured\) within 2\.\d s\./,
      );
      expect(ms).toBeLessThan(2000 + SLACK_MS);
      expect(proxy.tunnels).toHaveLength(1);
      // Nothing is left that would keep a connection or retry unnoticed.
      await Promise.all(closed);
      proxy.handler = tunnelTo(fakeApi.port);
      await expectUsable(session);
      expect(proxy.tunnels).toHaveLength(2);
    });
  });

  test('proxy that refuses connections: network_error names that a proxy is configured', async () => {
    const gone = await FakeProxy.start(() => {});
    const { url } = gone;
    await gone.close();
    await throughProxy({ env: { HTTPS_PROXY: url } }, async ({ session, fakeApi }) => {
      const { text } = await encounter(session, fakeApi);
      expect(text).toMatch(
        /^\[network_error\] The lookup failed, .*: No answer from api\.kling\.test \(a proxy is configured\): connection refused\. .*the proxy/,
      );
    });
  });

  test('proxy that is not asked: a host in NO_PROXY is reached directly', async () => {
    await throughProxy({ env: { NO_PROXY: TLS_HOST } }, async ({ session, fakeApi, proxy }) => {
      const { text } = await encounter(session, fakeApi);
      expect(text).toMatch(
        /^\[network_error\] The lookup failed, .*: No answer from api\.kling\.test.*: the host name cannot be resolved \(DNS\)\./,
      );
      expect(proxy.tunnels).toEqual([]);
    });
  });

  test.each([
    ['HTTPS_PROXY', {}],
    ['ALL_PROXY', { HTTPS_PROXY: '', https_proxy: ' ' }],
  ])('proxy in %s without a scheme: host:port means http, and blank variables do not hide it', async (name, blank) => {
    const fakeApi = await FakeApi.start([completedRecord('good')], createTlsServer(TRUSTED_PEM));
    const proxy = await FakeProxy.start(tunnelTo(fakeApi.port));
    const session = await Session.start({ env: { ...ENV, ...blank, [name]: new URL(proxy.url).host } });
    await expectUsable(session);
    expect(proxy.tunnels).toHaveLength(1);
    await session.close();
    await proxy.close();
    await fakeApi.close();
  });

  const MALFORMED = [
    ['not a url', 'must be a URL such as http://proxy.example:8080.'],
    [`http://user:${PASSWORD}%zz@127.0.0.1:1`, 'must be a URL such as http://proxy.example:8080.'],
    [`socks5://user:${PASSWORD}@127.0.0.1:1`, 'is a socks5 proxy, but only http and https ones work.'],
  ];
  test.each(MALFORMED)(
    'malformed HTTPS_PROXY %j: configuration, the variable named and its value not shown',
    async (value, fault) => {
      await throughProxy({ env: { HTTPS_PROXY: value } }, async ({ session, fakeApi }) => {
        const { text, isError } = await encounter(session, fakeApi);
        expect(text).toContain(`[configuration] HTTPS_PROXY ${fault} Set this under "env" `);
        expect(isError).toBe(true);
        expect((await session.client.listTools()).tools).toHaveLength(2);
      });
    },
  );

  test('malformed HTTPS_PROXY that is not used: lookups on this machine work', async () => {
    const fakeApi = await FakeApi.start([completedRecord('good')]);
    const session = await Session.start({ fakeApi, env: { HTTPS_PROXY: 'not a url' } });
    await expectUsable(session);
    await session.close();
    await fakeApi.close();
  });
});
