import { test } from 'vitest';
import { FakeApi, TOKEN } from '../support/fake-api.js';
import { initialize, request } from '../support/protocol.js';
import { ServerProcess } from '../support/server-process.js';

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
