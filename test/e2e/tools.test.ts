import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { FakeApi } from '../support/fake-api.js';
import {
  DOCUMENTED_ID,
  DOCUMENTED_VIDEO,
  documented,
  failedRecord,
  pendingRecord,
  SECOND_DOCUMENTED_ID,
  secondDocumented,
} from '../support/records.js';
import { Session } from '../support/server-process.js';

const { version } = packageJson;

/** The beginning of the prompt of all these records. */
const PROMPT = 'White ceramic coffee mug on glossy marble countertop with morning window light.…';

let fakeApi: FakeApi;
let session: Session;

beforeEach(async () => {
  fakeApi = await FakeApi.start([documented, secondDocumented, failedRecord('failed-1'), pendingRecord('pending-1')]);
  session = await Session.start({ fakeApi });
});

afterEach(async () => {
  await session.close();
  await fakeApi.close();
});

describe('tools/list', () => {
  test('the complete answer matches the snapshot', async () => {
    const { tools } = await session.client.listTools();
    expect(tools).toMatchSnapshot();
  });

  test('what a model sees of it is at most 1,500 tokens', async () => {
    const { tools } = await session.client.listTools();
    const seen = tools.map(({ _meta, ...tool }) => tool);
    expect(encode(JSON.stringify({ tools: seen })).length).toBeLessThanOrEqual(1500);
  });

  test('the handshake names the server and tells the model how to use it', () => {
    expect(session.client.getServerVersion()).toMatchObject({ name: 'kling-tasks-mcp', title: 'Kling tasks' });
    expect(session.client.getServerCapabilities()).toEqual({
      tools: {},
      resources: {},
      extensions: { 'io.modelcontextprotocol/ui': expect.anything() },
    });
    expect(session.client.getInstructions()).toMatch(/kling_get_task.*wait_seconds/);
  });
});

describe('kling_get_task', () => {
  test('returns everything about the documented completed task', async () => {
    const { structuredContent, content } = await session.call('kling_get_task', { task_id: DOCUMENTED_ID });
    // No resource_link: it breaks frameworks, and doubles the URL for the others.
    expect(content).toEqual([{ type: 'text', text: JSON.stringify(structuredContent) }]);
    expect(structuredContent).toEqual({
      result: {
        task_id: DOCUMENTED_ID,
        status: 'completed',
        state: 'succeed',
        type: 'videos',
        video_url: DOCUMENTED_VIDEO,
        video_id: '030bb06d-98d4-4044-9042-0aa0822e8c8c',
        duration_seconds: 5.1,
        request: {
          action: 'text2video',
          model: 'kling-v1',
          prompt: expect.stringMatching(/^White ceramic.*handle\.$/),
        },
        created_at: '2025-03-03T02:38:55.333Z',
        started_at: '2025-03-03T02:38:55.393Z',
        finished_at: '2025-03-03T02:44:12.463Z',
        elapsed_seconds: 317.07,
        trace_id: '0a907f69-4ae2-4a08-b34c-ee15c1c47077',
      },
    });
  });

  test('asks the API once, and names the product, its version and that of Node', async () => {
    await session.call('kling_get_task', { task_id: DOCUMENTED_ID });
    expect(fakeApi.requests).toHaveLength(1);
    expect(fakeApi.requests[0]).toMatchObject({
      method: 'POST',
      path: '/kling/tasks',
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        'accept-encoding': 'identity',
        'user-agent': `kling-tasks-mcp/${version} node/${process.versions.node}`,
      },
      body: { action: 'retrieve', id: DOCUMENTED_ID },
    });
  });

  test('a failed task is a normal result with its reason', async () => {
    const { structuredContent, isError } = await session.call('kling_get_task', { task_id: 'failed-1' });
    expect(isError).toBeFalsy();
    expect(structuredContent?.result).toMatchObject({
      status: 'failed',
      error: { code: 'risk_control', message: 'The prompt was refused by the safety system.' },
      trace_id: 'trace-1',
    });
  });

  test('a pending task has the known fields and the request, and says when to ask again', async () => {
    const { structuredContent, content } = await session.call('kling_get_task', { task_id: 'pending-1' });
    expect(structuredContent?.result).toEqual({
      task_id: 'pending-1',
      status: 'pending',
      state: 'processing',
      type: 'videos',
      created_at: expect.stringMatching(/Z$/),
      elapsed_seconds: expect.any(Number),
      poll_after_seconds: 10,
      request: { action: 'text2video', model: 'kling-v1', prompt: expect.stringMatching(/^White ceramic/) },
    });
    expect(content).toHaveLength(1);
  });

  test('a pending task after a wait has no request, which the model would read again and again', async () => {
    const args = { task_id: 'pending-1', wait_seconds: 1 };
    const { structuredContent } = await session.call('kling_get_task', args);
    expect(structuredContent?.result).toMatchObject({ status: 'pending', poll_after_seconds: 1 });
    expect(structuredContent?.result).not.toHaveProperty('request');
  });
});

describe('kling_get_tasks_batch', () => {
  test('returns many tasks in the order of the input', async () => {
    const ids = ['failed-1', 'nowhere', SECOND_DOCUMENTED_ID, 'pending-1', DOCUMENTED_ID.toUpperCase()];
    const { structuredContent, content } = await session.call('kling_get_tasks_batch', { task_ids: ids });
    expect(structuredContent).toEqual({
      result: {
        counts: { pending: 1, completed: 2, failed: 1, not_found: 1, lookup_failed: 0 },
        tasks: [
          {
            task_id: 'failed-1',
            status: 'failed',
            type: 'videos',
            prompt: PROMPT,
            error: { code: 'risk_control', message: 'The prompt was refused by the safety system.' },
            elapsed_seconds: 17.07,
            trace_id: 'trace-1',
          },
          {
            task_id: SECOND_DOCUMENTED_ID,
            status: 'completed',
            state: 'succeed',
            type: 'videos',
            prompt: PROMPT,
            video_url: expect.any(String),
            duration_seconds: 5.1,
            elapsed_seconds: 316.258,
          },
          expect.objectContaining({ task_id: 'pending-1', status: 'pending' }),
          expect.objectContaining({ task_id: DOCUMENTED_ID.toUpperCase(), status: 'completed' }),
        ],
        not_found: ['nowhere'],
        poll_after_seconds: 10,
      },
    });
    expect(content).toEqual([{ type: 'text', text: JSON.stringify(structuredContent) }]);
    expect(fakeApi.requests.map(({ body }) => body)).toEqual([{ action: 'retrieve_batch', ids }]);
  });
});
