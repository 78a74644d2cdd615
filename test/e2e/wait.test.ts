import { describe, expect } from 'vitest';
import { errorReply } from '../support/fake-api.js';
import { completedRecord, pendingRecord } from '../support/records.js';
import { endsAfter, timesOf, waiting } from '../support/waiting.js';

describe.concurrent('wait_seconds of kling_get_task', () => {
  waiting('returns with the look that finds the task ended', [endsAfter('a', 2)], async ({ fakeApi, timed }) => {
    const { result, callMs, seconds } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 50 });
    expect(result.structuredContent?.result).toMatchObject({ status: 'completed' });
    expect(seconds).toBeLessThan(14);
    const [, second, ...more] = timesOf(fakeApi, callMs);
    expect(second).toBeGreaterThan(4.9);
    expect(more).toEqual([]);
  });

  waiting('returns at once what has ended already', [completedRecord('a')], async ({ fakeApi, timed }) => {
    const { result, seconds } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 50 });
    expect(result.structuredContent?.result.status).toBe('completed');
    expect(fakeApi.requests).toHaveLength(1);
    expect(seconds).toBeLessThan(10);
  });

  waiting('at the deadline the state is a normal result', [pendingRecord('a')], async ({ fakeApi, timed }) => {
    const { result, callMs, seconds } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 4 });
    expect(result.isError).toBeFalsy();
    expect(result.structuredContent?.result).toMatchObject({ status: 'pending', poll_after_seconds: 1 });
    expect(seconds).toBeLessThan(5);
    const [, last, ...more] = timesOf(fakeApi, callMs);
    expect(last).toBeGreaterThan(2.9);
    expect(more).toEqual([]);
  });

  waiting('a look that is never answered does not hold the answer up', [pendingRecord('a')], async (setup) => {
    const { fakeApi, timed } = setup;
    fakeApi.faults.push(fakeApi.answer, () => {});
    const { result, seconds } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 4 });
    expect(result.structuredContent?.result).toMatchObject({ status: 'pending', poll_after_seconds: 1 });
    expect(seconds).toBeLessThan(5);
  });

  waiting('a 429 while waiting is not the end', [endsAfter('a', 2)], async ({ fakeApi, timed }) => {
    fakeApi.faults.push(fakeApi.answer, errorReply(429, 'too_many_requests'));
    const { result } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 50 });
    expect(result.structuredContent?.result.status).toBe('completed');
    expect(fakeApi.requests.length).toBe(3);
  });

  waiting('a connection reset while waiting is not the end', [endsAfter('a', 2)], async ({ fakeApi, timed }) => {
    fakeApi.faults.push(fakeApi.answer, (_request, response) => response.destroy());
    const { result } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 50 });
    expect(result.structuredContent?.result.status).toBe('completed');
    expect(fakeApi.requests.length).toBe(3);
  });

  waiting('a token that is refused while waiting ends it with the last state', [pendingRecord('a')], async (setup) => {
    const { fakeApi, timed } = setup;
    fakeApi.faults.push(fakeApi.answer);
    fakeApi.always = errorReply(401, 'token_expired');
    fakeApi.faults.push(fakeApi.answer);
    const { result, seconds } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 50 });
    expect(result.structuredContent?.result.status).toBe('pending');
    expect(seconds).toBeLessThan(30);
    expect(fakeApi.requests.length).toBe(3);
  });

  waiting('where no look succeeds the fault is the answer', [], async ({ fakeApi, timed }) => {
    fakeApi.always = errorReply(503, 'api_error');
    const { result, seconds } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 3 });
    expect(result.isError).toBe(true);
    expect(result.content[0]?.text).toMatch(/^\[api_error\]/);
    expect(seconds).toBeLessThan(10);
  });
});

describe.concurrent('the configured maximum', () => {
  waiting('is 50, shown in the schemas, and more is refused by naming it', [], async ({ fakeApi, session }) => {
    const { tools } = await session.client.listTools();
    const maxima = tools.map(({ inputSchema }) => inputSchema.properties?.wait_seconds);
    expect(maxima).toEqual([expect.objectContaining({ maximum: 50 }), expect.objectContaining({ maximum: 50 })]);
    const { isError, content } = await session.call('kling_get_task', { task_id: 'a', wait_seconds: 51 });
    expect(isError).toBe(true);
    expect(content[0]?.text).toMatch(/^\[invalid_arguments\] wait_seconds must be .* 0 to 50 .*KLING_MAX_WAIT/);
    expect(fakeApi.requests).toEqual([]);
  });

  waiting(
    'can be raised',
    [completedRecord('a')],
    async ({ session }) => {
      const { tools } = await session.client.listTools();
      expect(tools[0]?.inputSchema.properties?.wait_seconds).toMatchObject({ maximum: 300, default: 0 });
      const { structuredContent } = await session.call('kling_get_task', { task_id: 'a', wait_seconds: 300 });
      expect(structuredContent?.result.status).toBe('completed');
    },
    { env: { KLING_MAX_WAIT: '300' } },
  );
});

describe.concurrent('cancellation', () => {
  waiting('between two looks ends the wait: no further look, no answer', [pendingRecord('a')], async (setup) => {
    const { fakeApi, session } = setup;
    const controller = new AbortController();
    const args = { task_id: 'a', wait_seconds: 4 };
    const call = session.call('kling_get_task', args, { signal: controller.signal });
    await fakeApi.received(1);
    await session.server.logged('HTTP 200');
    controller.abort();
    await expect(call).rejects.toThrow();
    const answers = session.server.messages.length;
    // A second call of the same length outlives what the first would have asked and answered.
    await session.call('kling_get_task', { task_id: 'a', wait_seconds: 4 });
    expect(session.server.messages.length).toBe(answers + 1);
    expect(fakeApi.requests.length).toBe(3);
  });

  waiting('aborts the request in flight at once', [], async ({ fakeApi, session }) => {
    let closed: Promise<void> | undefined;
    fakeApi.faults.push((_request, response) => {
      closed = new Promise((resolve) => response.on('close', resolve));
    });
    const controller = new AbortController();
    const call = session.call('kling_get_task', { task_id: 'a' }, { signal: controller.signal });
    await fakeApi.received(1);
    controller.abort();
    await expect(call).rejects.toThrow();
    await closed;
    expect((await session.call('kling_get_task', { task_id: 'a' })).content[0]?.text).toMatch(/^\[task_not_found\]/);
  });
});
