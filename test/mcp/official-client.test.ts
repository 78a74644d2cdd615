import { Client, type JSONRPCMessage } from '@modelcontextprotocol/client';
import { createTaskSessionFromClient } from '@modelcontextprotocol/ext-tasks/client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { all } from '../support/fake-lookups.js';
import { McpServer } from '../support/mcp-server.js';
import { PeerTransport } from '../support/peer.js';
import { request } from '../support/protocol.js';
import type { Json } from '../support/records.js';

const VIEW_URI = 'ui://kling-tasks/view.html';
const CLIENT_INFO = { name: 'test', version: '1.0.0' };
/** Marks the ids of requests that the requester of tasks makes beside the client. */
const TASK_PREFIX = 'of-tasks-';

let server: McpServer;
let client: Client;
/** What the client found wrong, such as an answer that does not fit the specification. */
let errors: Error[];

beforeEach(async () => {
  server = new McpServer();
  client = new Client(CLIENT_INFO, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  errors = [];
  client.onerror = (error) => errors.push(error);
  await client.connect(new PeerTransport<JSONRPCMessage>(server, ({ id }) => !String(id).startsWith(TASK_PREFIX)));
});

afterEach(async () => {
  await client.close();
  expect([...errors, ...server.bugs]).toEqual([]);
});

describe('The official client, pinned to 2026-07-28', () => {
  test('lists and calls the tools; results fit the output schemas', async () => {
    server.lookups.find = () => ({ done: 'completed', pending: 'pending' });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['kling_get_task', 'kling_get_tasks_batch']);
    const one = await client.callTool({ name: 'kling_get_task', arguments: { task_id: 'done' } });
    expect(one.structuredContent).toMatchObject({ result: { status: 'completed' } });
    const task_ids = ['done', 'pending', 'nobody'];
    const many = await client.callTool({ name: 'kling_get_tasks_batch', arguments: { task_ids } });
    expect(many.structuredContent).toMatchObject({ result: { counts: { completed: 1, pending: 1, not_found: 1 } } });
    const bad = await client.callTool({ name: 'kling_get_task', arguments: { task_id: 'a b' } });
    expect(bad).toMatchObject({ isError: true });
    await expect(client.callTool({ name: 'kling_create', arguments: {} })).rejects.toMatchObject({ code: -32602 });
  });

  test('gets progress while a call waits, and cancels it', async () => {
    const controller = new AbortController();
    const progress: unknown[] = [];
    const call = client.callTool(
      { name: 'kling_get_task', arguments: { task_id: 'a', wait_seconds: 50 } },
      {
        signal: controller.signal,
        onprogress: (each) => {
          progress.push(each);
          controller.abort('enough');
        },
      },
    );
    await expect(call).rejects.toThrow();
    expect(progress).toMatchObject([{ total: 50, message: expect.stringContaining('0 of 1') }]);
    await client.listTools();
  });

  test('reads the view: a page, and what it may load', async () => {
    const { resources } = await client.listResources();
    const mimeType = 'text/html;profile=mcp-app';
    const text = expect.any(String);
    const annotations = { audience: ['user'] };
    expect(resources).toEqual([{ uri: VIEW_URI, name: text, title: text, description: text, mimeType, annotations }]);
    const domains = ['acedata.cloud', 'klingai.com', 'kling.ai', 'kechuangai.com'];
    const csp = { resourceDomains: domains.map((domain) => `https://*.${domain}`) };
    const [page, ...others] = (await client.readResource({ uri: VIEW_URI })).contents;
    const _meta = { ui: { csp, prefersBorder: true } };
    expect(page).toEqual({ uri: VIEW_URI, mimeType, text, _meta });
    expect([...others, ...(await client.listResourceTemplates()).resourceTemplates]).toEqual([]);
    await expect(client.readResource({ uri: 'ui://x' })).rejects.toMatchObject({ code: -32602 });
  });

  test('follows a task to its outcome, with the official requester of the tasks extension', async () => {
    vi.useFakeTimers();
    server.lookups.find = (atS, ids) => all(atS < 20 ? 'pending' : 'completed')(atS, ids);
    let lastId = 0;
    const tasks = createTaskSessionFromClient(client, {
      endpointId: 'test',
      rawDispatch: async (message) => {
        const { method, params } = message as { method: string; params?: Json };
        return (await server.ask(request(`${TASK_PREFIX}${++lastId}`, method, params))) as never;
      },
      v2RequestFraming: { protocolVersion: '2026-07-28', clientInfo: CLIENT_INFO, clientCapabilities: {} },
    });
    const settled = tasks
      .callTool('kling_get_task', { task_id: 'a', wait_seconds: 50 })
      .then((execution) => execution.settle());
    await vi.advanceTimersByTimeAsync(60_000);
    const { outcome } = await settled;
    vi.useRealTimers();
    expect(outcome).toMatchObject({ result: { structuredContent: { result: { status: 'completed' } } } });
    expect(server.lookups.requests.length).toBeGreaterThan(2);
    await tasks.close();
  });
});
