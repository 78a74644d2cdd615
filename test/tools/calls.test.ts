import { describe, expect, test } from 'vitest';
import type { Progress } from '../../src/tools/tool.js';
import { lookupErrorLike } from '../support/error-texts.js';
import { errorReply, type FakeApi, type Handler, reply, type TaskSource } from '../support/fake-api.js';
import { inProcess } from '../support/in-process.js';
import { completedRecord, type Json, pendingRecord } from '../support/records.js';

// The rules of waiting are shown with simulated time in test/kling. Here tools, watches, scheduler and client work together,
// over real HTTP.

const ids = (count: number) => Array.from({ length: count }, (_, index) => `task-${index}`);

/** The ids of each request. */
const askedOf = ({ requests }: FakeApi) => requests.map(({ body }) => (body.ids ?? [body.id]) as string[]);

/** A young task that is pending until it has been looked up so often. */
function finishesAfter(id: string, lookups: number): TaskSource {
  // One record is made when the task is added, to learn its id.
  let left = lookups + 1;
  return () => (left-- > 0 ? pendingRecord(id, 'processing', 3) : completedRecord(id));
}

/** Gives the answer to every request that asks for the id, and the ordinary one to others. */
function answerWhere(fakeApi: FakeApi, asked: string, handler: Handler): void {
  fakeApi.always = (request, ...rest) => {
    const isAsked = ((request.body.ids ?? [request.body.id]) as string[]).includes(asked);
    (isAsked ? handler : fakeApi.answer)(request, ...rest);
  };
}

describe.concurrent('a call that waits', () => {
  test('returns with the lookup that finds the task finished, and has reported progress until then', async () => {
    await inProcess({ tasks: [finishesAfter('a', 1), completedRecord('b')] }, async ({ fakeApi, call }) => {
      const seen: Progress[] = [];
      const args = { task_ids: ['a', 'b', 'nowhere'], wait_seconds: 50 };
      const notifyProgress = (progress: Progress) => seen.push(progress);
      const { structuredContent } = await call('kling_get_tasks_batch', args, { notifyProgress });
      expect(structuredContent?.result).toMatchObject({ counts: { completed: 2, not_found: 1 } });
      expect(structuredContent?.result).not.toHaveProperty('poll_after_seconds');
      expect(askedOf(fakeApi).map((asked) => asked.sort())).toEqual([
        ['a', 'b', 'nowhere'],
        ['a', 'nowhere'],
      ]);
      const [first, second = { progress: 0 }, ...more] = seen;
      expect(first).toEqual({ progress: 0, total: 50, message: '0 of 3 tasks finished, 0 s' });
      expect(second).toMatchObject({ total: 50, message: expect.stringMatching(/^1 of 3 tasks finished, \d s$/) });
      expect(second.progress).toBeGreaterThan(4);
      expect(more).toEqual([]);
    });
  });

  test('returns the state at the deadline, after a last lookup, as a normal result without the request', async () => {
    await inProcess({ tasks: [pendingRecord('a')] }, async ({ fakeApi, call }) => {
      const { isError, structuredContent } = await call('kling_get_task', { task_id: 'a', wait_seconds: 5 });
      expect(isError).toBeFalsy();
      expect(structuredContent?.result).toMatchObject({ status: 'pending', poll_after_seconds: 1 });
      expect(structuredContent?.result).not.toHaveProperty('request');
      expect(fakeApi.requests).toHaveLength(2);
    });
  });

  test('gives the first lookup its full time, however short the wait', async () => {
    await inProcess({ tasks: [completedRecord('a')] }, async ({ fakeApi, call }) => {
      fakeApi.faults.push((...args) => {
        setTimeout(() => fakeApi.answer(...args), 2000);
      });
      const { structuredContent } = await call('kling_get_task', { task_id: 'a', wait_seconds: 1 });
      expect(structuredContent?.result).toMatchObject({ status: 'completed' });
    });
  });

  test('ends with a fault that repeating cannot mend, and tells the last state', async () => {
    await inProcess({ tasks: [finishesAfter('a', 9)] }, async ({ fakeApi, call }) => {
      fakeApi.faults.push(fakeApi.answer, errorReply(401, 'token_expired'));
      const { isError, content } = await call('kling_get_task', { task_id: 'a', wait_seconds: 50 });
      expect(isError).toBe(true);
      expect(content[0]?.text).toMatch(
        lookupErrorLike('token_expired', /.* Last seen pending\. \(trace_id trace-of-error\)$/),
      );
    });
  });
});

describe.concurrent('a cancelled call', () => {
  test('aborts its request in flight at once', async () => {
    await inProcess({}, async ({ fakeApi, call }) => {
      let closed: Promise<void> | undefined;
      fakeApi.faults.push((_request, response) => {
        closed = new Promise((resolve) => response.on('close', resolve));
      });
      const controller = new AbortController();
      const cancelled = call('kling_get_task', { task_id: 'a' }, { signal: controller.signal });
      await fakeApi.received(1);
      controller.abort();
      await cancelled;
      await closed;
      expect((await call('kling_get_task', { task_id: 'a' })).content[0]?.text).toMatch(/^\[task_not_found\]/);
    });
  });

  test('leaves the request to another call that needs it', async () => {
    await inProcess({ tasks: [completedRecord('a')] }, async ({ fakeApi, call }) => {
      const release = fakeApi.hold();
      const controller = new AbortController();
      const cancelled = call('kling_get_task', { task_id: 'a' }, { signal: controller.signal });
      const other = call('kling_get_task', { task_id: 'A' });
      await fakeApi.received(1);
      controller.abort();
      await cancelled;
      release();
      expect((await other).structuredContent?.result).toMatchObject({ task_id: 'A', status: 'completed' });
      expect(fakeApi.requests).toHaveLength(1);
    });
  });
});

