import { describe, expect, test } from 'vitest';
import { BAD_REQUEST_HINT, lookupError, TOKEN_HINT } from '../support/error-texts.js';
import { errorReply, type FakeApi, type Handler, reply } from '../support/fake-api.js';
import { inProcess } from '../support/in-process.js';
import { completedRecord, type Json } from '../support/records.js';
import { idsOf } from '../support/waiting.js';

const EIGHT = ['a', 'b', 'c', 'bad', 'e', 'f', 'g', 'h'];
const tasks = EIGHT.filter((id) => id !== 'bad').map((id) => completedRecord(id));

/** Gives the answer to every request that asks for the id, and the ordinary one to others. */
function answerWhere(fakeApi: FakeApi, asked: string, handler: Handler): void {
  fakeApi.always = (request, ...rest) => {
    const ids = (request.body.ids ?? [request.body.id]) as string[];
    (ids.includes(asked) ? handler : fakeApi.answer)(request, ...rest);
  };
}

describe.concurrent('Upstream faults of a request for several tasks', () => {
  test.each([
    [400, 'bad_request'],
    [422, 'a_code_of_tomorrow'],
  ])(
    '%i %s, which may concern one of them: asked in halves, down to that one, which alone gets it',
    async (...fault) => {
      await inProcess({ tasks }, async ({ fakeApi, call }) => {
        answerWhere(fakeApi, 'bad', errorReply(...fault));
        const { structuredContent } = await call('kling_get_tasks_batch', { task_ids: EIGHT });
        expect(structuredContent?.result).toMatchObject({
          counts: { completed: 7, not_found: 0, lookup_failed: 1 },
          lookup_errors: [
            { task_ids: ['bad'], code: fault[1], message: expect.any(String), trace_id: 'trace-of-error' },
          ],
        });
        expect(idsOf(fakeApi).map((ids) => ids.join(''))).toEqual([
          'abcbadefgh',
          'abcbad',
          'ab',
          'cbad',
          'c',
          'bad',
          'efgh',
        ]);
      });
    },
  );

  test('a 4xx that concerns the task of one call: the call that shares its request gets its task', async () => {
    await inProcess({ tasks }, async ({ fakeApi, call }) => {
      answerWhere(fakeApi, 'bad', errorReply(400, 'bad_request'));
      const [good, bad] = await Promise.all(['a', 'bad'].map((task_id) => call('kling_get_task', { task_id })));
      expect(idsOf(fakeApi)).toEqual([['a', 'bad'], ['a'], ['bad']]);
      expect(good?.structuredContent?.result).toMatchObject({ task_id: 'a', status: 'completed' });
      const what = `The API refused the request (HTTP 400): about bad_request. ${BAD_REQUEST_HINT}`;
      expect(bad?.content[0]?.text).toBe(lookupError('bad_request', what, 'trace-of-error'));
    });
  });

  test('a token that is refused: told to every call, and not asked about in halves', async () => {
    await inProcess({ always: errorReply(401, 'invalid_token') }, async ({ fakeApi, call }) => {
      const calls = await Promise.all(['a', 'b', 'c'].map((task_id) => call('kling_get_task', { task_id })));
      const what = `The API does not accept the token (HTTP 401): about invalid_token. ${TOKEN_HINT}`;
      for (const { content } of calls) {
        expect(content).toEqual([{ type: 'text', text: lookupError('invalid_token', what, 'trace-of-error') }]);
      }
      expect(idsOf(fakeApi)).toEqual([['a', 'b', 'c']]);
    });
  });

  /** What a batch of three makes of these items. */
  function batchOf(items: unknown[]) {
    return inProcess({ always: reply(200, { items, count: items.length }) }, async (tools) => {
      const { structuredContent } = await tools.call('kling_get_tasks_batch', { task_ids: ['a', 'b', 'c'] });
      return { result: structuredContent?.result as Json, foreignRecords: tools.foreignRecords };
    });
  }

  test('an item without an id whose response has a task_id: the task', async () => {
    const { id: _, ...record } = completedRecord('b');
    const { result, foreignRecords } = await batchOf([completedRecord('a'), record]);
    expect(result).toMatchObject({ counts: { completed: 2, not_found: 1 }, not_found: ['c'] });
    expect((result.tasks as Json[]).map(({ task_id }) => task_id)).toEqual(['a', 'b']);
    expect(foreignRecords).toBe(0);
  });

  test('items that nobody asked for: ignored, and told to the log', async () => {
    const { result, foreignRecords } = await batchOf([completedRecord('x'), completedRecord('a'), {}, null, 5]);
    expect(result).toMatchObject({ counts: { completed: 1, not_found: 2 }, not_found: ['b', 'c'] });
    expect(JSON.stringify(result)).not.toContain('x.mp4');
    expect(foreignRecords).toBeGreaterThanOrEqual(1);
  });

  test('a task that comes twice: told once', async () => {
    const { result } = await batchOf([completedRecord('a'), completedRecord('A'), completedRecord('a')]);
    expect(result).toMatchObject({ counts: { completed: 1, not_found: 2 } });
  });

  test.each([
    ['{}', {}],
    ['null', null],
    ['an empty list', { items: [], count: 0 }],
    ['null for the list', { items: null, count: 0 }],
  ])('a batch that is answered with %s: none was found', async (_name, answer) => {
    await inProcess({ always: reply(200, answer) }, async ({ call }) => {
      const { structuredContent } = await call('kling_get_tasks_batch', { task_ids: ['a', 'b'] });
      expect(structuredContent?.result).toMatchObject({ counts: { not_found: 2 }, tasks: [], not_found: ['a', 'b'] });
    });
  });

  test('a batch that is answered without a list: bad_response', async () => {
    await inProcess({ always: reply(200, { count: 0 }) }, async ({ call }) => {
      const { content } = await call('kling_get_tasks_batch', { task_ids: ['a', 'b'] });
      expect(content[0]?.text).toMatch(/^\[bad_response\] .* a batch without a list of items\./);
    });
  });

  test('a record of another task for a single lookup: bad_response, and for a batch it is ignored', async () => {
    await inProcess({ always: reply(200, completedRecord('x')) }, async ({ call }) => {
      const { content, structuredContent } = await call('kling_get_task', { task_id: 'a' });
      expect(structuredContent).toBeUndefined();
      expect(content[0]?.text).toMatch(/^\[bad_response\] .* a record that is not the one asked for\./);
    });
  });
});
