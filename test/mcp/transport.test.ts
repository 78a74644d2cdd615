import { PassThrough, Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ProtocolErrorCode } from '@modelcontextprotocol/client';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { beforeEach, describe, expect, test } from 'vitest';
import { StdioTransport } from '../../src/mcp/transport.js';
import { cancel, request } from '../support/protocol.js';
import type { Json } from '../support/records.js';

/** Keeps each write by itself, and takes no more than one while it is told to block. */
class Writes extends Writable {
  readonly all: string[] = [];
  isBlocked = false;
  #done = () => {};

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.all.push(String(chunk));
    if (this.isBlocked) this.#done = done;
    else done();
  }

  unblock(): void {
    this.isBlocked = false;
    this.#done();
  }

  get messages(): Json[] {
    return this.all
      .join('')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }
}

let stdin: PassThrough;
let stdout: Writes;
let transport: StdioTransport;
let closing: AbortController;
/** What the SDK was given. */
let taken: JSONRPCMessage[];
let isClosed: boolean;

beforeEach(async () => {
  stdin = new PassThrough();
  stdout = new Writes();
  closing = new AbortController();
  taken = [];
  isClosed = false;
  transport = new StdioTransport(stdin, stdout, closing, { warn() {}, debug() {} });
  transport.onmessage = (message) => taken.push(message);
  transport.onclose = () => {
    isClosed = true;
  };
  await transport.start();
});

const lineOf = (message: object) => `${JSON.stringify(message)}\n`;
const ping = (id: unknown) => lineOf(request(id, 'ping'));
/** The ids of the requests that were taken, as the client gave them. */
const takenIds = () => taken.flatMap((message) => ('id' in message ? JSON.parse(String(message.id)) : []));
const respond = (id: unknown, result: Json = {}) => transport.send({ jsonrpc: '2.0', id: JSON.stringify(id), result });
const settle = async () => {
  for (let turn = 0; turn < 5; turn++) await nextTurn();
};

/** The codes of the errors that answer the input, in order; none of them has an id. */
async function codesFor(...input: (string | Buffer)[]): Promise<unknown[]> {
  for (const part of input) stdin.write(part);
  await settle();
  for (const message of stdout.messages) expect(message).not.toHaveProperty('id');
  return stdout.messages.map(({ error }) => (error as Json).code);
}

describe('Lines', () => {
  test('a message may arrive byte by byte, and several in one chunk', async () => {
    const ids = ['é', '镜', '😀"', ''];
    for (const byte of Buffer.from(ping('镜😀'))) {
      stdin.write(Buffer.of(byte));
      await settle();
    }
    stdin.write(ids.map(ping).join(''));
    await settle();
    expect(takenIds()).toEqual(['镜😀', ...ids]);
  });

  test('blank ones are skipped, CRLF ends one, and a BOM is stripped', async () => {
    expect(await codesFor(`\ufeff${ping(1)}`, '\n \r\n\t\n', ping(2).replace('\n', '\r\n'))).toEqual([]);
    expect(takenIds()).toEqual([1, 2]);
  });

  test('one that is not JSON is a parse error, and the next one counts', async () => {
    const bad = ['hello\n', ping(1).replace('}', ',}'), '\u0000\n', "{'a':1}\n", Buffer.from([0xff, 0xc3, 0x0a])];
    expect(await codesFor(...bad, ping(1).slice(0, 20), '\n', ping(1))).toEqual(
      Array(6).fill(ProtocolErrorCode.ParseError),
    );
    expect(takenIds()).toEqual([1]);
  });

  test('one that is nested too deeply is answered like any other', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    expect(await codesFor(`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":${deep}}}\n`)).toHaveLength(1);
  });

  test('one of more than 10 MiB is refused once, and the next one counts', async () => {
    const megabyte = Buffer.alloc(1024 * 1024, 'x');
    for (let sent = 0; sent < 11; sent++) {
      stdin.write(megabyte);
      await settle();
    }
    expect(await codesFor('\n', ping(1))).toEqual([ProtocolErrorCode.InvalidRequest]);
    expect(takenIds()).toEqual([1]);
  });

  test('the last one needs no newline', async () => {
    stdin.end(ping(1).trim());
    await settle();
    expect(takenIds()).toEqual([1]);
  });

  test('a batch is taken apart; an empty one, and what is no message, is refused', async () => {
    const endless = `[${Array(2000).fill(0)}]\n`;
    expect(await codesFor(endless)).toHaveLength(2000);
    stdout.all.length = 0;
    const batch = [request(1, 'ping'), { jsonrpc: '2.0', method: 'notifications/x' }, 7, request(2, 'x')];
    expect(await codesFor(lineOf(batch), '[]\n', 'null\n')).toEqual(Array(3).fill(ProtocolErrorCode.InvalidRequest));
    expect(takenIds()).toEqual([1, 2]);
  });
});

