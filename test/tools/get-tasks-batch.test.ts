import { describe, expect, test } from 'vitest';
import { KlingError } from '../../src/kling/api/error.js';
import type { Task } from '../../src/kling/task/task.js';
import { type Batch, batchSchema, toBatch } from '../../src/tools/get-tasks-batch.js';

const FAILED: Task = { task_id: 'f', status: 'failed', error: { code: 'c', message: 'm' }, trace_id: 'trace-2' };
const pending = (task_id: string, poll_after_seconds = 10): Task => ({
  task_id,
  status: 'pending',
  created_at: '2025-03-03T02:38:55.333Z',
  elapsed_seconds: 3,
  poll_after_seconds,
});

interface Known {
  tasks?: Task[];
  notFound?: string[];
  faults?: Map<string, KlingError>;
  pollAfterSeconds?: number;
}

/** What the batch of these ids tells of what was learnt about them; as the tool does it, the ids are distinct. */
function batchOf(ids: string[], { tasks = [], notFound = [], faults = new Map(), pollAfterSeconds }: Known): Batch {
  const outcome = { tasks: new Map(tasks.map((task) => [task.task_id, task])), notFound, faults, pollAfterSeconds };
  const batch = toBatch(outcome, ids);
  expect(batchSchema.parse(batch)).toEqual(batch);
  return batch;
}

describe('lookup_errors', () => {
  const busy = new KlingError('api_error', 'The API had a fault.', { hint: 'Try again.', retryable: true });
  const refused = new KlingError('forbidden', 'The API refused access.', { hint: 'Check.', traceId: 't' });

  test('tell each fault once, with the ids that it hit as they were asked for', () => {
    const faults = new Map([
      ['A', busy],
      ['B', refused],
      ['C', busy],
    ]);
    const batch = batchOf(['A', 'B', 'C', 'f'], { tasks: [FAILED], faults });
    expect(batch.lookup_errors).toEqual([
      { task_ids: ['A', 'C'], code: 'api_error', message: 'The API had a fault. Try again.' },
      { task_ids: ['B'], code: 'forbidden', message: 'The API refused access. Check.', trace_id: 't' },
    ]);
    expect(batch.counts).toEqual({ pending: 0, completed: 0, failed: 1, not_found: 0, lookup_failed: 3 });
  });

  test('an id that was seen before the fault counts by its state, so that the counts add up', () => {
    const batch = batchOf(['p', 'q'], {
      tasks: [pending('p')],
      faults: new Map([
        ['p', refused],
        ['q', refused],
      ]),
    });
    expect(batch.counts).toEqual({ pending: 1, completed: 0, failed: 0, not_found: 0, lookup_failed: 1 });
  });
});

describe('poll_after_seconds', () => {
  test('is the soonest of the pending tasks, or what the wait says where it ran out', () => {
    const tasks = [pending('p', 10), pending('q', 4), FAILED];
    expect(batchOf(['p', 'q', 'f'], { tasks }).poll_after_seconds).toBe(4);
    expect(batchOf(['p', 'q', 'f'], { tasks, pollAfterSeconds: 1 }).poll_after_seconds).toBe(1);
  });

  test('is absent while nothing is pending', () => {
    const batch = batchOf(['f', 'x'], { tasks: [FAILED], notFound: ['x'], pollAfterSeconds: 1 });
    expect(batch).not.toHaveProperty('poll_after_seconds');
  });
});

describe('not_shown', () => {
  const textLength = (batch: Batch) => JSON.stringify({ result: batch }).length;
  const signed = (task_id: string, length = 850): Task => ({
    task_id,
    status: 'completed',
    video_url: `https://cdn.example/${task_id}.mp4?${'s'.repeat(length)}`,
  });
  const ids = Array.from({ length: 50 }, (_, index) => `task-${index}`);

  test('names the tasks for which a text of 32,000 characters has no room, from the end of the input', () => {
    const batch = batchOf(ids, { tasks: ids.map((id) => signed(id)) });
    expect(textLength(batch)).toBeLessThanOrEqual(32_000);
    expect(textLength(batch)).toBeGreaterThan(31_000);
    expect([...batch.tasks.map(({ task_id }) => task_id), ...(batch.not_shown ?? [])]).toEqual(ids);
    expect(batch.counts.completed).toBe(50);
  });

  test('is absent where all fit', () => {
    expect(batchOf(ids, { tasks: ids.map((id) => signed(id, 400)) })).not.toHaveProperty('not_shown');
  });

  test('repeated calls for what was not shown come to an end, however much each task has to tell', () => {
    const url = `https://cdn.example/${'x'.repeat(4000)}`;
    const other_media = Array.from({ length: 20 }, (_, index) => ({ kind: 'image' as const, url: `${url}${index}` }));
    let left = Array.from({ length: 20 }, (_, index) => `${'i'.repeat(126)}${index}`);
    for (let calls = 0; left.length > 0; calls++) {
      expect(calls).toBeLessThan(100);
      const batch = batchOf(left, { tasks: left.map((id) => ({ ...signed(id), other_media })) });
      expect(textLength(batch)).toBeLessThanOrEqual(32_000);
      const [first] = batch.tasks;
      expect((first?.other_media?.length ?? 0) + (first?.left_out ?? 0)).toBe(20);
      left = batch.not_shown ?? [];
    }
  });
});
