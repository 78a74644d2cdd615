import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { call, INITIALIZE, request, stateless } from '../support/protocol.js';
import { ENTRY, ServerProcess } from '../support/server-process.js';

let folder: string;
let dist: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kling-broken-'));
  dist = join(folder, 'dist');
  cpSync(dirname(ENTRY), dist, { recursive: true });
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

// As while npm replaces the package under a server that runs.
test('a file that is gone when it is needed: an error of ours in both eras, the cause in the log, and it goes on', async () => {
  rmSync(join(dist, 'service.js'));
  const server = new ServerProcess({ entry: join(dist, 'index.js') });
  const params = { name: 'kling_get_task', arguments: { task_id: 'task-1' } };
  server.write(stateless(1, 'tools/call', params));
  server.write(call(2, params.name, params.arguments));
  for (const id of [1, 2]) {
    expect(await server.answer(id)).toEqual({
      jsonrpc: '2.0',
      id,
      error: { code: -32603, message: 'The server failed: see its log.' },
    });
  }
  expect(server.stderr).toMatch(/error: .*service\.js/);
  server.write(INITIALIZE);
  server.write(request(3, 'tools/list'));
  expect(await server.answer(3)).toMatchObject({ result: { tools: [{}, {}] } });
  expect(await server.close()).toEqual({ code: 0, signal: null });
});

test('without the SDK: older clients get an error, those of 2026-07-28 are served', async () => {
  rmSync(join(dist, 'session.js'));
  const server = new ServerProcess({ entry: join(dist, 'index.js') });
  server.write(INITIALIZE);
  expect(await server.answer(INITIALIZE.id)).toMatchObject({ error: { code: -32603 } });
  server.write(stateless(1, 'tools/list'));
  expect(await server.answer(1)).toMatchObject({ result: { tools: [{}, {}] } });
  expect(await server.close()).toEqual({ code: 0, signal: null });
});