describe('Ids', () => {
  test('every string and whole number is one of its own, and comes back as it was', async () => {
    const ids = [0, -1, '', '0', '1', 1, '__proto__', '\u0000', '\ud800', Number.MAX_SAFE_INTEGER];
    for (const id of ids) stdin.write(ping(id));
    await settle();
    for (const id of ids) await respond(id);
    await settle();
    expect(stdout.messages).toEqual(ids.map((id) => ({ jsonrpc: '2.0', id, result: {} })));
  });

  test('one in use is refused without an id, even in a bad message, and is free once it is answered', async () => {
    expect(await codesFor(ping(1), ping(1), lineOf({ jsonrpc: '1.0', id: 1 }))).toEqual(
      Array(2).fill(ProtocolErrorCode.InvalidRequest),
    );
    expect(takenIds()).toEqual([1]);
    await respond(1);
    stdin.write(ping(1));
    await settle();
    expect(takenIds()).toEqual([1, 1]);
  });
});

describe('A cancellation', () => {
  test.each([0, '', 1, 'a'])('of %j reaches the SDK, which is heard no more, and frees the id', async (id) => {
    stdin.write(ping(id));
    stdin.write(lineOf(cancel(id)));
    await settle();
    const params = { requestId: JSON.stringify(id) };
    expect(taken.at(-1)).toMatchObject({ method: 'notifications/cancelled', params });
    await respond(id);
    const progress = { jsonrpc: '2.0', method: 'notifications/progress', params: {} } as const;
    await transport.send(progress, { relatedRequestId: JSON.stringify(id) });
    await settle();
    expect(stdout.all).toEqual([]);
    stdin.write(ping(id));
    await settle();
    expect(takenIds()).toEqual([id, id]);
  });

  test('of what is not in flight, or of nothing, touches no other request', async () => {
    stdin.write(ping(1));
    for (const id of [0, '', 'nobody', '__proto__', null, undefined, {}, [], 1.5, true]) {
      stdin.write(lineOf(cancel(id)));
    }
    stdin.write(lineOf({ jsonrpc: '2.0', method: 'notifications/cancelled' }));
    await settle();
    void respond(1);
    await settle();
    expect(stdout.all).toHaveLength(1);
  });
});

test('what is sent piles up only to a few megabytes: then no more messages are taken until the client reads', async () => {
  stdout.isBlocked = true;
  transport.onmessage = (message) => {
    taken.push(message);
    if ('id' in message) void respond(JSON.parse(String(message.id)), { text: 'x'.repeat(100_000) });
  };
  for (let id = 0; id < 200; id++) stdin.write(ping(id));
  await settle();
  expect(taken.length).toBeLessThan(50);
  stdout.unblock();
  while (taken.length < 200) await nextTurn();
  await settle();
  expect(stdout.messages.map(({ id }) => id)).toEqual(Array.from({ length: 200 }, (_, id) => id));
});

test('While 5000 requests wait for their answers, no more messages are taken', async () => {
  for (let id = 0; id <= 5000; id++) stdin.write(ping(id));
  await settle();
  expect(takenIds()).toHaveLength(5000);
  await respond(7);
  await settle();
  expect(takenIds()).toHaveLength(5001);
});

describe('The end', () => {
  test('of stdin closes once everything is answered and has been written', async () => {
    stdin.end(ping(1));
    await settle();
    expect(closing.signal.aborted).toBe(true);
    expect(isClosed).toBe(false);
    stdout.isBlocked = true;
    await respond(1);
    await settle();
    expect(isClosed).toBe(false);
    stdout.unblock();
    await settle();
    expect(isClosed).toBe(true);
    expect(stdout.messages).toMatchObject([{ id: 1 }]);
  });

  test('of stdin is noticed behind messages that wait for the client to read', async () => {
    stdout.isBlocked = true;
    stdin.write(ping(1) + ping(2));
    await settle();
    await respond(1, { text: 'x'.repeat(5_000_000) });
    stdin.write(ping(3));
    await settle();
    expect(takenIds()).toEqual([1, 2]);
    stdin.end(ping(4));
    await settle();
    expect(takenIds()).toEqual([1, 2, 3, 4]);
    expect(closing.signal.aborted).toBe(true);
  });

  test('by `close` writes what was sent, and then takes and sends nothing more', async () => {
    stdin.write(ping(1) + ping(2));
    await settle();
    await respond(1);
    const closed = transport.close();
    await respond(2);
    stdin.write(ping(3));
    await closed;
    await settle();
    expect(isClosed).toBe(true);
    expect(stdout.messages).toMatchObject([{ id: 1 }]);
    expect(takenIds()).toEqual([1, 2]);
  });

  test.each([
    ['stdout', 'EPIPE'],
    ['stdin', 'EISDIR'],
  ])('comes when %s fails with %s', async (name, code) => {
    (name === 'stdin' ? stdin : stdout).destroy(new Error(code));
    await settle();
    expect(isClosed).toBe(true);
  });
});
