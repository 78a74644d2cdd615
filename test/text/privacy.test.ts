import { describe, expect, test } from 'vitest';
import { toTask } from '../../src/kling/task/task.js';

const CALLBACK = 'https://hook.example/cb?secret=s3cret';
const VIDEO = 'https://cdn.example/v.mp4';

const taskOf = (record: object) => toTask(record, { taskId: 't', nowMs: 0 });

describe('a URL that the record keeps private', () => {
  test('is not shown under another key of the request', () => {
    const request = { callback_url: CALLBACK, image_url: CALLBACK, image_list: [CALLBACK, VIDEO], url: VIDEO };
    const task = taskOf({ request, response: { state: 'failed' } });
    expect(task.request).toEqual({ image_list: [VIDEO], url: VIDEO });
  });

  test('or part of a URL is replaced in a URL of the request', () => {
    const user_id = '67c5163f550a4144a5b68699';
    const request = {
      image_url: `https://cdn.example/${user_id}/in.png`,
      image_list: [`https://cdn.example/${user_id}`],
    };
    expect(taskOf({ user_id, request, response: { state: 'failed' } }).request).toEqual({
      image_url: 'https://cdn.example/[redacted]/in.png',
      image_list: ['https://cdn.example/[redacted]'],
    });
  });

  test('is no result, also in another spelling', () => {
    const response = { state: 'done', webhook: 'https://hook.example', url: 'https://HOOK.example/', video_url: VIDEO };
    const task = taskOf({ response });
    expect(task).toMatchObject({ video_url: VIDEO });
    expect(JSON.stringify(task)).not.toMatch(/hook/i);
  });
});

describe('private values that are too long or too many for one pattern', () => {
  const idOf = (name: string, length: number) => `${name} ${'4f9c '.repeat(length / 5)}end`;
  const shownOf = (fields: object, text: string) => {
    const { request, error } = taskOf({
      ...fields,
      request: { prompt: text },
      response: { state: 'failed', error: text },
    });
    return [request?.prompt, error?.message];
  };

  test('a text that repeats a megabyte of them is not shown', () => {
    const user_id = idOf('id', 1_000_000);
    const text = `user ${user_id.toUpperCase()} has no quota`;
    expect(shownOf({ user_id }, text)).toEqual(['[redacted]', '[redacted]']);
  });

  test('forty of them in one text are replaced', () => {
    const user_id = Array.from({ length: 40 }, (_, index) => idOf(`id${index}`, 4000));
    const shown = `none of ${'[redacted]'.repeat(40)}`;
    expect(shownOf({ user_id }, `none of ${user_id.join('')}`)).toEqual([shown, shown]);
  });

  test('hundreds of callbacks beyond ASCII are replaced', () => {
    const webhooks = Array.from({ length: 500 }, (_, index) => `https://hooks.example/${index}/${'完'.repeat(1500)}`);
    const text = `see hooks.example/1/${'完'.repeat(1500)}.`;
    expect(shownOf({ webhooks }, text)).toEqual(['see [redacted].', 'see [redacted].']);
  });
});

describe('JSON inside a string', () => {
  const inside = JSON.stringify({ voice_id: 'v1', user_id: 'user-1234567', callback_url: CALLBACK });

  test('is shown of an output without its private fields', () => {
    expect(taskOf({ response: { state: 'done', data: inside } }).output).toEqual({ voice_id: 'v1' });
  });

  test('is shown of a request with its private values replaced', () => {
    const prompt = '{"scene": "a mug"}';
    const meta = '{"voice_id":"v1","user_id":"[redacted]","callback_url":"[redacted]"}';
    const { request } = taskOf({ request: { meta: inside, prompt }, response: { state: 'failed' } });
    expect(request).toEqual({ meta, prompt });
  });
});

/** Eight MiB of it, what a body may be at most; seconds of work and a gigabyte of memory before they were bounded. */
describe('millions of values', () => {
  const cases: [string, unknown][] = [
    ['numbers', new Array(4_000_000).fill(1)],
    ['empty objects', Array.from({ length: 2_700_000 }, () => ({}))],
    ['empty lists', Array.from({ length: 2_700_000 }, () => [])],
  ];
  test.each(cases)('%s cost little memory', (_name, data) => {
    const before = process.memoryUsage().heapUsed;
    expect(taskOf({ response: { state: 'done', data } }).status).toBe('completed');
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * 1024 * 1024);
  });
});
