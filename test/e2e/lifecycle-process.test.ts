import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeApi, TOKEN } from '../support/fake-api.js';
import { getTask, request } from '../support/protocol.js';
import { pendingRecord } from '../support/records.js';
import { ENTRY, ServerProcess } from '../support/server-process.js';

let fakeApi: FakeApi;

beforeEach(async () => {
  fakeApi = await FakeApi.start([pendingRecord('pending-1')]);
});

afterEach(() => fakeApi.close());

/**
 * A client that starts the server, hands on what it reads on its stdin, and reads no answers. The server inherits its
 * stderr, which is therefore open as long as either of them lives.
 */
const CLIENT = `
  const { spawn } = require('node:child_process');
  const server = spawn(process.execPath, [process.argv[1]], { stdio: ['pipe', 'pipe', 'inherit'] });
  process.stdin.pipe(server.stdin);
`;

test.each([
  ['idle', [request(1, 'ping')], 'serving'],
  ['while waiting', [getTask(1, 'pending-1', 50)], 'HTTP 200'],
  ['with answers that nobody reads', Array.from({ length: 500 }, (_, id) => request(id, 'tools/list')), 'serving'],
])('the parent killed with SIGKILL %s: the server ends by itself', async (_state, requests, logged) => {
  const client = new ServerProcess({ fakeApi, entry: '-e', args: [CLIENT, ENTRY] });
  for (const message of requests) client.write(message);
  await client.logged(logged);
  const killedMs = performance.now();
  client.child.kill('SIGKILL');
  await client.exited;
  expect(performance.now() - killedMs).toBeLessThan(3000);
});

test('requests from a file, answers into a file: each is answered, and all are whole', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kling-tasks-'));
  const ids = Array.from({ length: 300 }, (_, id) => id);
  const input = join(directory, 'requests');
  const output = join(directory, 'answers');
  // The calls wait, but not beyond the end of the file.
  const messages = ids.map((id) => (id < 20 ? getTask(id, 'pending-1', 50) : request(id, 'tools/list')));
  writeFileSync(input, messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
  const [stdin, stdout] = [openSync(input, 'r'), openSync(output, 'w')];
  const env = { ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: fakeApi.url };
  const server = spawn(process.execPath, [ENTRY], { cwd: directory, env, stdio: [stdin, stdout, 'ignore'] });
  closeSync(stdin);
  closeSync(stdout);
  expect(await once(server, 'exit')).toEqual([0, null]);
  const answers = readFileSync(output, 'utf8').trimEnd().split('\n');
  const results = new Map(answers.map((line) => JSON.parse(line)).map(({ id, result }) => [id, result]));
  expect([...results.keys()].sort((a, b) => a - b)).toEqual(ids);
  for (const result of results.values()) expect(result.isError).toBeFalsy();
  rmSync(directory, { recursive: true });
});
