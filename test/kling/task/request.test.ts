import { describe, expect, test } from 'vitest';
import { toTask } from '../../../src/kling/task/task.js';
import { completedRecord, failedRecord, type Json, PRIVATE_VALUES, pendingRecord } from '../../support/records.js';

const requestOf = (request: unknown, base = completedRecord('t')) =>
  toTask({ ...base, request }, { taskId: 't', nowMs: 0 }).request;

const BASE64 = Buffer.from(Array.from({ length: 600 }, (_, index) => index % 251)).toString('base64');
const CHINESE =
  '白色陶瓷咖啡杯放在光滑的大理石台面上，清晨的阳光透过窗户照射进来。镜头围绕杯子缓缓旋转三百六十度，在把手处稍作停留。'.repeat(
    6,
  );
const URL = 'https://cdn.acedata.cloud/in.png';

describe('request', () => {
  test('is there for a task of any status', () => {
    const request = { prompt: 'a cat' };
    expect(requestOf(request)).toEqual(request);
    expect(requestOf(request, failedRecord('t'))).toEqual(request);
    expect(requestOf(request, pendingRecord('t'))).toEqual(request);
  });

  test('has the scalars and the http(s) URLs, also of lists, and nested settings by dotted keys', () => {
    const shown = {
      action: 'image2video',
      cfg_scale: 0.5,
      sound: false,
      mode: '',
      start_image_url: URL,
      audio_url: 'http://a.example/b.mp3',
      image_urls: [URL, 'https://cdn.acedata.cloud/2.png'],
    };
    const elements = [{ image_url: URL, weight: 1 }, 'https://b.example/c', { image_url: URL }, 'https://b.example/c'];
    const request = {
      ...shown,
      elements,
      nothing: null,
      camera_control: { type: 'simple' },
      numbers: [1, 2],
    };
    expect(requestOf(request)).toEqual({
      ...shown,
      'elements.0.image_url': URL,
      'elements.0.weight': 1,
      'elements.1': 'https://b.example/c',
      'elements.2.image_url': URL,
      'elements.3': 'https://b.example/c',
      'camera_control.type': 'simple',
      numbers: [1, 2],
    });
  });

  test('has both of two keys that are alike once they are cut', () => {
    const long = 'k'.repeat(64);
    const request = { [`${long}_a`]: 1, [`${long}_b`]: 2, [`${long}_c`]: 3, [`nested_${long}`]: { x: 4, y: 5 } };
    const shown = requestOf(request) ?? {};
    expect(Object.values(shown)).toEqual([1, 2, 3, 4, 5]);
    expect(Object.keys(shown).slice(0, 3)).toEqual([
      `${'k'.repeat(63)}…`,
      `${'k'.repeat(59)}… (2)`,
      `${'k'.repeat(59)}… (3)`,
    ]);
    for (const key of Object.keys(shown)) expect(key.length).toBeLessThanOrEqual(64);
    expect(requestOf({ 'a.b': 1, a: { b: 2 } })).toEqual({ 'a.b': 1, 'a.b (2)': 2 });
  });

  test('has no key that is private in the part that would be cut off', () => {
    expect(requestOf({ prompt: 'a cat', [`${'k'.repeat(64)}_callback_id`]: 5 })).toEqual({ prompt: 'a cat' });
  });

  test.each([undefined, null, 'text', 5, [], {}, { async: true }, { a: null }])(
    'is absent where it is %j',
    (request) => {
      expect(requestOf(request)).toBeUndefined();
    },
  );

  test.each([
    'async',
    'Async',
    'callback_url',
    'callbackUrl',
    'callback',
    'webhook',
    'my_webhook_url',
    'notify_url',
    'notifyHook',
    'call\u200bback',
    '_id',
    'user_id',
    'actor_user_id',
    'api_id',
    'application_id',
    'credential_id',
    'authorization_id',
    'job_id',
    '__proto__',
    '\u0000',
  ])('the key %j is left out', (key) => {
    const request = JSON.parse(`{${JSON.stringify(key)}:"x","options":{${JSON.stringify(key)}:"${URL}"},"prompt":"a"}`);
    expect(requestOf(request)).toEqual({ prompt: 'a' });
  });

  test.each(PRIVATE_VALUES)('%s is not shown in another field either', (value) => {
    expect(requestOf({ callback_url: PRIVATE_VALUES.at(-1), prompt: `to ${value}` })).toEqual({
      prompt: 'to [redacted]',
    });
  });

  test('under a URL key only an http(s) URL is shown', () => {
    const request = {
      image_url: BASE64,
      url: 'file:///etc/passwd',
      video_url: 'javascript:alert(1)',
      tail_url: '/x',
      a: 1,
    };
    expect(requestOf(request)).toEqual({ a: 1 });
  });
});

