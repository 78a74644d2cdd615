import { describe, expect, test } from 'vitest';
import { redactor } from '../../src/text/clean.js';
import { publicCopy } from '../../src/text/public-copy.js';

const TOKEN = 'token-0123456789';
const CALLBACK = 'https://Hook.example/Cb/notify?secret=s3cret';
const copy = (value: unknown, keep?: string[]) => publicCopy(value, { redact: redactor(TOKEN), ...(keep && { keep }) });

describe('keys', () => {
  const INTERNAL = '_id user_id actor_user_id api_id application_id credential_id authorization_id job_id';
  const CALLBACKS = 'callback_url callbackUrl callback webhook my_webhook_url notify_url notifyHook call\u200bback';
  test.each([...INTERNAL.split(' '), ...CALLBACKS.split(' '), `${'k'.repeat(64)}_callback`])(
    '%s is gone with all below it, at any depth',
    (key) => {
      const hidden = { [key]: { a: ['x', 1] }, b: 1 };
      expect(copy({ ...hidden, list: [hidden, { in: hidden }] })).toEqual({ b: 1, list: [{ b: 1 }, { in: { b: 1 } }] });
    },
  );
  test('that look alike stay', () => {
    const value = { task_id: 'a', trace_id: 'b', video_id: 'c', id: 'd', callbacks_count: undefined, my_user_id: 'e' };
    expect(copy(value)).toMatchObject({ task_id: 'a', trace_id: 'b', video_id: 'c', id: 'd', my_user_id: 'e' });
  });
  test('are clean, on one line, without the token and internal ids, and at most 64 characters long', () => {
    const value = {
      [`a\u202e\n${TOKEN}`]: 1,
      'user-12345678': 2,
      [`${'x '.repeat(30)}${TOKEN}`]: 3,
      user_id: 'user-12345678',
    };
    expect(copy(value)).toEqual({ 'a [redacted]': 1, '[redacted]': 2, [`${'x '.repeat(30)}[re…`]: 3 });
  });
  test('of a prototype are keys like any other, but for __proto__', () => {
    const value = JSON.parse('{"__proto__":{"polluted":1},"constructor":1,"toString":2,"a":{"__proto__":1}}');
    expect(JSON.stringify(copy(value))).toBe('{"constructor":1,"toString":2,"a":{}}');
  });
});

describe('strings', () => {
  test('are clean and without the token', () => {
    expect(copy([`a\u0000 \u001b[1m${TOKEN.toUpperCase()}\ud800`])).toEqual(['a [redacted]\ufffd']);
  });
  test('are cut to 20,000 characters', () => expect(copy('x'.repeat(5_000_000))).toBe('x'.repeat(20_000)));

  test('have internal ids replaced, in any case, the longest first', () => {
    const value = { user_id: 'User-1234', in: { job_id: 'user-1234-5678' }, api_id: 123456789 };
    expect(copy({ ...value, text: 'by USER-1234, user-1234-5678 (123456789)', other: 1 })).toEqual({
      in: {},
      text: 'by [redacted], [redacted] ([redacted])',
      other: 1,
    });
  });
  test('are not garbled by a short id', () => {
    expect(copy({ job_id: '1', text: 'error 1' })).toEqual({ text: 'error 1' });
  });
  test('keep the ids that may be shown', () => {
    const value = { job_id: 'task-12345678', user_id: 'trace-12345678', text: 'Task-12345678 (trace-12345678)' };
    expect(copy(value, ['TASK-12345678', 'trace-12345678'])).toEqual({ text: value.text });
  });
  test('that are URLs keep internal ids, since they would lead nowhere without', () => {
    const url = 'https://cdn.example/job-12345678/v.mp4';
    expect(copy({ job_id: 'job-12345678', url, text: `see ${url}` })).toEqual({
      url,
      text: 'see https://cdn.example/[redacted]/v.mp4',
    });
  });

  test.each([
    CALLBACK,
    'https://hook.example/cb/notify',
    'http://hook.example/Cb/notify/?attempt=2#x',
    CALLBACK.toUpperCase(),
    'https://user:s3cret@hook.example:443/cb/notify',
  ])('have the callback replaced: %s', (url) => {
    const value = { options: [{ webhook: { url: CALLBACK, events: ['completed'] } }], url, state: 'completed' };
    expect(copy({ ...value, text: `(${url}), 回调${url}，{"u":"${url}"}.` })).toEqual({
      options: [{}],
      url: '[redacted]',
      state: 'completed',
      text: '([redacted]), 回调[redacted]，{"u":"[redacted]"}.',
    });
  });
  test('keep another address on the same host', () => {
    const text = 'https://hook.example/cb/notify/2.mp4 https://hook.example/v.mp4 https://hook.example.com/cb/notify';
    expect(copy({ callback_url: CALLBACK, text })).toEqual({ text });
  });
  test('that are JSON stay strings', () => {
    const prompt = '{"scene": "a dog", "callback": "it looks back at the camera"}';
    expect(copy({ prompt })).toEqual({ prompt });
  });
});

test('other values stay', () => {
  const value = { a: null, b: true, c: 0.5, d: [], e: {} };
  expect(copy(value)).toEqual(value);
});

// A body has at most eight MiB.
describe('costs little, whatever the value:', () => {
  const manyIds = Array.from({ length: 100_000 }, (_, index) => `id-${index}-of-many`);
  test.each<[string, () => unknown]>([
    ['a million levels', () => JSON.parse(`${'{"a":['.repeat(500_000)}${']}'.repeat(500_000)}`)],
    ['millions of numbers', () => new Array(4_000_000).fill(1)],
    ['hundreds of thousands of keys', () => Object.fromEntries(manyIds.map((id) => [id.repeat(5), 1]))],
    ['thousands of internal ids', () => ({ user_id: manyIds, texts: new Array(50).fill('a id-10-of '.repeat(1800)) })],
    ['escapes', () => new Array(50).fill('\u001b[;#'.repeat(5000))],
    ['unfinished titles', () => new Array(50).fill('\u009d'.repeat(20_000))],
    ['backslashes', () => ({ callback_url: CALLBACK, texts: new Array(50).fill(`https:${'\\'.repeat(20_000)}`) })],
  ])('%s', (_, make) => {
    const value = make();
    const startMs = performance.now();
    copy(value);
    expect(performance.now() - startMs).toBeLessThan(5000);
  });
});
