import { describe, expect, test } from 'vitest';
import { readAnswer } from '../../src/kling/api/answer.js';
import { toTask } from '../../src/kling/task/task.js';
import { cleanerOf, redactMessage } from '../../src/text/privacy.js';
import { failedRecord, type Json } from '../support/records.js';

const CALLBACK = 'https://Hook.example/Cb%20x/notify?secret=s3cret&user=7';
const VIDEO = 'https://cdn.example/v.mp4';
const USER_ID = 'ad7afe47-cea9-4cda-980f-2ad8810e51cf';

const SPELLINGS: [string, string][] = [
  ['as it is', CALLBACK],
  ['without its query', 'https://Hook.example/Cb%20x/notify'],
  ['normalised', new URL(CALLBACK).href],
  ['with more query', `${CALLBACK}&attempt=2`],
  ['with another query', 'https://hook.example/Cb%20x/notify?attempt=s3cret'],
  ['with a final slash and a fragment', 'https://hook.example/Cb%20x/notify/#s3cret'],
  ['in another case', CALLBACK.toUpperCase()],
  ['with escaped slashes', CALLBACK.replaceAll('/', '\\/')],
  ['percent-encoded', encodeURIComponent(CALLBACK)],
  ['percent-encoded twice', encodeURIComponent(encodeURIComponent(CALLBACK))],
  ['without its scheme', 'hook.example/Cb%20x/notify?secret=s3cret'],
  ['with http', CALLBACK.replace('https', 'http')],
  ['with a user', CALLBACK.replace('https://', 'https://u:s3cret@')],
];

const REQUESTS: [string, (request: Json) => unknown][] = [
  ['', (request) => request],
  [' of a request in a JSON string', (request) => JSON.stringify(request)],
];

describe.each(REQUESTS)('a callback URL%s', (_, write) => {
  const taskOf = (response: Json, request: Json = {}) =>
    toTask({ id: 't', request: write({ callback_url: CALLBACK, ...request }), response }, { taskId: 't', nowMs: 0 });

  test.each(SPELLINGS)('%s: is in no message of a failed task', (_name, spelling) => {
    for (const message of [
      `POST to ${spelling} failed.`,
      `(${spelling})`,
      `回调${spelling}，失败`,
      `{"url":"${spelling}"}`,
    ]) {
      const { error } = taskOf({ success: false, error: { message } });
      expect(error?.message).toMatch(/\[(url|redacted)\]/);
      expect(error?.message).not.toMatch(/hook|s3cret|notify/i);
    }
  });

  test.each(SPELLINGS)('%s: is no result, and in no output and no other setting', (_name, spelling) => {
    const response = {
      state: 'succeed',
      image_url: spelling,
      x_url: `https://cdn.example/a?to=${encodeURIComponent(spelling)}`,
    };
    const task = taskOf(
      { ...response, data: { note: `sent to ${spelling} twice` } },
      { prompt: `to ${spelling}, twice` },
    );
    expect(JSON.stringify(task)).not.toMatch(/hook|s3cret|notify/i);
    expect(task.request?.prompt).toMatch(/^to \[redacted\].* twice$/);
  });

  test('another address on the same host is not a callback', () => {
    const response = {
      state: 'succeed',
      video_url: 'https://hook.example/v.mp4',
      x_url: 'https://hook.example/cb x/notify/2.mp4',
    };
    expect(taskOf(response)).toMatchObject({
      video_url: 'https://hook.example/v.mp4',
      other_media: [{ kind: 'video' }],
    });
  });
});

/** The value of callback_url, and spellings of it that may come back. */
const UNUSUAL: [string, string, string[]][] = [
  [
    'with the default port',
    'https://hooks.example.com:443/in/S3cr3tP',
    ['hooks.example.com:443/in/S3cr3tP', 'hooks.example.com/in/S3cr3tP', 'http://hooks.example.com:80/in/S3cr3tP?a=1'],
  ],
  [
    'without its scheme',
    'hooks.example.com/in/S3cr3tP?x=1',
    ['hooks.example.com/in/S3cr3tP', 'hooks.example.com/in/S3cr3tP?y=2', 'https://hooks.example.com/in/S3cr3tP?y=2'],
  ],
  [
    'without its scheme, of this machine',
    'localhost:8080/hooks/S3cr3tP?x=1',
    ['localhost:8080/hooks/S3cr3tP', 'http://localhost:8080/hooks/S3cr3tP?y=2'],
  ],
  [
    'with a host that is not ASCII',
    'https://bücher.example/in/S3cr3tP?x=1',
    [
      'bücher.example/in/S3cr3tP',
      'Bücher.example:443/in/S3cr3tP?y=2',
      'https://bücher.example/in/S3cr3tP?y=2',
      'xn--bcher-kva.example/in/S3cr3tP',
      encodeURIComponent('https://bücher.example/in/S3cr3tP?y=2'),
    ],
  ],
  [
    'with a host in punycode',
    'https://xn--bcher-kva.example/in/S3cr3tP?x=1',
    ['bücher.example/in/S3cr3tP', 'https://bücher.example/in/S3cr3tP?y=2'],
  ],
  [
    'with a path that is not ASCII',
    'https://hooks.example.com/完成/S3cr3tP?x=1',
    ['hooks.example.com/完成/S3cr3tP', 'hooks.example.com/%E5%AE%8C%E6%88%90/S3cr3tP?y=2'],
  ],
  [
    'that is not normalised',
    'https://hooks.example.com/a/../in/S3cr3tP?x=1',
    ['hooks.example.com/a/../in/S3cr3tP', 'hooks.example.com/in/S3cr3tP', 'https://hooks.example.com/in/S3cr3tP?y=2'],
  ],
  [
    'with a double slash',
    'https://hooks.example.com//in/S3cr3tP?x=1',
    ['hooks.example.com//in/S3cr3tP', 'hooks.example.com/in//S3cr3tP?y=2', 'https://hooks.example.com/in/S3cr3tP'],
  ],
];

