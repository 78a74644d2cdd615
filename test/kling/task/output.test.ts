import { describe, expect, test } from 'vitest';
import { summarizeTask } from '../../../src/kling/task/task.js';
import { parseJson } from '../../../src/text/json.js';
import { completedRecord, elementRecord, type Json, taskOf } from '../../support/records.js';

const A = 'https://cdn.example/a.mp4';
const PICTURE = 'https://cdn.example/p.png';
const SOUND = 'https://cdn.example/a.mp3';

const completed = (response: Json, fields: Json = {}) =>
  taskOf({ ...completedRecord('t'), ...fields, response: { state: 'succeed', ...response } });
const outputOf = (response: Json) => completed(response).output;

describe('output', () => {
  test('is the data of a task without video or image', () => {
    const data = {
      voice_id: 'v1',
      voice_name: 'Anna',
      active: true,
      count: 0,
      tags: ['a', 'b'],
      in: { deep: [{ x: 1 }] },
    };
    expect(outputOf({ success: true, data, task_id: 't' })).toEqual(data);
  });

  test('is always an object: a list stands under items, a scalar under value', () => {
    expect(outputOf({ data: [{ element_id: 5 }, { element_id: 6 }] })).toEqual({
      items: [{ element_id: 5 }, { element_id: 6 }],
    });
    expect(outputOf({ data: ['a', 'b'] })).toEqual({ items: ['a', 'b'] });
    expect(outputOf({ data: 'ready' })).toEqual({ value: 'ready' });
  });

  test('is the response without its envelope, where it has no data or more than that', () => {
    const wrapping = { success: true, task_id: 't', trace_id: 'x', status: 'succeed', request: {}, usage: { a: 1 } };
    expect(outputOf({ ...wrapping, voice_id: 'v1' })).toEqual({ voice_id: 'v1' });
    expect(outputOf({ ...wrapping, voice_id: 'v1', data: [] })).toEqual({ voice_id: 'v1' });
    expect(outputOf({ ...wrapping, voice_id: 'v1', data: { name: 'Anna' } })).toEqual({
      voice_id: 'v1',
      data: { name: 'Anna' },
    });
  });

  test('is what the task_result holds, not what stands beside it', () => {
    const beside = { task_id: 'kling-1', task_status: 'succeed', videos: [{ id: 'p1', url: A }] };
    const elements = [{ element_id: 5 }];
    expect(outputOf({ data: { ...beside, task_result: { elements } } })).toEqual({ elements });
    const list = [1, 2].map(() => ({ ...beside, task_result: { elements } }));
    expect(outputOf({ data: list })).toEqual({ items: [1, 2].map(() => ({ task_result: { elements } })) });
  });

  test('is there beside a sound, whose URL is not said again', () => {
    expect(completed({ data: { voice_id: 'v1', audio_url: SOUND } })).toMatchObject({
      output: { voice_id: 'v1' },
      other_media: [{ kind: 'audio', url: SOUND, id: 'v1' }],
    });
    expect(completed({ data: [{ id: 's1', audio_url: SOUND, duration: 3 }] })).not.toHaveProperty('output');
  });

  test('is there beside a picture or video only for a result that is none of the files', () => {
    const data = { element_id: 829, element_name: 'Anna', image_url: PICTURE };
    expect(completed({ data })).toMatchObject({
      other_media: [{ kind: 'image', url: PICTURE }],
      output: { element_id: 829, element_name: 'Anna' },
    });
    for (const key of ['video_url', 'image_url']) {
      for (const rest of [{ voice_id: 'v' }, { id: 'i' }, { note: 'x' }]) {
        expect(completed({ data: { [key]: 'https://a.example/b', ...rest } })).not.toHaveProperty('output');
      }
    }
  });

  test('is absent from a failed and a pending task', () => {
    expect(completed({ success: false, data: { voice_id: 'v' } })).not.toHaveProperty('output');
    expect(taskOf({ id: 't', response: { success: true, data: { voice_id: 'v' } } })).not.toHaveProperty('output');
  });

  test('of an element is its id with every digit, without the pictures that were submitted', () => {
    const id = '829836802793406551';
    const json = JSON.stringify(elementRecord('t')).replace(`"${id}"`, id);
    const task = taskOf(parseJson(json));
    expect(task).toMatchObject({ status: 'completed', output: { element_id: id } });
    expect(JSON.stringify(task)).not.toContain('https:');
    expect(summarizeTask(task).output).toEqual(task.output);
  });

  test('leaves out nulls, blanks under URL keys, and URLs that are not http(s); encoded data is cut out', () => {
    const data = { a: null, url: 'javascript:alert(1)', image_urls: ['data:a,b'], voice_id: 'v', b: 'x'.repeat(300) };
    expect(outputOf({ data })).toEqual({ voice_id: 'v', b: '…' });
  });
});

