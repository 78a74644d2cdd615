import type { Progress } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, test } from 'vitest';
import { completedRecord, failedRecord, type Json, pendingRecord } from '../support/records.js';
import { type ServerOptions, Session, type ToolResult } from '../support/server-process.js';
import { errorReply, reply, StandIn, type TaskSource } from '../support/stand-in.js';

interface Setup {
  standIn: StandIn;
  session: Session;
  /** Calls a tool; the answer with the time of the call and the seconds it took. */
  timed(name: string, args: Json): Promise<{ result: ToolResult; callMs: number; seconds: number }>;
}

/** Real seconds pass here, so the cases run side by side, each with a stand-in and a server of its own. */
function waiting(
  name: string,
  tasks: TaskSource[],
  run: (setup: Setup) => Promise<void>,
  options?: ServerOptions,
): void {
  test(name, async () => {
    const standIn = await StandIn.start(tasks);
    const session = await Session.start({ standIn, ...options });
    const timed = async (tool: string, args: Json) => {
      const callMs = performance.now();
      const result = await session.call(tool, args);
      return { result, callMs, seconds: (performance.now() - callMs) / 1000 };
    };
    try {
      await run({ standIn, session, timed });
    } finally {
      await session.close();
      await standIn.close();
    }
  });
}

/** A task that ends the given time after it was first looked at. */
function endsAfter(id: string, seconds: number, ended: Json = completedRecord(id)): TaskSource {
  let endMs: number | undefined;
  let looked = false;
  return () => {
    // The first call only tells the stand-in the id.
    if (looked) endMs ??= performance.now() + seconds * 1000;
    looked = true;
    return endMs !== undefined && performance.now() >= endMs ? ended : pendingRecord(id);
  };
}

/** When the stand-in was asked, in seconds since the call: on a busy machine the first look itself may come late. */
function timesOf({ requests }: StandIn, callMs: number): number[] {
  return requests.map(({ atMs }) => (atMs - callMs) / 1000);
}

const idsOf = ({ requests }: StandIn) => requests.map(({ body }) => body.ids);

describe.concurrent('wait_seconds of kling_get_task', () => {
  waiting('returns with the look that finds the task ended', [endsAfter('a', 2)], async ({ standIn, timed }) => {
    const { result, callMs, seconds } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 50 });
    expect(result.structuredContent?.result).toMatchObject({ status: 'completed' });
    expect(seconds).toBeLessThan(14);
    const [, second, ...more] = timesOf(standIn, callMs);
    expect(second).toBeGreaterThan(4.9);
    expect(more).toEqual([]);
  });

  waiting('returns at once what has ended already', [completedRecord('a')], async ({ standIn, timed }) => {
    const { result, seconds } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 50 });
    expect(result.structuredContent?.result.status).toBe('completed');
    expect(standIn.requests).toHaveLength(1);
    expect(seconds).toBeLessThan(10);
  });

  waiting('at the deadline the state is a normal result', [pendingRecord('a')], async ({ standIn, timed }) => {
    const { result, callMs, seconds } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 4 });
    expect(result.isError).toBeFalsy();
    expect(result.structuredContent?.result).toMatchObject({ status: 'pending', poll_after_seconds: 1 });
    expect(seconds).toBeLessThan(5);
    const [, last, ...more] = timesOf(standIn, callMs);
    expect(last).toBeGreaterThan(2.9);
    expect(more).toEqual([]);
  });

  waiting('a look that is never answered does not hold the answer up', [pendingRecord('a')], async (setup) => {
    const { standIn, timed } = setup;
    standIn.faults.push(standIn.answer, () => {});
    const { result, seconds } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 4 });
    expect(result.structuredContent?.result).toMatchObject({ status: 'pending', poll_after_seconds: 1 });
    expect(seconds).toBeLessThan(5);
  });

  waiting('a 429 while waiting is not the end', [endsAfter('a', 2)], async ({ standIn, timed }) => {
    standIn.faults.push(standIn.answer, errorReply(429, 'too_many_requests'));
    const { result } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 50 });
    expect(result.structuredContent?.result.status).toBe('completed');
    expect(standIn.requests.length).toBe(3);
  });

  waiting('a connection reset while waiting is not the end', [endsAfter('a', 2)], async ({ standIn, timed }) => {
    standIn.faults.push(standIn.answer, (_request, response) => response.destroy());
    const { result } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 50 });
    expect(result.structuredContent?.result.status).toBe('completed');
    expect(standIn.requests.length).toBe(3);
  });

  waiting('a token that is refused while waiting ends it with the last state', [pendingRecord('a')], async (setup) => {
    const { standIn, timed } = setup;
    standIn.faults.push(standIn.answer);
    standIn.always = errorReply(401, 'token_expired');
    standIn.faults.push(standIn.answer);
    const { result, seconds } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 50 });
    expect(result.structuredContent?.result.status).toBe('pending');
    expect(seconds).toBeLessThan(30);
    expect(standIn.requests.length).toBe(3);
  });

  waiting('where no look succeeds the fault is the answer', [], async ({ standIn, timed }) => {
    standIn.always = errorReply(503, 'api_error');
    const { result, seconds } = await timed('kling_get_task', { task_id: 'a', wait_seconds: 3 });
    expect(result.isError).toBe(true);
    expect(result.content[0]?.text).toMatch(/^\[api_error\]/);
    expect(seconds).toBeLessThan(10);
  });
});

