import { describe, expect, test } from 'vitest';
import { completedRecord, failedRecord, type Json, pendingRecord, taskOf } from '../../support/records.js';

const requestOf = (request: unknown, base = completedRecord('t')) => taskOf({ ...base, request }).request;

const BASE64 = Buffer.from(Array.from({ length: 600 }, (_, index) => index % 251)).toString('base64');
const CHINESE = '白色陶瓷咖啡杯放在光滑的大理石台面上，清晨的阳光透过窗户照射进来。'.repeat(10);
const URL = 'https://cdn.acedata.cloud/in.png';

describe('request', () => {
  test('is there for a task of any status, also as a JSON string', () => {
    const request = { prompt: 'a cat' };
    for (const base of [completedRecord('t'), failedRecord('t'), pendingRecord('t')]) {
      expect(requestOf(request, base)).toEqual(request);
      expect(requestOf(JSON.stringify({ ...request, callback_url: URL }), base)).toEqual(request);
    }
  });

  test('has scalars, lists of scalars and http(s) URLs, and nested settings by dotted keys', () => {
    const shown = { cfg_scale: 0.5, sound: false, mode: '', image_url: URL, image_urls: [URL], position: [0, 0, 5] };
    const request = {
      ...shown,
      nothing: null,
      camera_control: { type: 'simple', config: { horizontal: 5, callback_url: 'https://hook.example' } },
      multi_prompt: [
        { prompt: 'a cat', duration: 3 },
        { prompt: 'a dog', async: true },
      ],
      contents: [{ url: URL, role: 'first' }, 'text'],
      webhook: { url: 'https://hook.example/2', events: ['completed'] },
    };
    expect(requestOf(request)).toEqual({
      ...shown,
      'camera_control.type': 'simple',
      'camera_control.config.horizontal': 5,
      'multi_prompt.0.prompt': 'a cat',
      'multi_prompt.0.duration': 3,
      'multi_prompt.1.prompt': 'a dog',
      'contents.0.url': URL,
      'contents.0.role': 'first',
      'contents.1': 'text',
    });
  });

  test.each([undefined, null, 'text', 5, [], {}, { async: true }, { a: null }])('is absent where it is %j', (request) =>
    expect(requestOf(request)).toBeUndefined(),
  );

  test('has only http(s) URLs under the key of a URL', () => {
    const bad = { url: 'file:///etc/passwd', video_url: 'javascript:alert(1)', tail_url: '/x', image_url: BASE64 };
    expect(requestOf({ ...bad, a: 1, image_urls: ['data:a,b', URL] })).toEqual({ a: 1, image_urls: [URL] });
  });
});

describe('a string of the request', () => {
  test('of up to 2,500 characters is whole, a longer one cut with an ellipsis', () => {
    const prompt = 'a cat '.repeat(200_000);
    expect(requestOf({ prompt: prompt.slice(0, 2500) })).toEqual({ prompt: prompt.slice(0, 2500) });
    expect(requestOf({ prompt })).toEqual({ prompt: `${prompt.slice(0, 2499)}…` });
  });

  test('is clean, and keeps its lines', () => {
    expect(requestOf({ prompt: 'a\n\u202eb\u001b[0m\ud800' })).toEqual({ prompt: 'a\nb\ufffd' });
  });

  test.each<[string, string, string?]>([
    ['base64', BASE64],
    ['base64url', BASE64.replaceAll('+', '-').replaceAll('/', '_')],
    ['on lines', `${BASE64.slice(0, 300)}\n${BASE64.slice(300)}`, '…\n…'],
    ['behind some words', `the picture is ${BASE64}, you see`, 'the picture is …, you see'],
    ['behind an invisible character', `${BASE64.slice(0, 250)}\u200b${BASE64.slice(250, 500)}`],
    ['of a data: URL', `data:image/png;base64,${BASE64}`, 'data:image/png;base64,…'],
  ])('has encoded data cut out: %s', (_, audio_file, shown = '…') => {
    expect(requestOf({ audio_file, a: 1 })).toEqual({ audio_file: shown, a: 1 });
  });

  test.each<[string, string]>([
    ['256 characters without white space', 'x'.repeat(256)],
    ['a long URL', `see https://cdn.example/${'x'.repeat(300)} twice`],
    ['a long Markdown link', `a [cat](https://a.example/${'x'.repeat(300)}) runs`],
    ['Chinese without white space', CHINESE],
    ['JSON with a callback', '{"scene": "a dog", "callback": "it looks back at the camera"}'],
  ])('that is %s stays', (_, prompt) => expect(requestOf({ prompt })).toEqual({ prompt }));
});

describe('the size of the request', () => {
  test('is at most 30 fields, not counting those left out', () => {
    const fields = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`field_${index}`, index]));
    expect(Object.keys(requestOf({ callback_url: URL, nothing: null, async: true, ...fields }) ?? {})).toEqual(
      Object.keys(fields).slice(0, 30),
    );
  });

  test('is at most 8 KB; what does not fit is left out, and what comes behind it stays', () => {
    const text = '镜头'.repeat(1200);
    const urls = Array.from({ length: 500 }, (_, index) => `${URL}?${index}`);
    expect(requestOf({ a: text, b: text, c: text, d: text, e: 'e', urls, f: 'f' })).toEqual({
      ...{ a: text, b: text, c: text, e: 'e', f: 'f' },
    });
    const full: Json = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`k${index}`, 'é"\\'.repeat(60)]));
    const characters = JSON.stringify(requestOf(full)).length;
    expect(characters).toBeLessThanOrEqual(8192);
    expect(characters).toBeGreaterThan(7500);
  });
});
