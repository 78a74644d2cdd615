import { describe, expect, test } from 'vitest';
import { lookupError, lookupErrorLike, TOKEN_HINT } from '../support/error-texts.js';
import { errorReply, reply } from '../support/fake-api.js';
import { hang } from '../support/faults.js';
import { inProcess } from '../support/in-process.js';
import { completedRecord, pendingRecord } from '../support/records.js';
import { endsAfter, knownFromLook, timesOf, waiting, waitingInProcess } from '../support/waiting.js';

describe.concurrent('wait_seconds of kling_get_task', () => {
  waitingInProcess(
    'returns with the look that finds the task ended',
    [endsAfter('a', 2)],
    async ({ fakeApi, timed }) => {
      const { result, callMs, seconds } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 50 });
      expect(result.structuredContent?.result).toMatchObject({ status: 'completed' });
      expect(seconds).toBeLessThan(40);
      const [, second, ...more] = timesOf(fakeApi, callMs);
      expect(second).toBeGreaterThan(9.9);
      expect(more).toEqual([]);
    },
  );

  const young = endsAfter('a', 2, completedRecord('a'), 3);
  waitingInProcess('looks again after 5 s at a task that is young', [young], async ({ fakeApi, timed }) => {
    const { result, callMs, seconds } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 50 });
    expect(result.structuredContent?.result).toMatchObject({ status: 'completed' });
    expect(seconds).toBeLessThan(40);
    const [first = 0, second = 0, ...more] = timesOf(fakeApi, callMs);
    expect(second - first).toBeGreaterThan(4.9);
    expect(second - first).toBeLessThan(9.9);
    expect(more).toEqual([]);
  });

  const late = () => knownFromLook(2, completedRecord('a'));
  waitingInProcess('looks once more, 5 s later, at what was not found, since replicas lag', [late()], async (setup) => {
    const { result, callMs } = await setup.timed('kling_get_task', { task_id: 'a', wait_seconds: 50 });
    expect(result.structuredContent?.result).toMatchObject({ status: 'completed' });
    const [, second, ...more] = timesOf(setup.fakeApi, callMs);
    expect(second).toBeGreaterThan(4.9);
    expect(more).toEqual([]);
  });

  waitingInProcess('tells what is not found twice', [], async ({ fakeApi, timed }) => {
    const { result, seconds } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 5 });
    expect(result.content[0]?.text).toMatch(/^\[task_not_found\]/);
    expect(seconds).toBeLessThan(25);
    expect(fakeApi.requests).toHaveLength(2);
  });

  waitingInProcess(
    'tells what is not found at once where it waits for less than 5 s',
    [late()],
    async ({ fakeApi, timed }) => {
      const { result } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 4 });
      expect(result.content[0]?.text).toMatch(/^\[task_not_found\]/);
      expect(fakeApi.requests).toHaveLength(1);
    },
  );

  waitingInProcess('returns at once what has ended already', [completedRecord('a')], async ({ fakeApi, timed }) => {
    const { result, seconds } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 50 });
    expect(result.structuredContent?.result.status).toBe('completed');
    expect(fakeApi.requests).toHaveLength(1);
    expect(seconds).toBeLessThan(25);
  });

  waiting('at the deadline the state is a normal result', [pendingRecord('a')], async ({ fakeApi, timed }) => {
    const { result, callMs, seconds } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 4 });
    expect(result.isError).toBeFalsy();
    expect(result.structuredContent?.result).toMatchObject({ status: 'pending', poll_after_seconds: 1 });
    expect(seconds).toBeLessThan(25);
    const [, last, ...more] = timesOf(fakeApi, callMs);
    expect(last).toBeGreaterThan(2.9);
    expect(more).toEqual([]);
  });

  waitingInProcess('a look that is never answered does not hold the answer up', [pendingRecord('a')], async (setup) => {
    const { fakeApi, timed } = setup;
    fakeApi.faults.push(fakeApi.answer);
    fakeApi.always = hang;
    const { result, seconds } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 4 });
    expect(result.structuredContent?.result).toMatchObject({ status: 'pending', poll_after_seconds: 1 });
    expect(seconds).toBeLessThan(25);
  });

  test('a first look that takes longer than the wait has its full time', async () => {
    await inProcess({}, async ({ fakeApi, call }) => {
      fakeApi.always = (...args) => {
        setTimeout(() => reply(200, completedRecord('a'))(...args), 3000);
      };
      const { structuredContent } = await call('kling_get_task', { task_id: 'a', wait_seconds: 1 });
      expect(structuredContent?.result).toMatchObject({ status: 'completed' });
      expect(fakeApi.requests).toHaveLength(1);
    });
  });

  waitingInProcess('a 429 while waiting is not the end', [endsAfter('a', 2)], async ({ fakeApi, timed }) => {
    fakeApi.faults.push(fakeApi.answer, errorReply(429, 'too_many_requests'));
    const { result } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 50 });
    expect(result.structuredContent?.result.status).toBe('completed');
    expect(fakeApi.requests.length).toBe(3);
  });

  waitingInProcess(
    'a connection reset while waiting is not the end',
    [endsAfter('a', 2)],
    async ({ fakeApi, timed }) => {
      fakeApi.faults.push(fakeApi.answer, (_request, response) => response.destroy());
      const { result } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 50 });
      expect(result.structuredContent?.result.status).toBe('completed');
      expect(fakeApi.requests.length).toBe(3);
    },
  );

  waitingInProcess(
    'a 401 that comes with the second look ends the wait, and is told',
    [pendingRecord('a')],
    async (setup) => {
      const { fakeApi, timed } = setup;
      fakeApi.faults.push(fakeApi.answer);
      fakeApi.always = errorReply(401, 'token_expired');
      const { result, seconds } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 50 });
      expect(result.isError).toBe(true);
      const what = `The API token has expired (HTTP 401): about token_expired. ${TOKEN_HINT} Last seen pending.`;
      expect(result.content).toEqual([{ type: 'text', text: lookupError('token_expired', what, 'trace-of-error') }]);
      expect(seconds).toBeLessThan(30);
      expect(fakeApi.requests.length).toBe(2);
    },
  );

  waitingInProcess('a page of a CDN while waiting is not the end', [endsAfter('a', 2)], async ({ fakeApi, timed }) => {
    fakeApi.faults.push(fakeApi.answer, reply(200, '<html>', { 'content-type': 'text/html' }));
    const { result } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 50 });
    expect(result.structuredContent?.result.status).toBe('completed');
    expect(fakeApi.requests.length).toBe(3);
  });

  waitingInProcess('where no look succeeds the fault is the answer', [], async ({ fakeApi, timed }) => {
    fakeApi.always = errorReply(503, 'api_error');
    const { result, seconds } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 3 });
    expect(result.isError).toBe(true);
    expect(result.content[0]?.text).toMatch(lookupErrorLike('api_error', /The API had a fault/));
    expect(seconds).toBeLessThan(25);
  });
});

