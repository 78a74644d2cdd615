import type { Progress } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect } from 'vitest';
import { errorReply, reply } from '../support/fake-api.js';
import { completedRecord, failedRecord, type Json, pendingRecord } from '../support/records.js';
import { endsAfter, idsOf, waiting } from '../support/waiting.js';

describe.concurrent('wait_seconds of kling_get_tasks_batch', () => {
  const mixed = [completedRecord('done'), endsAfter('soon', 2), endsAfter('fails', 2, failedRecord('fails'))];
  waiting('waits for mixed outcomes and asks only for what is pending', mixed, async ({ fakeApi, timed }) => {
    const task_ids = ['done', 'soon', 'nowhere', 'fails'];
    const { result } = await timed('kling_get_tasks_batch', { task_ids, wait_seconds: 50 });
    expect(result.structuredContent?.result).toMatchObject({
      counts: { pending: 0, completed: 2, failed: 1, not_found: 1, lookup_failed: 0 },
      not_found: ['nowhere'],
    });
    expect(result.structuredContent?.result).not.toHaveProperty('poll_after_seconds');
    expect(idsOf(fakeApi)).toEqual([task_ids, ['soon', 'fails']]);
  });

  const hundred = Array.from({ length: 100 }, (_, index) => `task-${index}`);
  const slow = hundred.map((id, index) => (index % 10 === 0 ? endsAfter(id, 2) : completedRecord(id)));
  waiting('asks for 100 ids in two requests, then for the pending in one', slow, async ({ fakeApi, timed }) => {
    const { result } = await timed('kling_get_tasks_batch', { task_ids: hundred, wait_seconds: 50 });
    expect(result.structuredContent?.result).toMatchObject({ counts: { completed: 100 } });
    expect(idsOf(fakeApi).map((ids) => (ids as string[]).length)).toEqual([50, 50, 10]);
  });

  const halves = hundred.slice(0, 60).map((id) => completedRecord(id));
  waiting('a request that fails beside one that succeeds is told, and the rest is known', halves, async (setup) => {
    const { fakeApi, session } = setup;
    fakeApi.faults.push(reply(400, { error: { code: 'bad_request', message: 'no' } }));
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
        code: 'bad_request',
        message: expect.stringMatching(/refused the request.*\. .+\.$/),
      },
    ]);
  });

  waiting('a fault at a later look leaves what was seen', [pendingRecord('a'), pendingRecord('b')], async (setup) => {
    const { fakeApi, timed } = setup;
    fakeApi.faults.push(fakeApi.answer, errorReply(403, 'used_up'));
    const { result } = await timed('kling_get_tasks_batch', { task_ids: ['a', 'b'], wait_seconds: 50 });
    expect(result.structuredContent?.result).toMatchObject({
      counts: { pending: 2, lookup_failed: 0 },
      lookup_errors: [{ task_ids: ['a', 'b'], code: 'used_up' }],
    });
  });

  waiting('only when all requests fail is the call an error', [], async ({ fakeApi, session }) => {
    fakeApi.always = errorReply(401, 'invalid_token');
    const { isError, content } = await session.call('kling_get_tasks_batch', { task_ids: hundred });
    expect(isError).toBe(true);
    expect(content).toEqual([{ type: 'text', text: expect.stringMatching(/^\[invalid_token\]/) }]);
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
      expect(progress).toBeGreaterThan(seen[index - 1]?.progress ?? 0);
      expect(total).toBe(50);
      expect(message).toMatch(/^1 of 2 tasks finished, \d+ s$/);
    }
    expect(session.server.messages.at(-1)).toHaveProperty('result');
  });

  waiting('does not come unasked', [endsAfter('a', 2)], async ({ session }) => {
    await session.call('kling_get_task', { task_id: 'a', wait_seconds: 50 });
    expect(session.server.messages.filter(({ method }) => method !== undefined)).toEqual([]);
  });
});
