import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeApi } from '../support/fake-api.js';
import { errorOf, INVALID_REQUEST, PARSE_ERROR, request, toolErrorOf } from '../support/protocol.js';
import { ServerProcess } from '../support/server-process.js';

const MIB = 1024 * 1024;
const PING = JSON.stringify(request(1, 'ping'));
const PONG = { jsonrpc: '2.0', id: 1, result: {} };

let fakeApi: FakeApi;
let server: ServerProcess;

beforeEach(async () => {
  fakeApi = await FakeApi.start();
  server = new ServerProcess({ fakeApi });
});

afterEach(async () => {
  expect(await server.close()).toEqual({ code: 0, signal: null });
  expect(server.stderr).not.toMatch(/^\s+at /m);
  await fakeApi.close();
});

describe('Hostile input on stdin', () => {
  test('not JSON: a parse error without an id, and the next line counts', async () => {
    for (const line of ['hello\n', `${PING.replace('}', ',}')}\n`, '\u0000\u0001\n', "{'a':1}\n", 'NaN\n']) {
      expect(await errorOf(server, line), line).toEqual({ code: PARSE_ERROR });
    }
  });

  test('half a message: a parse error, and the next line counts', async () => {
    expect(await errorOf(server, `${PING.slice(0, 20)}\n`)).toEqual({ code: PARSE_ERROR });
  });

  test('half a message: a parse error also where EOF cuts it', async () => {
    server.write(PING.slice(0, 20));
    await server.close();
    expect(server.messages).toMatchObject([{ error: { code: PARSE_ERROR } }]);
  });

  test('a last line without a newline: answered before the end', async () => {
    server.write(PING);
    await server.close();
    expect(server.messages).toEqual([PONG]);
  });

  test('blank lines: skipped in silence', async () => {
    expect(await server.replies('\n\r\n  \n\t\n')).toEqual([]);
  });

  test('BOM: stripped from the first message', async () => {
    expect(await server.replies(`\ufeff${PING}\n`)).toEqual([PONG]);
  });

  test('CRLF: taken as a line end', async () => {
    expect(await server.replies(`${PING}\r\n\r\n`)).toEqual([PONG]);
  });

  test('megabytes in one line: taken up to 10 MiB, and not echoed', async () => {
    const text = await toolErrorOf(server, 'kling_get_task', { task_id: 'x'.repeat(9 * MIB) });
    expect(text).toMatch(/^\[invalid_arguments\] task_id /);
    expect(text.length).toBeLessThanOrEqual(500);
  });

  test('megabytes in one line: beyond 10 MiB it is skipped and refused once, and the next line counts', async () => {
    const line = `${JSON.stringify(request(1, 'ping', { padding: 'x'.repeat(25 * MIB) }))}\n`;
    expect(await errorOf(server, line)).toEqual({ code: INVALID_REQUEST });
    expect(await server.replies(`${PING}\n`)).toEqual([PONG]);
  });

  test('megabytes in one line: a skipped one costs no memory', async () => {
    await server.replies();
    const before = await server.residentBytes();
    const chunk = Buffer.alloc(MIB, 'x');
    for (let sent = 0; sent < 200; sent++) await new Promise((resolve) => server.child.stdin.write(chunk, resolve));
    expect(await errorOf(server, '\n')).toEqual({ code: INVALID_REQUEST });
    expect((await server.residentBytes()) - before).toBeLessThan(100 * MIB);
  });

  test('deep nesting: answered like any other message', async () => {
    const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const line = `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":${deep(1_000_000)}}}\n`;
    const [reply] = await server.replies(line);
    expect(reply).toBeDefined();
    expect(await server.replies(`${PING}\n`)).toEqual([PONG]);
  });

  test('invalid UTF-8: outside a string a parse error, within one it is replaced', async () => {
    expect(await errorOf(server, Buffer.from([0xff, 0xfe, 0xc3, 0x0a]))).toEqual({ code: PARSE_ERROR });
    const [before, after] = PING.split('1,');
    const line = Buffer.concat([
      Buffer.from(`${before}"a`),
      Buffer.from([0xc3, 0x28, 0xff]),
      Buffer.from(`",${after}\n`),
    ]);
    expect(await server.replies(line)).toEqual([{ ...PONG, id: 'a\ufffd(\ufffd' }]);
  });

  test('a byte at a time: reassembled, even within a character', async () => {
    for (const byte of Buffer.from(`${JSON.stringify(request('é😀', 'ping'))}\n`)) {
      await new Promise((resolve) => server.child.stdin.write(Buffer.of(byte), resolve));
    }
    expect(await server.answer('é😀')).toEqual({ ...PONG, id: 'é😀' });
  });

  test('batch arrays: taken apart, each message answered on a line of its own', async () => {
    const batch = [request(1, 'ping'), { jsonrpc: '2.0', method: 'notifications/x' }, request(2, 'no-such-method'), 7];
    const replies = await server.replies(batch);
    expect(replies).toHaveLength(3);
    expect(replies).toContainEqual(PONG);
    expect(replies).toContainEqual(expect.objectContaining({ id: 2, error: expect.anything() }));
    expect(replies).toContainEqual({ jsonrpc: '2.0', error: { code: INVALID_REQUEST, message: expect.any(String) } });
  });

  test('batch arrays: an empty or an endless one is refused as a whole, without an id', async () => {
    const endless = Array.from({ length: 1001 }, (_, id) => request(id, 'ping'));
    for (const batch of [[], endless]) expect(await errorOf(server, batch)).toEqual({ code: INVALID_REQUEST });
  });

  test('JSON that is no message: refused without an id', async () => {
    for (const line of ['null\n', 'true\n', '7\n', '"text"\n', '{}\n']) {
      expect(await errorOf(server, line), line).toEqual({ code: INVALID_REQUEST });
    }
  });
});
