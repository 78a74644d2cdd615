import { describe, expect, test } from 'vitest';
import { readMessage } from '../../src/mcp/json-rpc.js';

const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };

describe('readMessage', () => {
  test('reads a request, with or without params', () => {
    const request = { id: 1, method: 'ping', params: {}, meta: {} };
    for (const params of [undefined, null, {}]) {
      expect(readMessage({ ...PING, params })).toEqual({ kind: 'request', request });
    }
  });

  test('leaves out members of params that are null, but no values deeper down', () => {
    const params = { cursor: null, name: 'x', arguments: { a: null }, _meta: { b: null } };
    expect(readMessage({ ...PING, params })).toMatchObject({
      request: { params: { name: 'x', arguments: { a: null }, _meta: { b: null } }, meta: { b: null } },
    });
    expect(readMessage({ ...PING, params })).not.toHaveProperty('request.params.cursor');
  });

  test('keeps a member named __proto__ for what it is', () => {
    const message = readMessage(
      JSON.parse('{"jsonrpc":"2.0","id":1,"method":"x","params":{"__proto__":{"a":1},"b":null}}'),
    );
    expect(message).toMatchObject({ kind: 'request' });
    expect(message).not.toHaveProperty('request.params.a');
  });

  test.each([0, -1, '', 'a', Number.MAX_SAFE_INTEGER])('takes %j for an id', (id) => {
    expect(readMessage({ ...PING, id })).toMatchObject({ kind: 'request', request: { id } });
  });

  test.each([null, true, 1.5, [], {}, Number.MAX_SAFE_INTEGER + 1])('refuses %j for an id, without one', (id) => {
    const message = readMessage({ ...PING, id });
    expect(message).toMatchObject({ kind: 'refused', error: { code: -32600, message: expect.stringMatching(/^id /) } });
    expect(message).toMatchObject({ id: undefined });
  });

  test('names what is wrong by its path', () => {
    const wrong: [change: object, path: string, code: number][] = [
      [{ jsonrpc: '1.0' }, 'jsonrpc', -32600],
      [{ method: 7 }, 'method', -32600],
      [{ params: [] }, 'params', -32602],
      [{ params: { _meta: 7 } }, 'params._meta', -32602],
    ];
    for (const [change, path, code] of wrong) {
      const message = readMessage({ ...PING, ...change });
      expect(message).toMatchObject({ kind: 'refused', id: 1, error: { code } });
      expect(message).toHaveProperty('error.message', expect.stringMatching(new RegExp(`^${path} must be`)));
    }
  });

  test('reads a notification, and refuses one with bad params without an id', () => {
    const notification = { jsonrpc: '2.0', method: 'notifications/x' };
    expect(readMessage(notification)).toEqual({ kind: 'notification', method: 'notifications/x', params: {} });
    expect(readMessage({ ...notification, params: 7 })).toMatchObject({ kind: 'refused', id: undefined });
  });

  test('knows an answer from a request with members too many', () => {
    expect(readMessage({ jsonrpc: '2.0', id: 1, result: {} })).toEqual({ kind: 'response' });
    expect(readMessage({ ...PING, result: {}, error: null })).toMatchObject({ kind: 'request' });
  });

  test.each([null, 7, 'x', true, []])('refuses %j, which is no message', (message) => {
    expect(readMessage(message)).toMatchObject({ kind: 'refused', error: { code: -32600 }, id: undefined });
  });
});
