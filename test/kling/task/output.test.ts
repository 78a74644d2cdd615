import { describe, expect, test } from 'vitest';
import { toTask } from '../../../src/kling/task/task.js';
import { completedRecord, PRIVATE_VALUES } from '../../support/records.js';

const taskOf = (response: unknown) => toTask({ ...completedRecord('t'), response }, { taskId: 't', nowMs: 0 });
const outputOf = (response: unknown) => taskOf(response).output;

describe('output', () => {
  test('is the data of a task without video or image', () => {
    const data = { voice_id: 'v1', voice_name: 'Anna', active: true, count: 0, tags: ['a', 'b'] };
    expect(outputOf({ success: true, data, task_id: 't' })).toEqual(data);
    expect(outputOf({ success: true, data: [{ element_id: 5 }], task_id: 't' })).toEqual([{ element_id: 5 }]);
    expect(outputOf({ success: true, data: 'ready' })).toBe('ready');
  });

  test('is the response without its envelope if there is no data', () => {
    const wrapping = { success: true, task_id: 't', trace_id: 'x', state: 'succeed', status: 'succeed', request: {} };
    expect(outputOf({ ...wrapping, element_id: 'e1' })).toEqual({ element_id: 'e1' });
  });

  test('is there beside a sound, since the sound may not be everything', () => {
    const data = { voice_id: 'v1', audio_url: 'https://a.example/b.mp3' };
    expect(taskOf({ success: true, data })).toMatchObject({
      output: { voice_id: 'v1' },
      other_media: [{ kind: 'audio', url: 'https://a.example/b.mp3' }],
    });
  });

  test.each(['video_url', 'image_url'])('is absent beside %s', (key) => {
    expect(taskOf({ success: true, data: { [key]: 'https://a.example/b', voice_id: 'v' } })).not.toHaveProperty(
      'output',
    );
  });

  test.each([
    { success: true },
    { success: true, data: {} },
    { success: true, data: [[], {}] },
    { success: true, data: null },
  ])('is absent where %j has nothing to show', (response) => expect(taskOf(response)).not.toHaveProperty('output'));

  test('is absent from a failed and a pending task', () => {
    expect(taskOf({ success: false, data: { voice_id: 'v' } })).not.toHaveProperty('output');
    const open = { id: 't', response: { success: true, data: { voice_id: 'v' } } };
    expect(toTask(open, { taskId: 't', nowMs: 0 })).not.toHaveProperty('output');
  });
});

test('the output has both of two keys that are alike once they are cut', () => {
  const long = 'k'.repeat(64);
  const data = { [`${long}_a`]: 1, [`${long}_b`]: { x: 2 }, [`${long}_c`]: [3], 'a\u200b': 4, a: 5 };
  expect(outputOf({ success: true, data })).toEqual({
    [`${'k'.repeat(63)}…`]: 1,
    [`${'k'.repeat(59)}… (2)`]: { x: 2 },
    [`${'k'.repeat(59)}… (3)`]: [3],
    a: 4,
    'a (2)': 5,
  });
});

describe('what the output leaves out', () => {
  test('internal fields and callback addresses, at any depth', () => {
    const internal =
      JSON.parse(`{"_id":"x","user_id":"x","job_id":5,"callback_url":"https://a.example","webhook":{"a":1},
      "__proto__":{"polluted":true}}`);
    const data = { voice_id: 'v', ...internal, list: [{ ...internal, a: 1 }] };
    expect(outputOf({ success: true, data })).toEqual({ voice_id: 'v', list: [{ a: 1 }] });
    expect({}).not.toHaveProperty('polluted');
  });

  test.each(PRIVATE_VALUES)('%s, also inside a text', (value) => {
    expect(outputOf({ success: true, data: { note: `for ${value}.`, callback_url: PRIVATE_VALUES.at(-1) } })).toEqual({
      note: 'for [redacted].',
    });
  });

  test('null, numbers that are not finite, and URLs that are not http(s); encoded data is cut out', () => {
    const data = JSON.parse('{"a":1e999,"b":null,"c":1}');
    const url = 'javascript:alert(1)';
    expect(outputOf({ success: true, data: { ...data, url, d: 'x'.repeat(300), e: 'data:a/b,c' } })).toEqual({
      c: 1,
      d: '…',
      e: '…',
    });
  });

  test('what lies deeper than eight levels', () => {
    const nest = (depth: number): unknown => (depth === 0 ? 'core' : { in: nest(depth - 1) });
    expect(outputOf({ success: true, data: { a: 1, deep: nest(20) } })).toEqual({ a: 1 });
    expect(JSON.stringify(outputOf({ success: true, data: nest(7) }))).toContain('core');
  });
});

describe('the size of the output', () => {
  test('is at most 4 KB; what does not fit is left out, and what comes behind it stays', () => {
    const long = '声音'.repeat(1000);
    expect(outputOf({ success: true, data: { description: long, voice_id: 'v1' } })).toEqual({ voice_id: 'v1' });
    expect(outputOf({ success: true, data: { list: [long, { text: long }, 'b'], voice_id: 'v1' } })).toEqual({
      list: ['b'],
      voice_id: 'v1',
    });
  });

  test.each([
    ['many texts', Array.from({ length: 1000 }, () => 'é"\\\n')],
    ['many objects', Array.from({ length: 1000 }, (_, index) => ({ element_id: index }))],
    ['many keys', Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`key_${index}`, index]))],
    ['many numbers', Array.from({ length: 5000 }, () => 1)],
    ['long keys', Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`${index}${'声'.repeat(99)}`, index]))],
    ['empty lists', Array.from({ length: 100_000 }, () => [])],
  ])('of %s is at most 4 KB', (_, data) => {
    expect(Buffer.byteLength(JSON.stringify(outputOf({ success: true, data }) ?? null))).toBeLessThanOrEqual(4096);
  });

  test('is not used up by the keys of what is left out', () => {
    const empty = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [`a_field_without_a_value_${index}`, null]),
    );
    expect(outputOf({ success: true, data: { ...empty, voice_id: 'v1' } })).toEqual({ voice_id: 'v1' });
  });

  test('is used up to the limit', () => {
    const data = Array.from({ length: 1000 }, (_, index) => ({ element_id: index }));
    expect(JSON.stringify(outputOf({ success: true, data })).length).toBeGreaterThan(3800);
  });
});

test('a number that is an internal id is left out', () => {
  const record = {
    user_id: 12345678,
    response: { success: true, state: 'done', data: { owner: 12345678, size: 87654321 } },
  };
  expect(toTask(record, { taskId: 't', nowMs: 0 }).output).toEqual({ size: 87654321 });
});
