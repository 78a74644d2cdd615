import dns from 'node:dns';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, isIP, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientOf, lookUp, meet, stopClock, stopTimers } from '../../support/api-client.js';
import { BAD_RESPONSE_HINT, CONNECTION_HINT, RETRY_HINT } from '../../support/error-texts.js';
import { FakeApi, reply } from '../../support/fake-api.js';
import * as faults from '../../support/faults.js';
import { completedRecord } from '../../support/records.js';
import { SlowServer } from '../../support/slow-server.js';
import { createTlsServer, STRANGER_PEM } from '../../support/tls.js';

const FOUND = { records: [{ id: 'a' }], text: '' };

let fakeApi: FakeApi;

beforeEach(async () => {
  fakeApi = await FakeApi.start([completedRecord('a')]);
  stopClock();
});

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await fakeApi.close();
});

describe('a connection that breaks', () => {
  test.each([
    ['before the body', faults.resetBeforeBody],
    ['in the middle of the body, by a reset', faults.resetInBody],
    ['in the middle of the body, by its end', faults.endInBody],
  ])('%s: network_error after three attempts, the second at once', async (_name, fault) => {
    const { text, pausesMs } = await meet(fakeApi, fault);
    expect(text).toBe(`[network_error] No answer from HOST: the connection was reset. ${RETRY_HINT}`);
    expect(pausesMs).toEqual([0, expect.closeTo(2000, -3)]);
  });

  test('leaves another request in flight alone', async () => {
    const release = fakeApi.hold();
    const client = clientOf(fakeApi);
    const held = lookUp(client);
    await fakeApi.received(1);
    fakeApi.always = faults.resetBeforeBody;
    expect((await lookUp(client, ['b'])).error?.code).toBe('network_error');
    release();
    expect(await held).toMatchObject(FOUND);
  });
});

test.each([
  ['nothing', faults.hang],
  ['headers but no body', faults.headersOnly],
  ['one byte at a time for ever', faults.drip],
])('an answer of %s: timeout when the time for the lookup is over', async (_name, fault) => {
  stopTimers();
  fakeApi.always = fault;
  const outcome = lookUp(clientOf(fakeApi, { requestTimeoutMs: 9000 }));
  await fakeApi.received(1);
  vi.advanceTimersByTime(9000);
  expect((await outcome).text).toMatch(/^\[timeout\] No answer from HOST within 9\.0 s\. Try again;/);
  expect(fakeApi.requests).toHaveLength(1);
});

describe('an answer that breaks the rules of HTTP', () => {
  test.each([
    ['another protocol', faults.raw('SSH-2.0-OpenSSH_9.9\r\n')],
    ['a chunk without a size', faults.raw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n')],
  ])('%s: bad_response, no second attempt', async (_name, fault) => {
    const { text, pausesMs } = await meet(fakeApi, fault);
    expect(text).toBe(`[bad_response] The API answered with something that is not HTTP. ${BAD_RESPONSE_HINT}`);
    expect(pausesMs).toEqual([]);
  });

  test.each([
    ['headers for ever', faults.rawForEver('HTTP/1.1 200 OK\r\n', `x-filler: ${'x'.repeat(1000)}\r\n`)],
    [
      'a switch of protocols',
      faults.raw('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    ],
  ])('%s: network_error after three attempts', async (_name, fault) => {
    const { text, pausesMs } = await meet(fakeApi, fault);
    expect(text).toMatch(/^\[network_error\] No answer from HOST: .*\. Try again in a minute\.$/);
    expect(pausesMs).toHaveLength(2);
  });
});

describe('no connection', () => {
  test('refused: names the host, and a server that comes back is found', async () => {
    const client = clientOf(fakeApi);
    await lookUp(client);
    await fakeApi.close();
    const { text } = await lookUp(client);
    expect(text).toBe(`[network_error] No answer from HOST: connection refused. ${CONNECTION_HINT}`);
    fakeApi = await FakeApi.start([completedRecord('a')], createServer(), fakeApi.port);
    expect(await lookUp(client)).toMatchObject(FOUND);
  });

  test('no such host: says so, and names it', async () => {
    const { text } = await lookUp(clientOf({ url: 'https://kling.invalid' }));
    const what = 'No answer from kling.invalid: the host name cannot be resolved (DNS).';
    expect(text).toBe(`[network_error] ${what} ${CONNECTION_HINT}`);
  });

  test.runIf(process.platform === 'linux')(
    'a host with a dead address beside one that accepts after half a second: reached at the first attempt',
    async () => {
      const server = await SlowServer.start();
      const addresses = ['127.0.0.1', '100::1'].map((address) => ({ address, family: isIP(address) }));
      type Callback = (error: null, addresses: object[]) => void;
      const lookup = (_host: string, _options: object, callback: Callback) =>
        process.nextTick(callback, null, addresses);
      vi.spyOn(dns, 'lookup').mockImplementation(lookup as unknown as typeof dns.lookup);
      const attempts: string[] = [];
      const client = clientOf({ url: `http://kling.test:${server.port}` }, {}, (line) => attempts.push(line));
      const found = lookUp(client);
      setTimeout(() => server.accept(), 500);
      expect((await found).text).toBe('');
      expect(attempts).toEqual([expect.stringContaining('HTTP 200')]);
      await server.close();
    },
  );
});

describe('TLS', () => {
  /** The address of a server, once it listens. */
  async function urlOf(server: Server): Promise<string> {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  test.each([
    [
      'a certificate that nobody trusts',
      createTlsServer(STRANGER_PEM),
      'DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_VERIFY\\w*',
    ],
    ['plain HTTP on an https port', createServer(), '\\w+'],
  ])('%s: network_error names the reason, and the variable for a private authority', async (_name, server, code) => {
    const { text } = await lookUp(clientOf({ url: await urlOf(server) }));
    const what = `No answer from HOST: the TLS handshake failed \\((?:${code})\\)`;
    expect(text).toMatch(new RegExp(`^\\[network_error\\] ${what}\\. Check ACEDATA.*NODE_EXTRA_CA_CERTS`));
    server.close();
  });

  test.each(['its time', 'its caller'])('a handshake that is never answered ends with %s', async (by) => {
    stopTimers();
    const silent = createTcpServer((socket) => socket.resume());
    const url = await urlOf(silent);
    const connection = once(silent, 'connection');
    const controller = new AbortController();
    const lookup = clientOf({ url }).lookup(['a'], performance.now() + 9000, controller.signal);
    await connection;
    if (by === 'its time') vi.advanceTimersByTime(9000);
    else controller.abort(new Error('nobody waits'));
    await expect(lookup).rejects.toThrow(by === 'its time' ? 'within 9.0 s.' : 'nobody waits');
    silent.close();
  });
});

describe('a kept-alive connection', () => {
  test('serves one lookup after the other', async () => {
    let connections = 0;
    fakeApi.server.on('connection', () => connections++);
    const client = clientOf(fakeApi);
    for (let lookup = 0; lookup < 5; lookup++) {
      await lookUp(client);
      await new Promise(setImmediate);
    }
    expect(connections).toBe(1);
  });

  test('that the server closes right after each answer: 200 lookups in a row succeed', async () => {
    fakeApi.always = (request, response, message) => {
      response.on('finish', () => setTimeout(() => message.socket.end(), fakeApi.requests.length % 3));
      reply(200, { id: 'a' }, { 'keep-alive': 'timeout=60' })(request, response, message);
    };
    const client = clientOf(fakeApi);
    for (let lookup = 0; lookup < 200; lookup++) expect(await lookUp(client)).toMatchObject(FOUND);
  });
});
