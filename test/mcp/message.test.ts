import { describe, expect, test } from 'vitest';
import { type Incoming, readLine } from '../../src/mcp/message.js';
import { request } from '../support/protocol.js';

const PING = request(1, 'ping');

/** What is read of a message. */
function read(message: unknown): Incoming | undefined {
  return [...readLine(JSON.stringify(message))][0];
}

/** The request as the SDK gets it. */
function readRequest(method: string, params?: unknown) {
  const incoming = read(request(1, method, params));
  return incoming && 'method' in incoming ? incoming : undefined;
}

describe('A message', () => {
  test('that is refused is named by its path, with the id if one can be read', () => {
    const wrong: [message: unknown, text: string, code: number, id?: string | number][] = [
      [{ ...PING, jsonrpc: '1.0' }, 'jsonrpc must be "2.0".', -32600, 1],
      [{ ...PING, method: 7 }, 'method must be a string.', -32600, 1],
      [{ id: 'a', jsonrpc: '2.0' }, 'method must be a string.', -32600, 'a'],
      [{ ...PING, params: [] }, 'params must be an object.', -32602, 1],
      [{ ...PING, params: { _meta: 7 } }, 'params._meta must be an object.', -32602, 1],
      [{ jsonrpc: '2.0', method: 'x', params: 7 }, 'params must be an object.', -32600],
      ...[null, true, 1.5, [], {}, 2 ** 53].map((id): [unknown, string, number] => [
        { ...PING, id },
        'id must be a string or a whole number.',
        -32600,
      ]),
      ...[null, 7, 'x', true].map((message): [unknown, string, number] => [
        message,
        'A message must be a JSON object.',
        -32600,
      ]),
    ];
    for (const [message, text, code, id] of wrong) {
      expect(read(message), JSON.stringify(message)).toEqual({ jsonrpc: '2.0', id, error: { code, message: text } });
    }
  });

  test('may have members that it should not have, and null for what it leaves out', () => {
    const message = {
      ...PING,
      params: { cursor: null, _meta: null, a: { b: null } },
      result: {},
      error: null,
      more: 1,
    };
    expect(read(message)).toEqual({ jsonrpc: '2.0', id: '1', method: 'ping', params: { a: {} } });
    expect(readRequest('ping', null)).toMatchObject({ params: {} });
  });

  test('may be a response, which is ignored', () => {
    for (const fields of [{ result: {} }, { result: null }, { error: { code: 1, message: 'x' } }]) {
      expect(read({ jsonrpc: '2.0', id: 1, ...fields })).toBeUndefined();
    }
  });
});

describe('A request', () => {
  test('loses a progress token that cannot be used, and all that would make it an experimental task', () => {
    const related = { 'io.modelcontextprotocol/related-task': { taskId: 'x' } };
    for (const progressToken of [null, {}, [], 1.5, true]) {
      const message = readRequest('tools/call', { name: 'x', task: { ttl: 1 }, _meta: { progressToken, ...related } });
      expect(message?.params).toEqual({ name: 'x', arguments: {}, _meta: {} });
    }
    for (const progressToken of ['', 'a', 0, 7]) {
      expect(readRequest('ping', { _meta: { progressToken } })?.params?._meta).toEqual({ progressToken });
    }
  });
});
