import { describe, expect, test } from 'vitest';
import { lookupErrorLike } from '../support/error-texts.js';
import { errorReply, reply } from '../support/fake-api.js';
import { expectUsable } from '../support/faults.js';
import { answerWith, fakeApi, ID, session, taskOf } from '../support/hostile.js';
import { completedRecord, failedRecord, type Json, record } from '../support/records.js';
import { callSafely, nestedRecord } from '../support/safety.js';

const MIB = 1024 * 1024;

describe('Hostile strings', () => {
  test('1 MB prompts: cut at 2,500 characters, in the request and in messages', async () => {
    const prompt = 'a cup of tea, '.repeat(75_000);
    const { request } = await taskOf({ ...completedRecord(ID), request: { prompt, negative_prompt: prompt } });
    expect(request).toEqual({
      prompt: expect.stringMatching(/^a cup.{2494}…$/),
      negative_prompt: expect.stringMatching(/…$/),
    });
    const { error } = await taskOf(failedRecord(ID, prompt));
    expect(JSON.stringify(error).length).toBeLessThan(600);
  });

  test.each(['response', 'request', 'anything', 'error'])(
    'deep nesting, 100,000 levels inside %s: a Task',
    async (part) => {
      const { response, request, ...rest } = completedRecord(ID);
      const body = { ...rest, ...(part !== 'response' && { response }), ...(part !== 'request' && { request }) };
      const task = await taskOf(nestedRecord(body, part, 100_000));
      expect(task).toMatchObject({ task_id: ID, status: 'completed' });
    },
  );

  test('deep nesting, 1,000,000 levels around everything: bad_response', async () => {
    answerWith(reply(200, `${'['.repeat(MIB)}${']'.repeat(MIB)}`));
    const { content } = await callSafely(session, ID);
    expect(content[0]?.text).toMatch(/^\[bad_response\]/);
  });

  test('deep nesting, a response that is a JSON string nested 100,000 levels deep: a Task', async () => {
    const response = nestedRecord({ state: 'succeed' }, 'data', 100_000);
    expect(await taskOf(record(ID, { response }))).toMatchObject({ status: 'completed' });
  });

  test.each<[string, () => Json]>([
    ['backslashes', () => ({ ...completedRecord(ID), request: { prompt: '\\'.repeat(3.5 * MIB) } })],
    [
      'unfinished terminal sequences',
      () => ({ ...completedRecord(ID), request: { prompt: `\u001b${';#'.repeat(3 * MIB)}` } }),
    ],
    ['unfinished terminal titles', () => ({ ...completedRecord(ID), request: { prompt: '\u009d'.repeat(3 * MIB) } })],
    ['blanks', () => failedRecord(ID, `x${' '.repeat(7 * MIB)}x`)],
    [
      'links',
      () => record(ID, { response: { urls: Array.from({ length: 200_000 }, (_, i) => `https://h.example/${i}.mp4`) } }),
    ],
    [
      'keys',
      () => ({
        ...completedRecord(ID),
        request: Object.fromEntries(Array.from({ length: 300_000 }, (_, i) => [`key${i}`, i])),
      }),
    ],
    [
      'callback addresses',
      () => ({
        ...completedRecord(ID),
        request: {
          ...Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`callback_${i}`, `secret-${i}`])),
          prompt: 'a b c '.repeat(MIB / 2),
        },
      }),
    ],
    ['nested lists', () => record(ID, { response: { data: Array.from({ length: 1_000_000 }, () => [[]]) } })],
  ])('megabytes of %s: answered, and no other call has to wait for long', async (_name, body) => {
    answerWith(reply(200, body()));
    const startMs = performance.now();
    const call = callSafely(session, ID);
    await fakeApi.received(fakeApi.requests.length + 1);
    await expectUsable(session);
    await call;
    expect(performance.now() - startMs).toBeLessThan(45_000);
  });

  test('an error whose code and trace id are megabytes long: the fallbacks', async () => {
    answerWith(errorReply(403, 'x'.repeat(MIB), 'y'.repeat(MIB)));
    const { content } = await callSafely(session, ID);
    expect(content[0]?.text).toMatch(
      lookupErrorLike('forbidden', /The API refused access \(HTTP 403\): y+…\. The token may/),
    );
  });
});