describe.concurrent('calls at the same time', () => {
  test('share a request, and each gets its own result', async () => {
    const tasks = ids(10).map((id) => completedRecord(id));
    await inProcess({ tasks }, async ({ fakeApi, call }) => {
      const calls = [...ids(10), ...ids(10)].map((task_id) => call('kling_get_task', { task_id }));
      for (const { structuredContent } of await Promise.all(calls)) {
        expect(structuredContent?.result).toMatchObject({ status: 'completed' });
      }
      expect(askedOf(fakeApi)).toEqual([ids(10)]);
    });
  });

  test('a 4xx that one id may have caused hits the call of that id alone', async () => {
    await inProcess({ tasks: [completedRecord('a')] }, async ({ fakeApi, call }) => {
      answerWhere(fakeApi, 'bad', errorReply(400, 'bad_request'));
      const [good, bad] = await Promise.all(['a', 'bad'].map((task_id) => call('kling_get_task', { task_id })));
      expect(good?.structuredContent?.result).toMatchObject({ task_id: 'a', status: 'completed' });
      expect(bad?.content[0]?.text).toMatch(/^\[bad_request\]/);
      expect(askedOf(fakeApi)).toEqual([['a', 'bad'], ['a'], ['bad']]);
    });
  });

  test('a refused token is told to each, without further requests', async () => {
    await inProcess({ always: errorReply(401, 'invalid_token') }, async ({ fakeApi, call }) => {
      for (const { content } of await Promise.all(ids(3).map((task_id) => call('kling_get_task', { task_id })))) {
        expect(content[0]?.text).toMatch(/^\[invalid_token\]/);
      }
      expect(fakeApi.requests).toHaveLength(1);
    });
  });

  test('a rate limit that lasts too long is told to later ones without a request', async () => {
    const always = reply(429, {}, { 'retry-after': '120' });
    await inProcess({ always, requestTimeoutSeconds: 20 }, async ({ fakeApi, call }) => {
      await call('kling_get_task', { task_id: 'a' });
      for (const wait_seconds of [0, 20]) {
        const { content } = await call('kling_get_task', { task_id: 'b', wait_seconds });
        expect(content[0]?.text).toMatch(lookupErrorLike('too_many_requests', /.* Try again after 1(1\d|20) s\.$/));
      }
      expect(fakeApi.requests).toHaveLength(1);
    });
  });
});

// One after the other: the largest records hold up everything else in the process.
describe('a batch', () => {
  test('of 60 tells what is known where one of its two requests fails', async () => {
    await inProcess({ tasks: ids(60).map((id) => completedRecord(id)) }, async ({ fakeApi, call }) => {
      answerWhere(fakeApi, 'task-59', errorReply(403, 'forbidden'));
      const { isError, structuredContent } = await call('kling_get_tasks_batch', { task_ids: ids(60) });
      expect(isError).toBeFalsy();
      expect(structuredContent?.result).toMatchObject({
        counts: { pending: 0, completed: 50, failed: 0, not_found: 0, lookup_failed: 10 },
        lookup_errors: [{ task_ids: ids(60).slice(50), code: 'forbidden', trace_id: 'trace-of-error' }],
      });
    });
  });

  test('is an error only where every request fails', async () => {
    await inProcess({ always: errorReply(403, 'used_up') }, async ({ call }) => {
      const { isError, content } = await call('kling_get_tasks_batch', { task_ids: ids(60) });
      expect(isError).toBe(true);
      expect(content[0]?.text).toMatch(/^\[used_up\]/);
    });
  });

  test('with two records of 5 MB of base64 is looked up in parts', async () => {
    const request = { action: 'lip-sync', audio_file: 'A'.repeat(5_000_000) };
    const tasks = ids(20).map((id, index) => ({ ...completedRecord(id), ...(index % 14 === 3 && { request }) }));
    await inProcess({ tasks }, async ({ fakeApi, call }) => {
      const { structuredContent, content } = await call('kling_get_tasks_batch', { task_ids: ids(20) });
      expect(structuredContent?.result).toMatchObject({ counts: { completed: 20, lookup_failed: 0 } });
      expect(content[0]?.text).not.toContain('AAAA');
      expect(askedOf(fakeApi).map(({ length }) => length)).toEqual([20, 10, 10]);
    });
  });

  test('tells a record over 8 MiB as the fault of its id alone, and not of the base URL', async () => {
    const huge = { ...completedRecord('huge'), request: { audio_file: 'A'.repeat(9_000_000) } };
    await inProcess({ tasks: [huge, completedRecord('b')] }, async ({ call }) => {
      const { structuredContent } = await call('kling_get_tasks_batch', { task_ids: ['huge', 'b'] });
      const result = structuredContent?.result as { counts: Json; lookup_errors: Json[] };
      expect(result.counts).toMatchObject({ completed: 1, lookup_failed: 1 });
      expect(result.lookup_errors).toMatchObject([{ task_ids: ['huge'], code: 'bad_response' }]);
      expect(result.lookup_errors[0]?.message).toMatch(/larger than 8 MiB/);
      expect(result.lookup_errors[0]?.message).not.toContain('BASE_URL');
    });
  });
});
