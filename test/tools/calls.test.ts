import type { CallToolResult, Progress } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect } from 'vitest';
import { getTaskTool } from '../../src/tools/get-task.js';
import { getTasksBatchTool } from '../../src/tools/get-tasks-batch.js';
import { lookupErrorLike } from '../support/error-texts.js';
import { all, idsOf, refused, test, type World } from '../support/fake-lookups.js';
import type { Json } from '../support/records.js';

// The rules of waiting are shown in test/kling; here, what the tools make of them.

/** Calls a tool, and lets all time pass. */
async function call(world: World, args: Json, notifyProgress?: (progress: Progress) => void): Promise<CallToolResult> {
  const options = { scheduler: world.scheduler, maxWaitSeconds: 50 };
  const tool = ('task_ids' in args ? getTasksBatchTool : getTaskTool)(options);
  const result = tool.begin(args).run(new AbortController().signal, notifyProgress);
  await world.passAll();
  return result;
}

const textOf = ({ content: [block] }: CallToolResult) => (block?.type === 'text' ? block.text : '');

describe('a call that waits', () => {
  test('returns with the lookup that finds the tasks finished, and has reported progress until then', async ({
    world,
    lookups,
  }) => {
    lookups.find = (atS, ids) =>
      atS < 20 ? { ...all('pending')(atS, ids), b: 'completed' } : all('completed')(atS, ids);
    const seen: Progress[] = [];
    const { structuredContent } = await call(world, { task_ids: ['a', 'b', 'c'], wait_seconds: 50 }, (each) =>
      seen.push(each),
    );
    expect(structuredContent?.result).toMatchObject({ counts: { completed: 3 } });
    expect(structuredContent?.result).not.toHaveProperty('poll_after_seconds');
    expect(seen.map(({ progress }) => progress)).toEqual([0, 4.1, 8.2, 12.3, 16.4]);
    expect(seen[0]).toEqual({ progress: 0, total: 50, message: '0 of 3 tasks finished, 0 s' });
    expect(seen[1]).toMatchObject({ total: 50, message: '1 of 3 tasks finished, 4 s' });
  });

  test('returns the state at the deadline as a normal result, and reports nothing right before that', async ({
    world,
  }) => {
    const seen: Progress[] = [];
    const result = await call(world, { task_id: 'a', wait_seconds: 9 }, (each) => seen.push(each));
    expect(result.isError).toBeFalsy();
    expect(result.structuredContent?.result).toMatchObject({ status: 'pending', poll_after_seconds: 1 });
    // The model would read it again and again.
    expect(textOf(result)).not.toContain('request');
    expect(seen.map(({ progress }) => progress)).toEqual([0, 4.1]);
  });

  test('ends with a fault that repeating cannot mend, and tells the last state', async ({ world, lookups }) => {
    lookups.find = (atS, ids) => (atS === 0 ? all('pending')(atS, ids) : refused);
    const result = await call(world, { task_id: 'a', wait_seconds: 50 });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(lookupErrorLike('invalid_token', /Refused\. .* Last seen pending\.$/));
  });
});

describe('a call that does not wait', () => {
  test('reports no progress, and tells the request of a pending task', async ({ world }) => {
    const { structuredContent } = await call(world, { task_id: 'a' }, () => expect.unreachable());
    expect(structuredContent?.result).toMatchObject({ status: 'pending', request: { prompt: 'A fox' } });
  });

  test('says of an unknown id that a video_id is no task_id, and that ids belong to one account', async ({
    world,
    lookups,
  }) => {
    lookups.find = () => ({});
    const result = await call(world, { task_id: 'a' });
    expect(result).toMatchObject({ isError: true });
    expect(textOf(result)).toBe(
      '[task_not_found] No task a exists for this account. Use the task_id that the generation call returned: a ' +
        'video_id is not a task_id, and a task is visible only with a token of the account that submitted it.',
    );
  });
});

describe('a batch', () => {
  const task_ids = idsOf(60);

  test('tells what is known where one of its two requests fails', async ({ world, lookups }) => {
    lookups.find = (atS, ids) => (ids.includes('task-59') ? refused : all('completed')(atS, ids));
    const { isError, structuredContent } = await call(world, { task_ids });
    expect(isError).toBeFalsy();
    expect(structuredContent?.result).toMatchObject({
      counts: { pending: 0, completed: 50, failed: 0, not_found: 0, lookup_failed: 10 },
      lookup_errors: [{ task_ids: task_ids.slice(50), code: 'invalid_token' }],
    });
  });

  test('is an error only where every request fails', async ({ world, lookups }) => {
    lookups.find = () => refused;
    const result = await call(world, { task_ids });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(/^\[invalid_token\]/);
  });

  test('names ids that differ only in case once, where and as they were asked for first', async ({
    world,
    lookups,
  }) => {
    lookups.find = all('completed');
    const { structuredContent } = await call(world, { task_ids: ['Task-A', 'b', 'task-a'] });
    expect(structuredContent?.result).toMatchObject({ counts: { completed: 2 }, tasks: [{ task_id: 'Task-A' }, {}] });
    expect(lookups.requests).toMatchObject([{ ids: ['Task-A', 'b'] }]);
  });
});
