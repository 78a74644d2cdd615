import { describe, expect, test } from 'vitest';
import { FakeApi, TOKEN } from '../support/fake-api.js';
import { getTask, initialize, request } from '../support/protocol.js';
import { DOCUMENTED_ID, documented, PRIVATE_VALUES } from '../support/records.js';
import { ServerProcess } from '../support/server-process.js';

describe('Secrets', () => {
  test('every case: the API receives the token and sends each private value', async () => {
    const fakeApi = await FakeApi.start([documented]);
    const server = new ServerProcess({ fakeApi });
    server.write(getTask(1, DOCUMENTED_ID));
    await server.answer(1);
    await server.close();
    expect(fakeApi.requests[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    for (const value of PRIVATE_VALUES) expect(JSON.stringify(documented)).toContain(value);
    await fakeApi.close();
  });

  test('the token in hostile input: reaches neither the log nor an answer', async () => {
    const fakeApi = await FakeApi.start();
    const server = new ServerProcess({ fakeApi });
    const _meta = { [TOKEN]: TOKEN, progressToken: [TOKEN] };
    await server.replies(
      `${TOKEN}\n`,
      `{"${TOKEN}\n`,
      { [TOKEN]: TOKEN },
      request(TOKEN.split(''), 'ping'),
      request(1, 'ping', { _meta }),
      request(2, 'initialize', { protocolVersion: [TOKEN], [TOKEN]: TOKEN }),
      request(3, TOKEN),
      { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: TOKEN, reason: TOKEN } },
      { jsonrpc: '2.0', id: 4, result: TOKEN },
    );
    await initialize(server);
    await server.close();
    await fakeApi.close();
  });
});
