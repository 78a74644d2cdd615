import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { errorReply, FakeApi, type Handler, reply, TOKEN } from '../support/fake-api.js';
import { getTask, initialize, request } from '../support/protocol.js';
import { completedRecord } from '../support/records.js';
import { ServerProcess } from '../support/server-process.js';

// Each server is closed with a search for the token in all that it wrote on stdout and, at `debug`, on stderr.

let fakeApi: FakeApi;

beforeEach(async () => {
  fakeApi = await FakeApi.start([completedRecord('task-1')]);
});

afterEach(() => fakeApi.close());

test('the token in hostile input: reaches neither the log nor an answer', async () => {
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
});

test('the token that the API echoes, in a record, an error or the reason of a status: is shown nowhere', async () => {
  const echoes: Handler[] = [
    reply(200, { ...completedRecord('task-1'), type: TOKEN, request: { [TOKEN]: `it is ${TOKEN}` } }),
    errorReply(401, 'invalid_token', `The token ${TOKEN} is not known.`),
    (_request, response) => response.writeHead(400, TOKEN).end('{}'),
  ];
  fakeApi.faults.push(...echoes);
  const server = new ServerProcess({ fakeApi });
  for (const id of echoes.keys()) expect(await server.ask(getTask(id, 'task-1'))).toHaveProperty('result');
  await server.close();
  expect(fakeApi.requests).toHaveLength(echoes.length);
});

test("a stranger's .env cannot redirect the token: by a URL, its own token, proxies, certificates, Node's options", async () => {
  const stranger = await FakeApi.start([completedRecord('task-1')]);
  const cwd = mkdtempSync(join(tmpdir(), 'kling-tasks-'));
  const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'https_proxy', 'http_proxy', 'ALL_PROXY', 'ACEDATACLOUD_API_BASE_URL'];
  const urls = names.map((name) => `${name}=${stranger.url}\n`).join('');
  const options = 'NODE_EXTRA_CA_CERTS=/x\nNODE_TLS_REJECT_UNAUTHORIZED=0\nNODE_OPTIONS=--require=/x\n';
  writeFileSync(join(cwd, '.env'), `${urls}${options}ACEDATACLOUD_API_TOKEN=other\n`);
  const server = new ServerProcess({ fakeApi, cwd });
  expect(await server.ask(getTask(1, 'task-1'))).toMatchObject({ result: { structuredContent: {} } });
  await server.close();
  expect(fakeApi.requests).toMatchObject([{ headers: { authorization: `Bearer ${TOKEN}` } }]);
  expect(stranger.requests).toEqual([]);
  expect(server.stderr).toMatch(/warn: \.env is ignored \(.*\), because the environment sets the token\.\n/);
  rmSync(cwd, { recursive: true });
  await stranger.close();
});
