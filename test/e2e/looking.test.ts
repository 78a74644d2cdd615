import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import type { FakeApi } from '../support/fake-api.js';
import { completedRecord, type Json, pendingRecord, record } from '../support/records.js';
import { endsAfter, timesOf, waiting } from '../support/waiting.js';

const ids = (count: number) => Array.from({ length: count }, (_, index) => `task-${index}`);

/** The API takes its time for every answer. */
function takeTime(fakeApi: FakeApi, ms: number): void {
  fakeApi.always = async (...args) => {
    await sleep(ms);
    fakeApi.answer(...args);
  };
}

const sizesOf = ({ requests }: FakeApi) => requests.map(({ body }) => (body.ids as string[] | undefined)?.length ?? 1);

describe.concurrent('looking, as the API sees it', () => {
  const hundred = ids(100).map((id) => endsAfter(id, 5));
  waiting('100 waits started together: 6 requests in the first second, then one a second', hundred, async (setup) => {
    const { fakeApi, timed } = setup;
    takeTime(fakeApi, 200);
    const calls = await Promise.all(ids(100).map((task_id) => timed('kling_get_task', { task_id, wait_seconds: 50 })));
    const startMs = Math.min(...calls.map(({ callMs }) => callMs));
    const times = timesOf(fakeApi, startMs);
    const firstMs = times[0] ?? 0;
    expect(times.filter((time) => time < firstMs + 1).length).toBeLessThanOrEqual(6);
    const later = times.filter((time) => time >= firstMs + 1);
    for (const [index, time] of later.entries()) expect(time - (later[index - 1] ?? 0)).toBeGreaterThan(0.99);
    // Their age allows a look every 10 s; two requests hold all of them.
    for (const { result, seconds } of calls) {
      expect(result.structuredContent?.result).toMatchObject({ status: 'completed' });
      expect(seconds).toBeLessThan(firstMs + 10 + 2 + 2);
    }
  });

  waiting('an id asked for by ten calls at once is asked for once', [completedRecord('a')], async (setup) => {
    const { fakeApi, session } = setup;
    takeTime(fakeApi, 200);
    const calls = Array.from({ length: 10 }, () => session.call('kling_get_task', { task_id: 'a' }));
    for (const { structuredContent } of await Promise.all(calls)) {
      expect(structuredContent?.result).toMatchObject({ status: 'completed' });
    }
    expect(fakeApi.requests.map(({ body }) => body)).toEqual([{ action: 'retrieve', id: 'a' }]);
  });

  const three = ['a', 'b', 'c'].map((id) => completedRecord(id));
  waiting('a cancelled call harms nobody, and leaves the connections to the others', three, async (setup) => {
    const { fakeApi, session } = setup;
    await session.call('kling_get_task', { task_id: 'a' });
    const sockets = [...fakeApi.sockets];
    const release = fakeApi.hold();
    const controller = new AbortController();
    const cancelled = session.call('kling_get_task', { task_id: 'a' }, { signal: controller.signal });
    await fakeApi.received(2);
    const others = ['b', 'c'].map((task_id) => session.call('kling_get_task', { task_id }));
    await fakeApi.received(3);
    controller.abort();
    await expect(cancelled).rejects.toThrow();
    release();
    for (const { structuredContent } of await Promise.all(others)) {
      expect(structuredContent?.result).toMatchObject({ status: 'completed' });
    }
    const [socket] = [...fakeApi.sockets].filter((open) => !sockets.includes(open));
    expect(socket).toBeDefined();
    await session.call('kling_get_task', { task_id: 'a' });
    expect(fakeApi.sockets).toContain(socket);
  });

  const audio_file = 'A'.repeat(5_000_000);
  const twenty = ids(20).map((id, index) =>
    index === 3 || index === 17
      ? { ...completedRecord(id), request: { action: 'lip-sync', audio_file } }
      : completedRecord(id),
  );
  waiting('two records with 5 MB of base64 do not fail a batch of twenty', twenty, async ({ fakeApi, session }) => {
    const { structuredContent, content } = await session.call('kling_get_tasks_batch', { task_ids: ids(20) });
    expect(content[0]?.text).not.toContain('AAAA');
    expect(structuredContent?.result).toMatchObject({ counts: { completed: 20, lookup_failed: 0 } });
    expect(sizesOf(fakeApi)).toEqual([20, 10, 10]);
  });

  const followed = ids(20).map((id, index) => () => ({
    ...pendingRecord(id),
    request: index % 10 === 3 ? { action: 'lip-sync', audio_file } : { prompt: 'x' },
  }));
  waiting('pending tasks with 5 MB of base64 are followed at the ordinary pace', followed, async (setup) => {
    const { fakeApi, timed } = setup;
    const args = { task_ids: ids(20), wait_seconds: 24 };
    const { result, callMs } = await timed('kling_get_tasks_batch', args);
    expect(result.structuredContent?.result).toMatchObject({ counts: { pending: 20, lookup_failed: 0 } });
    // The first look learns which records are large, and is divided for that.
    const repeated = timesOf(fakeApi, callMs).filter((time) => time > 8);
    expect(repeated.length).toBeLessThanOrEqual(6);
    for (const [index, time] of repeated.entries()) {
      if (index > 0) expect(time - (repeated[index - 1] ?? 0)).toBeGreaterThan(0.99);
    }
  });

  const huge = record('huge', { request: { audio_file: 'A'.repeat(9_000_000) } });
  waiting(
    'a record over 8 MiB is the fault of its id alone, and not of the base URL',
    [huge, completedRecord('b')],
    async (setup) => {
      const task_ids = ['huge', 'b'];
      const { structuredContent } = await setup.session.call('kling_get_tasks_batch', { task_ids });
      const result = structuredContent?.result as { lookup_errors: Json[] };
      expect(result).toMatchObject({ counts: { completed: 1, lookup_failed: 1 } });
      expect(result.lookup_errors).toMatchObject([{ task_ids: ['huge'], code: 'bad_response' }]);
      expect(result.lookup_errors[0]?.message).toMatch(/larger than 8 MiB/);
      expect(result.lookup_errors[0]?.message).not.toContain('BASE_URL');
    },
  );

  waiting(
    'a thousand calls on a slow API do not time out in the queue',
    ids(1000).map((id) => completedRecord(id)),
    async ({ fakeApi, session }) => {
      takeTime(fakeApi, 1200);
      const calls = await Promise.all(ids(1000).map((task_id) => session.call('kling_get_task', { task_id })));
      expect(calls.filter(({ isError }) => isError).map(({ content }) => content[0]?.text)).toEqual([]);
      expect(fakeApi.requests.length).toBeLessThanOrEqual(40);
    },
    { env: { KLING_REQUEST_TIMEOUT: '8' } },
  );

  waiting(
    'pending tasks that many calls wait for are asked about together',
    ids(10).map((id) => pendingRecord(id)),
    async (setup) => {
      const { fakeApi, timed } = setup;
      await Promise.all(ids(10).map((task_id) => timed('kling_get_task', { task_id, wait_seconds: 4 })));
      expect(sizesOf(fakeApi).reduce((sum, size) => sum + size, 0)).toBe(20);
      expect(sizesOf(fakeApi).at(-1)).toBe(10);
    },
  );
});