describe('usage', () => {
  test('has the scalars of the response, its data, or the record', () => {
    const usage = { duration: 5, unit: 's', api_id: 'x', nested: { a: 1 } };
    for (const response of [{ usage }, { data: { usage } }, { success: false, usage }]) {
      expect(completed(response).usage).toEqual({ duration: 5, unit: 's' });
    }
    expect(completed({ video_url: A }, { usage }).usage).toEqual({ duration: 5, unit: 's' });
    expect(completed({ video_url: A, usage: 5 })).not.toHaveProperty('usage');
  });
});

describe('what does not fit', () => {
  const voices = Array.from({ length: 500 }, (_, index) => ({
    voice_id: `voice-${index}`,
    voice_name: `The voice number ${index}`,
    trial_url: `https://cdn.example/${index}.mp3`,
  }));
  const elements = voices.map(({ voice_id, voice_name }) => ({ element_id: voice_id, element_name: voice_name }));
  const sizeOf = (value: unknown) => JSON.stringify(value).length;

  test.each([100, 500])('of %i voices: each is shown or counted, and the first 20 samples have their ids', (count) => {
    const task = completed({ success: true, data: voices.slice(0, count) }, { type: 'voices' });
    expect(task.other_media).toHaveLength(20);
    expect(task.other_media?.[0]).toEqual({ kind: 'audio', url: voices[0]?.trial_url, id: 'voice-0' });
    const items = task.output?.items as Json[];
    expect(items.length).toBeGreaterThan(20);
    expect(items.at(-1)).toEqual(voices[items.length - 1]);
    expect(items.length + (task.left_out ?? 0)).toBe(count);
    expect(sizeOf(task.output)).toBeLessThanOrEqual(4096);
  });

  test.each([
    ['data', elements],
    ['a list in it', { elements }],
    ['a task_result', { task_result: { elements } }],
  ])('of 500 elements in %s: each is shown or counted', (_, data) => {
    const { output, left_out = 0 } = completed({ success: true, data }, { type: 'elements' });
    const shown = (output?.items ?? output?.elements) as Json[];
    expect(shown).toEqual(elements.slice(0, shown.length));
    expect(shown.length).toBeGreaterThan(40);
    expect(shown.length + left_out).toBe(500);
    expect(sizeOf(output)).toBeLessThanOrEqual(4096);
  });

  test('is no field behind a long text, which is cut', () => {
    const output = outputOf({ data: { description: '声音'.repeat(1000), voice_id: 'v1' } });
    expect(output).toEqual({ description: `${'声音'.repeat(500).slice(0, 999)}…`, voice_id: 'v1' });
  });

  test.each<[string, unknown]>([
    ['many texts', Array.from({ length: 1000 }, () => 'é"\\\n')],
    ['many keys', Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`key_${index}`, index]))],
    ['long keys', Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`${index}${'声'.repeat(99)}`, index]))],
    ['levels', JSON.parse(`${'{"a":['.repeat(100)}"x"${']}'.repeat(100)}`)],
  ])('of %s, the output is at most 4 KB', (_, data) => {
    const task = completed({ success: true, data });
    expect(sizeOf(task.output ?? null)).toBeLessThanOrEqual(4096);
  });
});