describe.concurrent('the configured maximum', () => {
  waiting('is 50, shown in the schemas, and more is refused by naming it', [], async ({ standIn, session }) => {
    const { tools } = await session.client.listTools();
    const maxima = tools.map(({ inputSchema }) => inputSchema.properties?.wait_seconds);
    expect(maxima).toEqual([expect.objectContaining({ maximum: 50 }), expect.objectContaining({ maximum: 50 })]);
    const { isError, content } = await session.call('kling_get_task', { task_id: 'a', wait_seconds: 51 });
    expect(isError).toBe(true);
    expect(content[0]?.text).toMatch(/^\[invalid_arguments\] wait_seconds must be .* 0 to 50 .*KLING_MAX_WAIT/);
    expect(standIn.requests).toEqual([]);
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

describe.concurrent('wait_seconds of kling_get_tasks_batch', () => {
  const mixed = [completedRecord('done'), endsAfter('soon', 2), endsAfter('fails', 2, failedRecord('fails'))];
  waiting('waits for mixed outcomes and asks only for what is pending', mixed, async ({ standIn, timed }) => {
    const task_ids = ['done', 'soon', 'nowhere', 'fails'];
    const { result } = await timed('kling_get_tasks_batch', { task_ids, wait_seconds: 50 });
    expect(result.structuredContent?.result).toMatchObject({
      counts: { pending: 0, completed: 2, failed: 1, not_found: 1, lookup_failed: 0 },
      not_found: ['nowhere'],
    });
    expect(result.structuredContent?.result).not.toHaveProperty('poll_after_seconds');
    expect(idsOf(standIn)).toEqual([task_ids, ['soon', 'fails']]);
  });

  const hundred = Array.from({ length: 100 }, (_, index) => `task-${index}`);
  const slow = hundred.map((id, index) => (index % 10 === 0 ? endsAfter(id, 2) : completedRecord(id)));
  waiting('asks for 100 ids in two requests, then for the pending in one', slow, async ({ standIn, timed }) => {
    const { result } = await timed('kling_get_tasks_batch', { task_ids: hundred, wait_seconds: 50 });
    expect(result.structuredContent?.result).toMatchObject({ counts: { completed: 100 } });
    expect(idsOf(standIn).map((ids) => (ids as string[]).length)).toEqual([50, 50, 10]);
  });

  const halves = hundred.slice(0, 60).map((id) => completedRecord(id));
  waiting('a request that fails beside one that succeeds is told, and the rest is known', halves, async (setup) => {
    const { standIn, session } = setup;
    standIn.faults.push(reply(400, { error: { code: 'bad_request', message: 'no' } }));
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
    const { standIn, timed } = setup;
    standIn.faults.push(standIn.answer, errorReply(403, 'used_up'));
    const { result } = await timed('kling_get_tasks_batch', { task_ids: ['a', 'b'], wait_seconds: 50 });
    expect(result.structuredContent?.result).toMatchObject({
      counts: { pending: 2, lookup_failed: 0 },
      lookup_errors: [{ task_ids: ['a', 'b'], code: 'used_up' }],
    });
  });

  waiting('only when all requests fail is the call an error', [], async ({ standIn, session }) => {
    standIn.always = errorReply(401, 'invalid_token');
    const { isError, content } = await session.call('kling_get_tasks_batch', { task_ids: hundred });
    expect(isError).toBe(true);
    expect(content).toEqual([{ type: 'text', text: expect.stringMatching(/^\[invalid_token\]/) }]);
    expect(standIn.requests).toHaveLength(2);
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

describe.concurrent('cancellation', () => {
  waiting('between two looks ends the wait: no further look, no answer', [pendingRecord('a')], async (setup) => {
    const { standIn, session } = setup;
    const controller = new AbortController();
    const args = { task_id: 'a', wait_seconds: 4 };
    const call = session.call('kling_get_task', args, { signal: controller.signal });
    await standIn.received(1);
    await session.server.logged('HTTP 200');
    controller.abort();
    await expect(call).rejects.toThrow();
    const answers = session.server.messages.length;
    // A second call of the same length outlives what the first would have asked and answered.
    await session.call('kling_get_task', { task_id: 'a', wait_seconds: 4 });
    expect(session.server.messages.length).toBe(answers + 1);
    expect(standIn.requests.length).toBe(3);
  });

  waiting('aborts the request in flight at once', [], async ({ standIn, session }) => {
    let closed: Promise<void> | undefined;
    standIn.faults.push((_request, response) => {
      closed = new Promise((resolve) => response.on('close', resolve));
    });
    const controller = new AbortController();
    const call = session.call('kling_get_task', { task_id: 'a' }, { signal: controller.signal });
    await standIn.received(1);
    controller.abort();
    await expect(call).rejects.toThrow();
    await closed;
    expect((await session.call('kling_get_task', { task_id: 'a' })).content[0]?.text).toMatch(/^\[task_not_found\]/);
  });
});
