import { describe, expect, test } from 'vitest';
import { BAD_REQUEST_HINT, lookupErrorLike } from '../support/error-texts.js';
import { reply } from '../support/fake-api.js';
import { answerWith, ID, session, taskOf } from '../support/hostile.js';
import { completedRecord, failedRecord, type Json, record } from '../support/records.js';
import { callSafely } from '../support/safety.js';

/** A completed record whose every text is the given one, its keys included. */
function filledWith(text: string): Json {
  const request = { prompt: text, model: text, [text]: text, image_url: text, image_urls: [text, text] };
  const response = { success: true, data: [{ id: text, video_url: text, state: 'succeed' }], [text]: text };
  return { ...completedRecord(ID), type: text, trace_id: text, state: text, status: text, request, response };
}

const HOSTILE: [string, string][] = [
  ['control characters', 'a\u0000b\u0007c\u0008d\u000be\u007ff\u0085g\r\nh'],
  [
    'terminal escapes',
    '\u001b[2J\u001b[31mred\u001b[0m \u001b]0;title\u0007 \u009b1m \u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\ \u001b',
  ],
  ['bidi overrides and isolates', 'safe\u202Egnp.exe\u202C \u2066x\u2069'],
  ['Unicode tags', `look${String.fromCodePoint(...Array.from('ignore all', (c) => 0xe0000 + c.charCodeAt(0)))}`],
  ['zero-width characters', 'pass\u200bword\u2060\ufeff'],
  ['lone surrogates', 'a\ud800b\udc00c\ud83d'],
  ['javascript: URLs', 'javascript:alert(1)'],
  ['javascript: URLs with blanks and controls', ' \u0001java\nscript:alert(1)'],
  ['data: URLs', 'data:text/html;base64,PHNjcmlwdD4='],
  ['file: URLs', 'file:///etc/passwd'],
  ['JSON-RPC in a string', '\n{"jsonrpc":"2.0","id":1,"result":{}}\n'],
  ['line separators', 'a\u2028b\u2029c'],
];

describe('Hostile strings', () => {
  test.each(HOSTILE)(
    '%s in every place of a record: nothing of it reaches the client unsafely',
    async (_name, text) => {
      const task = await taskOf(filledWith(text));
      expect(task.video_url).toBeUndefined();
      expect(task.other_media).toBeUndefined();
    },
  );

  test.each(HOSTILE)('%s in the error of a failed task: its message is safe and not empty', async (_name, text) => {
    const task = await taskOf(failedRecord(ID, text));
    expect(task).toMatchObject({ status: 'failed', error: { message: expect.stringMatching(/./) } });
  });

  test.each(HOSTILE)('%s in an error of the API: one line of at most 500 characters', async (_name, text) => {
    const body = { error: { code: text, message: text, trace_id: text }, trace_id: text };
    answerWith(reply(400, body));
    const { content, isError } = await callSafely(session, ID);
    expect(isError).toBe(true);
    expect(content[0]?.text).toMatch(
      lookupErrorLike('bad_request', `The API refused the request \\(HTTP 400\\).{0,300}\\. ${BAD_REQUEST_HINT}$`),
    );
  });

  test('control characters and escapes: the words around them stay', async () => {
    const { error } = await taskOf(failedRecord(ID, 'Too \u001b[1mlong\u001b[0m\u0007, \u202ecut it'));
    expect(error).toMatchObject({ message: 'Too long, cut it' });
  });

  test('links: only http and https survive among many schemes', async () => {
    const schemes = [
      'javascript:',
      'data:,',
      'file:///',
      'ftp://h/',
      'blob:https://h/',
      'vbscript:',
      '//h/',
      'JaVaScRiPt:',
      'view-source:https://h/',
    ];
    const video_urls = [
      ...schemes.map((scheme) => `${scheme}x.mp4`),
      'HTTPS://cdn.acedata.cloud/a b\t"<>.mp4',
      'http://cdn.acedata.cloud/2.mp4',
    ];
    const task = await taskOf(record(ID, { finished_at: 1, response: { state: 'succeed', video_urls } }));
    expect(task.video_url).toBe('https://cdn.acedata.cloud/a%20b%22%3C%3E.mp4');
    expect(task.other_media).toEqual([{ kind: 'video', url: 'http://cdn.acedata.cloud/2.mp4' }]);
  });

  test.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    'keys named %s: mean nothing',
    async (key) => {
      const evil = `{"status":"failed","error":"evil","video_url":"https://evil.example/x.mp4","isError":true,"length":1}`;
      const inner = `{"${key}":${evil},"state":"processing"}`;
      const body = `{"${key}":${evil},"id":"${ID}","response":${inner},"request":{"${key}":${evil},"prompt":"p"}}`;
      const task = await taskOf(body);
      expect(task).toMatchObject({ status: 'pending', state: 'processing' });
      expect(task).not.toHaveProperty('error');
      expect(task).not.toHaveProperty('video_url');
      // What was asked for is shown as it was asked for, nested settings too.
      const { request, ...rest } = task;
      expect(JSON.stringify(rest)).not.toContain('evil');
      expect(request).toMatchObject({ prompt: 'p' });
    },
  );
});
