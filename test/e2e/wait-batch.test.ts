import type { Progress } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect } from 'vitest';
import { lookupErrorLike } from '../support/error-texts.js';
import { errorReply, reply } from '../support/fake-api.js';
import { completedRecord, failedRecord, type Json, pendingRecord } from '../support/records.js';
import { endsAfter, idsOf, waiting, waitingInProcess } from '../support/waiting.js';

describe.concurrent('wait_seconds of kling_get_tasks_batch', () => {
  const mixed = [completedRecord('done'), endsAfter('soon', 2), endsAfter('fails', 2, failedRecord('fails'))];
  waitingInProcess('waits for mixed outcomes and asks only for what is pending', mixed, async ({ fakeApi, timed }) => {
    const task_ids = ['done', 'soon', 'nowhere', 'fails'];
    const { result } = await timed('kling_get_tasks_batch', { task_ids, wait_seconds: 50 });
    expect(result.structuredContent?.result).toMatchObject({
      counts: { pending: 0, completed: 2, failed: 1, not_found: 1, lookup_failed: 0 },
      not_found: ['nowhere'],
    });
    expect(result.structuredContent?.result).not.toHaveProperty('poll_after_seconds');
    // What was not found is looked at once more after 5 s, what is pending after 10 s.
    expect(idsOf(fakeApi)).toEqual([task_ids, ['nowhere'], ['soon', 'fails']]);
  });

  const hundred = Array.from({ length: 100 }, (_, index) => `task-${index}`);
  const slow = hundred.map((id, index) => (index % 10 === 0 ? endsAfter(id, 2) : completedRecord(id)));
  waitingInProcess(
    'asks for 100 ids in two requests, then for the pending in one',
    slow,
    async ({ fakeApi, timed }) => {
      const { result } = await timed('kling_get_tasks_batch', { task_ids: hundred, wait_seconds: 50 });
      expect(result.structuredContent?.result).toMatchObject({ counts: { completed: 100 } });
      const [first, second, ...repeated] = idsOf(fakeApi).map((ids) => ids.length);
      expect([first, second]).toEqual([50, 50]);
      // In one request, or in two where the first answers came apart.
      expect(repeated.reduce((sum, length) => sum + length, 0)).toBe(10);
      expect(repeated.length).toBeLessThanOrEqual(2);
    },
  );

  const halves = hundred.slice(0, 60).map((id) => completedRecord(id));
  waiting('a request that fails beside one that succeeds is told, and the rest is known', halves, async (setup) => {
    const { fakeApi, session } = setup;
    fakeApi.faults.push(reply(403, { error: { code: 'forbidden', message: 'no' }, trace_id: 'trace-9' }));
    const task_ids = hundred.slice(0, 60);
    const { structuredContent, isError } = await session.call('kling_get_tasks_batch', { task_ids });
    expect(isError).toBeFalsy();
    const result = structuredContent?.result as { counts: Json; lookup_errors: { task_ids: string[]; code: string }[] };
    const failed = result.lookup_errors[0]?.task_ids.length ?? 0;
    expect([10, 50]).toContain(failed);
    expect(result.counts).toEqual({
      pending: 0,
      completed: 60 - failed,
      failed: 0,
      not_found: 0,
      lookup_failed: failed,
    });
    expect(result.lookup_errors).toEqual([
      {
        task_ids: expect.any(Array),
        code: 'forbidden',
        message: expect.stringMatching(/^The API refused access.*\. .+\.$/),
        trace_id: 'trace-9',
      },
    ]);
  });

  const healthy = hundred.slice(0, 50).map((id) => endsAfter(id, 2, completedRecord(id), 3));
  waitingInProcess('a chunk that cannot be mended does not end the wait for 50 healthy ids', healthy, async (setup) => {
    const { fakeApi, timed } = setup;
    fakeApi.always = (request, ...rest) => {
      const isBad = ((request.body.ids ?? []) as string[]).includes('task-99');
      (isBad ? errorReply(403, 'forbidden') : fakeApi.answer)(request, ...rest);
    };
    const { result, seconds } = await timed('kling_get_tasks_batch', { task_ids: hundred, wait_seconds: 50 });
    expect(result.structuredContent?.result).toMatchObject({
      counts: { pending: 0, completed: 50, not_found: 0, lookup_failed: 50 },
      lookup_errors: [{ task_ids: hundred.slice(50), code: 'forbidden', trace_id: 'trace-of-error' }],
    });
    expect(seconds).toBeLessThan(40);
    expect(idsOf(fakeApi).map((ids) => ids.length)).toEqual([50, 50, 50]);
  });

  waitingInProcess(
    'a fault at a later look leaves what was seen',
    [pendingRecord('a'), pendingRecord('b')],
    async (setup) => {
      const { fakeApi, timed } = setup;
      fakeApi.faults.push(fakeApi.answer, errorReply(403, 'used_up'));
      const { result } = await timed('kling_get_tasks_batch', { task_ids: ['a', 'b'], wait_seconds: 50 });
      expect(result.structuredContent?.result).toMatchObject({
        counts: { pending: 2, lookup_failed: 0 },
        lookup_errors: [{ task_ids: ['a', 'b'], code: 'used_up', trace_id: 'trace-of-error' }],
      });
    },
  );

  waiting('only when all requests fail is the call an error', [], async ({ fakeApi, session }) => {
    fakeApi.always = errorReply(401, 'invalid_token');
    const { isError, content } = await session.call('kling_get_tasks_batch', { task_ids: hundred });
    expect(isError).toBe(true);
    expect(content).toEqual([
      { type: 'text', text: expect.stringMatching(lookupErrorLike('invalid_token', /The API does not/)) },
    ]);
    expect(fakeApi.requests).toHaveLength(2);
  });
});

describe.concurrent('progress', () => {
  waiting('comes to a client that asked for it', [endsAfter('a', 6), completedRecord('b')], async ({ session }) => {
    const seen: Progress[] = [];
    const args = { task_ids: ['a', 'b'], wait_seconds: 50 };
    const { structuredContent } = await session.call('kling_get_tasks_batch', args, {
      onprogress: (progress) => seen.push(progress),
    });
    expect(structuredContent?.result).toMatchObject({ counts: { completed: 2 } });
    expect(seen.length).toBeGreaterThanOrEqual(2);
    for (const [index, { progress, total, message }] of seen.entries()) {
      expect(progress).toBeGreaterThan(seen[index - 1]?.progress ?? -1);
      expect(total).toBe(50);
      expect(message).toMatch(index === 0 ? /^0 of 2 tasks finished, \d+ s$/ : /^1 of 2 tasks finished, \d+ s$/);
    }
    expect(session.server.messages.at(-1)).toHaveProperty('result');
  });

  waiting('does not come unasked', [endsAfter('a', 2)], async ({ session }) => {
    await session.call('kling_get_task', { task_id: 'a', wait_seconds: 50 });
    expect(session.server.messages.filter(({ method }) => method !== undefined)).toEqual([]);
  });
});