describe.concurrent('the configured maximum', () => {
  waiting('is 50, shown in the schemas, and more counts as it', [completedRecord('a')], async ({ session }) => {
    const { tools } = await session.client.listTools();
    const maxima = tools.map(({ inputSchema }) => inputSchema.properties?.wait_seconds);
    expect(maxima).toEqual([expect.objectContaining({ maximum: 50 }), expect.objectContaining({ maximum: 50 })]);
    const { structuredContent } = await session.call('kling_get_task', { task_id: 'a', wait_seconds: 300 });
    expect(structuredContent?.result.status).toBe('completed');
  });

  waiting(
    'ends a wait that was asked to be longer',
    [pendingRecord('a')],
    async ({ timed }) => {
      const { result, seconds } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 300 });
      expect(result.structuredContent?.result).toMatchObject({ status: 'pending', poll_after_seconds: 1 });
      expect(seconds).toBeLessThan(25);
    },
    { env: { KLING_MAX_WAIT: '3' } },
  );

  waiting(
    'of 0 means that no call waits, and when to ask again is said',
    [pendingRecord('a')],
    async ({ session, fakeApi }) => {
      const { structuredContent } = await session.call('kling_get_task', { task_id: 'a', wait_seconds: 50 });
      expect(structuredContent?.result).toMatchObject({ status: 'pending', poll_after_seconds: 10 });
      expect(fakeApi.requests).toHaveLength(1);
    },
    { env: { KLING_MAX_WAIT: '0' } },
  );

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