test.each(UNUSUAL)('a callback URL %s is shown in no spelling, in messages and prompts', (_, callback, spellings) => {
  for (const spelling of [callback, ...spellings]) {
    const text = `POST to ${spelling}, 回调${spelling}，(${spelling}) at last`;
    const { request, error } = toTask(
      { request: { callback_url: callback, prompt: text }, response: { success: false, error: { message: text } } },
      { taskId: 't', nowMs: 0 },
    );
    for (const shown of [request?.prompt, error?.message]) {
      expect(shown).toMatch(/^POST to \[(url|redacted)\].* at last$/);
      expect(shown).not.toMatch(/S3cr3tP/i);
    }
  }
});

test('callbacks of any length and number, repeated in a message, do no harm', () => {
  const long = `hooks.example.com/${'in/'.repeat(40_000)}`;
  const callbacks = Array.from({ length: 500 }, (_, index) => `https://hooks.example.com/${index}/${'x'.repeat(4000)}`);
  const request = { callback_url: long, webhooks: callbacks };
  const response = { success: false, error: `see hooks.example.com/1/${'x'.repeat(4000)}` };
  expect(toTask({ request, response }, { taskId: 't', nowMs: 0 }).error?.message).toBe('see [redacted]');
});

test('a text that names a callback with a space in its path is not shown', () => {
  const request = { callback_url: CALLBACK, prompt: `to ${decodeURIComponent(CALLBACK).replace('https://', '')}` };
  expect(toTask({ request, response: { state: 'failed' } }, { taskId: 't', nowMs: 0 }).request).toEqual({
    prompt: '[redacted]',
  });
});

test('much punctuation behind the host of a callback costs little time', () => {
  const request = { callback_url: 'https://hooks.example.com/in', prompt: `hooks.example.com ${'('.repeat(100_000)}` };
  const response = { success: false, error: `hooks.example.com ${'.'.repeat(300_000)}x` };
  const task = toTask({ request, response }, { taskId: 't', nowMs: 0 });
  expect(task.request?.prompt).toMatch(/^hooks\.example\.com/);
  expect(task.error?.message).toMatch(/^hooks\.example\.com/);
});