describe('a string of the request', () => {
  test('of up to 2,500 characters is whole, a longer one cut with an ellipsis', () => {
    const prompt = 'a cat '.repeat(1000);
    expect(requestOf({ prompt: prompt.slice(0, 2500) })).toEqual({ prompt: prompt.slice(0, 2500) });
    expect(requestOf({ prompt })).toEqual({ prompt: `${prompt.slice(0, 2499)}…` });
  });

  test('is cleaned, and keeps its lines', () => {
    expect(requestOf({ prompt: 'a\n\u202eb\u001b[0m\ud800' })).toEqual({ prompt: 'a\nb\ufffd' });
  });

  test('in Chinese stays, though it has no white space', () => {
    expect(CHINESE.length).toBeGreaterThan(256);
    expect(requestOf({ prompt: CHINESE })).toEqual({ prompt: CHINESE });
  });

  const CUT_OUT: [string, string, string?][] = [
    ['base64', BASE64],
    ['base64url', BASE64.replaceAll('+', '-').replaceAll('/', '_')],
    ['base64 in pieces on lines over 256 characters', `${BASE64.slice(0, 300)}\n${BASE64.slice(300)}`, '…\n…'],
    ['base64 behind some words', `the picture is ${BASE64}`, 'the picture is …'],
    ['a data: URL in a Markdown image', 'a ![cat](data:image/png;base64,AAAA) runs', 'a ![cat](…) runs'],
    ['base64 before a URL', `${BASE64}https://a.example/b`, '…https://a.example/b'],
    ['a long line', `Scene 1\n${'='.repeat(300)}\nA cat`, 'Scene 1\n…\nA cat'],
    ['base64 behind an invisible character', `${BASE64.slice(0, 250)}\u200b${BASE64.slice(250, 500)}`],
    ['hexadecimal', 'deadbeef'.repeat(40)],
    ['a data: URL', 'data:image/png;base64,AAAA'],
    ['a data: URL in another case, behind white space', ' DATA:text/html,hello', ' …'],
    ['a data: URL behind an invisible character', '\u200bdata:image/png;base64,AAAA'],
  ];
  test.each(CUT_OUT)('encoded data is cut out of it: %s', (_, image, shown = '…') => {
    expect(requestOf({ image, a: 1 })).toEqual({ image: shown, a: 1 });
  });

  const KEPT: [string, string][] = [
    ['256 characters without white space', 'x'.repeat(256)],
    ['a long URL', `https://cdn.example/${'x'.repeat(300)}`],
    ['words about data', 'data: a table, in gold; metadata:a,b'],
    ['a script', 'JavaScript: The Definitive Guide, as a film'],
    ['a long Markdown link', `a [cat](https://a.example/${'x'.repeat(300)}) runs`],
    ['JSON with a callback', '{"scene": "a dog", "callback": "it looks back at the camera"}'],
    ['many words', 'cat '.repeat(200).trim()],
  ];
  test.each(KEPT)('that is %s stays', (_, prompt) => expect(requestOf({ prompt })).toEqual({ prompt }));
});

describe('the size of the request', () => {
  test('is at most 30 fields, not counting those left out', () => {
    const fields = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`field_${index}`, index]));
    expect(Object.keys(requestOf({ callback_url: URL, nothing: null, ...fields }) ?? {})).toEqual(
      Object.keys(fields).slice(0, 30),
    );
  });

  test('is at most 8 KB of JSON; what does not fit is left out, and what comes behind it stays', () => {
    const text = '镜头'.repeat(1000);
    const request = requestOf({
      a: text,
      b: text,
      c: 'c',
      d: Array.from({ length: 500 }, (_, i) => `${URL}?${i}`),
      e: 'e',
    });
    expect(request).toEqual({ a: text, c: 'c', e: 'e' });
    const full: Json = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`k${index}`, 'é"\\'.repeat(60)]));
    const bytes = Buffer.byteLength(JSON.stringify(requestOf(full)));
    expect(bytes).toBeLessThanOrEqual(8192);
    expect(bytes).toBeGreaterThan(7500);
  });

  test('its keys are at most 64 characters long', () => {
    expect(requestOf({ [`${'k'.repeat(99)}`]: 1 })).toEqual({ [`${'k'.repeat(63)}…`]: 1 });
  });
});
