import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import {
  CONNECTION_HINT,
  lookupError,
  lookupErrorLike,
  RETRY_HINT,
  TIMEOUT_HINT,
  URL_HINT,
} from '../support/error-texts.js';
import { FakeApi, type Handler, reply, TOKEN } from '../support/fake-api.js';
import {
  drip,
  encounter,
  endInBody,
  expectUsable,
  hang,
  headersOnly,
  meetInProcess,
  raw,
  rawForEver,
  resetBeforeBody,
  resetInBody,
} from '../support/faults.js';
import { inProcess } from '../support/in-process.js';
import { completedRecord } from '../support/records.js';
import { Session } from '../support/server-process.js';
import { createTlsServer, STRANGER_PEM, TRUSTED_PEM } from '../support/tls.js';

// Most of the time of these tests is pauses between attempts.
vi.setConfig({ maxConcurrency: 8 });

/** How much longer than its limit a call may take on a busy machine. */
const SLACK_MS = 4000;

const RESET = lookupError('network_error', `No answer from HOST: the connection was reset. ${RETRY_HINT}`);
const TIMEOUT = lookupErrorLike('timeout', `No answer from HOST within 2\\.\\d s\\. ${TIMEOUT_HINT}$`);

describe.concurrent('Upstream faults', () => {
  test.each([
    ['reset before the body', resetBeforeBody],
    ['reset in the middle of the body', resetInBody],
    ['connection closed in the middle of the body', endInBody],
  ])('%s: network_error after three attempts, the second at once', { retry: 2 }, async (_name, fault) => {
    const { isError, text, ms, requestsAtMs } = await meetInProcess(fault, 8);
    expect(text).toBe(RESET);
    expect(isError).toBe(true);
    expect(ms).toBeLessThan(8000 + SLACK_MS);
    const [first = 0, second = 0, third = 0, ...more] = requestsAtMs;
    expect(more).toEqual([]);
    expect(second - first).toBeLessThan(1000);
    expect(third - second).toBeGreaterThan(1400);
  });

  test.each([
    ['no answer', hang],
    ['headers but no body', headersOnly],
    ['one byte at a time for ever', drip],
    ['early hints for ever', rawForEver('', 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n')],
    ['a body shorter than announced', raw('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"id"')],
  ])('%s: timeout when the time for the lookup is over', async (_name, fault) => {
    const { isError, text, ms, requestsAtMs } = await meetInProcess(fault, 2);
    expect(text).toMatch(TIMEOUT);
    expect(isError).toBe(true);
    expect(ms).toBeLessThan(2000 + SLACK_MS);
    expect(requestsAtMs).toHaveLength(1);
  });

  test.each([
    ['an answer that is no HTTP', raw('SSH-2.0-OpenSSH_9.9\r\n')],
    ['a chunk without a size', raw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n')],
  ])('%s: bad_response, no second attempt', async (_name, fault) => {
    const { text, requestsAtMs } = await meetInProcess(fault, 8);
    expect(text).toMatch(
      lookupErrorLike('bad_response', `The API answered with something that is not HTTP\\. ${URL_HINT}`),
    );
    expect(requestsAtMs).toHaveLength(1);
  });

  test.each([
    ['headers for ever', rawForEver('HTTP/1.1 200 OK\r\n', `x-filler: ${'x'.repeat(1000)}\r\n`)],
    [
      'a switch of protocols',
      raw('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n'),
    ],
  ])('%s: network_error after three attempts', async (_name, fault) => {
    const { text, ms, requestsAtMs } = await meetInProcess(fault, 12);
    expect(text).toMatch(lookupErrorLike('network_error', /No answer from HOST: .*\. Try again in a minute\.$/));
    expect(ms).toBeLessThan(12_000 + SLACK_MS);
    expect(requestsAtMs).toHaveLength(3);
  });

  test('no answer to the first attempt: given up after 10 s, and the second attempt succeeds', async () => {
    const fakeApi = await FakeApi.start([completedRecord('good')]);
    const session = await Session.start({ fakeApi, env: { KLING_REQUEST_TIMEOUT: '25' } });
    fakeApi.faults.push(hang);
    const { structured, requestsAtMs } = await encounter(session, fakeApi, 'good');
    expect(structured).toMatchObject({ status: 'completed' });
    expect(requestsAtMs).toHaveLength(2);
    // At once: it has waited long enough.
    expect(requestsAtMs[1]).toBeGreaterThan(9900);
    expect(requestsAtMs[1]).toBeLessThan(10_000 + SLACK_MS);
    await session.close();
    await fakeApi.close();
  });

  /** Answers after the given time. */
  const answerAfter =
    (delayMs: number): Handler =>
    (...args) => {
      setTimeout(() => reply(200, completedRecord('faulty'))(...args), delayMs);
    };

  test('an API that answers after 12 s, and KLING_REQUEST_TIMEOUT=120: the first attempt succeeds', async () => {
    const options = { always: answerAfter(12_000), requestTimeoutSeconds: 120 };
    const { structured, requestsAtMs } = await inProcess(options, (tools) => encounter(tools, tools.fakeApi));
    expect(structured).toMatchObject({ status: 'completed' });
    expect(requestsAtMs).toHaveLength(1);
  });

  test('an API that answers after 12 s: the second attempt has all the time that is left, and succeeds', async () => {
    const options = { always: answerAfter(12_000), requestTimeoutSeconds: 30 };
    const { structured, requestsAtMs, ms } = await inProcess(options, (tools) => encounter(tools, tools.fakeApi));
    expect(structured).toMatchObject({ status: 'completed' });
    expect(requestsAtMs).toHaveLength(2);
    expect(ms).toBeGreaterThan(21_900);
  });

  test('a body that takes longer than 10 s after its headers: the attempt has all the time that is left', async () => {
    const always: Handler = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      setTimeout(() => response.end(JSON.stringify(completedRecord('faulty'))), 12_000);
    };
    const { structured, requestsAtMs } = await inProcess({ always }, (tools) => encounter(tools, tools.fakeApi));
    expect(structured).toMatchObject({ status: 'completed' });
    expect(requestsAtMs).toHaveLength(1);
  });

  test('refused: network_error names the host, and a server that comes back is found', async () => {
    const fakeApi = await FakeApi.start([completedRecord('good')]);
    const { port } = fakeApi;
    const session = await Session.start({ fakeApi, env: { KLING_REQUEST_TIMEOUT: '8' } });
    await expectUsable(session);
    await fakeApi.close();
    const { isError, text, ms } = await encounter(session, fakeApi);
    expect(text).toBe(lookupError('network_error', `No answer from HOST: connection refused. ${CONNECTION_HINT}`));
    expect(isError).toBe(true);
    expect(ms).toBeLessThan(8000 + SLACK_MS);
    const reborn = await FakeApi.start([completedRecord('good')], createServer(), port);
    await expectUsable(session);
    await session.close();
    await reborn.close();
  });

  test('DNS failure: network_error says so, and names the host', async () => {
    const env = {
      ACEDATACLOUD_API_TOKEN: TOKEN,
      ACEDATACLOUD_API_BASE_URL: 'https://kling.invalid',
      KLING_REQUEST_TIMEOUT: '20',
    };
    const session = await Session.start({ env });
    const { content, isError } = await session.call('kling_get_task', { task_id: 'faulty' });
    const what = 'No answer from kling.invalid: the host name cannot be resolved (DNS).';
    expect(content).toEqual([{ type: 'text', text: lookupError('network_error', `${what} ${CONNECTION_HINT}`) }]);
    expect(isError).toBe(true);
    expect((await session.client.listTools()).tools).toHaveLength(2);
    await session.close();
  });

  /** A session whose API is first the given server and then, on the same port, an https one that it trusts. */
  async function meetOnTlsPort(faulty: Server): Promise<string> {
    const first = await FakeApi.start([], faulty);
    const { port } = first;
    const env = {
      ACEDATACLOUD_API_TOKEN: TOKEN,
      ACEDATACLOUD_API_BASE_URL: `https://127.0.0.1:${port}`,
      NODE_EXTRA_CA_CERTS: TRUSTED_PEM,
      KLING_REQUEST_TIMEOUT: '8',
    };
    const session = await Session.start({ env });
    const { text } = await encounter(session, first);
    expect(first.requests).toEqual([]);
    await first.close();
    const second = await FakeApi.start([completedRecord('good')], createTlsServer(TRUSTED_PEM), port);
    await expectUsable(session);
    await session.close();
    await second.close();
    return text;
  }

  test('TLS handshake that is never answered: timeout, and the connection is closed then', async () => {
    const closed: Promise<unknown>[] = [];
    const silent = createTcpServer((socket) => closed.push(once(socket.resume(), 'close'))).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const env = {
      ACEDATACLOUD_API_TOKEN: TOKEN,
      ACEDATACLOUD_API_BASE_URL: `https://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      KLING_REQUEST_TIMEOUT: '2',
    };
    const session = await Session.start({ env });
    const { content } = await session.call('kling_get_task', { task_id: 'faulty' });
    expect(content[0]?.text).toMatch(lookupErrorLike('timeout', /No answer from 127\.0\.0\.1:\d+ within 2\.\d s\./));
    expect(closed).toHaveLength(1);
    await Promise.all(closed);
    await session.close();
    silent.close();
  });

  test('TLS failure: network_error names the reason and the variable for a private authority', async () => {
    const text = await meetOnTlsPort(createTlsServer(STRANGER_PEM));
    expect(text).toMatch(
      lookupErrorLike(
        'network_error',
        /No answer from HOST: the TLS handshake failed \((DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_SIGNATURE_FAILURE)\)\. .*NODE_EXTRA_CA_CERTS/,
      ),
    );
  });

  test('plain HTTP on an HTTPS port: network_error says that TLS failed', async () => {
    const text = await meetOnTlsPort(createServer());
    expect(text).toMatch(
      lookupErrorLike('network_error', /No answer from HOST: the TLS handshake failed \(\w+\)\. Check ACEDATA/),
    );
  });
});