test.each(['http://203.0.113.7:8080/hook/s3cret?k=1', 'https://163.com/hook/s3cret'])(
  'a callback on a host that begins with a digit is redacted behind a colon: %s',
  (callback_url) => {
    const address = callback_url.replace(/^https?:\/\//, '');
    const prompt = `callback:${address} refused`;
    const task = toTask({ ...failedRecord('t', prompt), request: { callback_url, prompt } }, { taskId: 't', nowMs: 0 });
    expect(JSON.stringify(task)).not.toContain('s3cret');
    const lookup = () =>
      readAnswer({ status: 400, headers: {}, text: JSON.stringify({ callback_url, error: prompt }) }, [], String);
    expect(lookup).not.toThrow('s3cret');
    expect(lookup).toThrow();
  },
);

test('a callback is still recognised after thousands of calls, when its host has a Latin-1 letter', () => {
  // Optimised by V8, `URL.canParse` of Node 20 refuses such hosts.
  const callback_url = 'https://bücher.example/ü/s3cret#f';
  const prompt = callback_url.replaceAll('/', '\\/');
  for (let calls = 0; calls < 10_000; calls++) cleanerOf({ callback_url }, []);
  const task = toTask({ id: 't', request: { callback_url, prompt } }, { taskId: 't', nowMs: 0 });
  expect(JSON.stringify(task)).not.toContain('s3cret');
});

describe('what stands under a webhook key', () => {
  test('is redacted word by word where it is a header', () => {
    const callback = {
      headers: { authorization: 'Bearer hookSecret0123', 'x-note': 'Événement terminé, on completion.' },
    };
    const prompt = 'Événement terminé, on completion of hookSecret0123';
    const { request, error } = toTask(
      { request: { callback, prompt }, response: { success: false, error: 'refused hookSecret0123 (bearer)' } },
      { taskId: 't', nowMs: 0 },
    );
    expect(request).toEqual({ prompt: 'Événement terminé, on completion of [redacted]' });
    expect(error?.message).toBe('refused [redacted] (bearer)');
  });

  test('redacts neither the prompt nor the state, unless it identifies somebody', () => {
    const webhook_events = ['completed', 'task.failed', 'Processing', 'on every change'];
    const request = { prompt: 'The completed tower, on every change', webhook_events, webhook_secret: 'whsec-8c1f' };
    const task = toTask(
      { request, response: { state: 'completed', note: 'x', data: { key: 'whsec-8c1f' } } },
      { taskId: 't', nowMs: 0 },
    );
    expect(task.request).toEqual({ prompt: request.prompt });
    expect(task).toMatchObject({ state: 'completed', output: { data: { key: '[redacted]' } } });
  });
});

describe('the message of a failed task', () => {
  const messageOf = (message: string, fields: Json = {}) =>
    toTask({ ...failedRecord('20068983-0cc9-4c6a-aeb6-9c6a3c668be0', message), ...fields }, { taskId: 't', nowMs: 0 })
      .error?.message;

  test('names no internal UUID, in any case', () => {
    for (const id of [USER_ID, USER_ID.toUpperCase()]) {
      expect(messageOf(`user ${id} has no quota`)).toBe('user [id] has no quota');
      expect(messageOf(`user_${id}`)).toBe('user_[id]');
    }
    expect(messageOf('in 67C5163F550A4144A5B68698.')).toBe('in [id].');
  });

  test('names the task, its trace, and what the request shows', () => {
    const trace_id = '0a907f69-4ae2-4a08-b34c-ee15c1c47077';
    const request = { image_url: VIDEO, image_list: ['https://cdn.example/2.png'], callback_url: CALLBACK };
    for (const known of [
      '20068983-0cc9-4c6a-aeb6-9c6a3c668be0',
      trace_id,
      trace_id.toUpperCase(),
      VIDEO,
      'https://cdn.example/2.png',
    ]) {
      expect(messageOf(`${known} failed`, { trace_id, request })).toBe(`${known} failed`);
    }
    expect(messageOf(`cannot read ${VIDEO}, nor https://other.example/x.`, { request })).toBe(
      `cannot read ${VIDEO}, nor [url].`,
    );
  });

  test("names the vendor's own addresses, unless one is the callback", () => {
    const docs = 'https://docs.acedata.cloud/kling?x=1';
    expect(messageOf(`See ${docs}.`)).toBe(`See ${docs}.`);
    expect(messageOf(`See ${docs}.`, { request: { callback_url: docs } })).toBe('See [url].');
    for (const other of [
      'https://acedata.cloud.evil.example/',
      'https://acedata.cloud:x@evil.example/',
      'https://xacedata.cloud/',
    ]) {
      expect(messageOf(`See ${other}`)).toBe('See [url]');
    }
  });

  test("names no internal id inside one of the vendor's addresses, unless it is known", () => {
    const at = (app: string, user: string) => `Top up at https://platform.acedata.cloud/apps/${app}?user=${user}.`;
    expect(messageOf(at('f35762fe-e8a4-4613-bb70-e5c1be4f9fc2', '67c5163f550a4144a5b68699'))).toBe(at('[id]', '[id]'));
    const asked = '20068983-0cc9-4c6a-aeb6-9c6a3c668be0';
    expect(messageOf(at(asked, 'me'))).toBe(at(asked, 'me'));
    const image_url = `https://cdn.acedata.cloud/04a043bd-6b23-4b4e-945c-ce48158c3eee.png`;
    expect(messageOf(`cannot read ${image_url}`, { request: { image_url } })).toBe(`cannot read ${image_url}`);
  });

  test('names no address of another scheme', () => {
    expect(messageOf('redis://:pw@10.0.0.7:6379/0 is down')).toBe('[url] is down');
  });
});

test.each(['67c5163f550a4144a5b68699', USER_ID])('an internal id is no code of a failed task: %s', (id) => {
  const response = { success: false, error: { code: id, message: 'no quota' } };
  expect(toTask({ response }, { taskId: 't', nowMs: 0 }).error).toEqual({ message: 'no quota' });
});

test.each(['67c5163f550a4144a5b68699', USER_ID])('an internal id is no code of a failed lookup: %s', (id) => {
  for (const error of [id, { code: id }, { code: id, message: `user ${id}` }]) {
    const answer = { status: 400, headers: {}, text: JSON.stringify({ error }) };
    expect(() => readAnswer(answer, [], String)).toThrow(expect.objectContaining({ code: 'bad_request' }));
    expect(() => readAnswer(answer, [], String)).not.toThrow(id);
  }
});

test('the message of a failed lookup may name the ids asked for, and nothing else', () => {
  const asked = '20068983-0cc9-4c6a-aeb6-9c6a3c668be0';
  const body = { user_id: 'user-12345' };
  const message = `task ${asked} of user-12345 (${USER_ID}) at http://10.0.0.7/x`;
  expect(redactMessage(message, cleanerOf(body, [asked]))).toBe(`task ${asked} of [redacted] ([id]) at [url]`);
});
