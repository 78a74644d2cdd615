import { describe, expect, test } from 'vitest';
import { type Json, taskOf } from '../../support/records.js';

const URL = 'https://cdn.acedata.cloud/a.mp4';
const FINISHED = { finished_at: 1740969852.463 };
const OPEN = { finished_at: null };
const NO_RESULT = 'The API reports success, but returned no result.';

/** What decides: the status, the word that decided, and the reason of a failure. */
function judge(response: unknown, fields: Json = {}) {
  const { status, state, error } = taskOf({ id: 't', ...fields, response });
  return { status, ...(state !== undefined && { state }), ...(error && { error }) };
}
const statusOf = (response: unknown, fields?: Json) => judge(response, fields).status;

describe('the outcomes seen', () => {
  const flat = { success: true, video_id: 'v', video_url: URL, duration: '5.1', state: 'succeed', task_id: 't' };
  const element = { id: 'v', video_url: URL, duration: 5.041, state: 'succeed', model: 'kling-v1' };
  const error = { code: 'risk_control', message: 'no' };

  test.each<[string, unknown, Json?]>([
    ['no response', undefined],
    ['a null response', null],
    ['an empty response', {}],
    ['a response that is no object', 'x'],
    ['state: pending', { task_id: 't', state: 'pending' }],
    ['state: submitted', { task_id: 't', state: 'submitted' }],
    ['success and task_id with nothing else', { success: true, task_id: 't' }],
    ['a preview URL beside status: running', { status: 'running', preview_url: URL }],
    ['an attempt that the service is still retrying', { success: false, error: 'busy' }, OPEN],
    ['an unknown shape', { shape: 'unknown' }],
  ])('pending: %s', (_, response, fields) => expect(statusOf(response, fields)).toBe('pending'));

  test.each<[string, unknown, Json?]>([
    ['the flat sample', flat],
    ['the flat sample as a JSON string', JSON.stringify(flat)],
    ['a list with numeric durations', { success: true, data: [element], task_id: 't' }],
    ['a list as a JSON string', { success: true, data: JSON.stringify([element]) }],
    ['a response that is a list', [element]],
    ['talking-photo with its source video', { success: true, source_video_url: URL, video_url: URL, task_id: 't' }],
    ['a voice without a media URL', { success: true, data: { voice_id: 'v' }, task_id: 't' }, FINISHED],
    ['elements without a media URL', { success: true, data: [{ element_id: 5 }], task_id: 't' }, FINISHED],
    ['a text', { success: true, data: 'a text' }, FINISHED],
    ["Kling's own form", { data: { task_status: 'succeed', task_result: { videos: [{ id: 'v', url: URL }] } } }],
    [
      'a record without response',
      undefined,
      { data: { task_status: 'succeed', task_result: { videos: [{ url: URL }] } } },
    ],
    ['a record whose content is the result', undefined, { content: { video_url: URL } }],
    ['a record whose output is the result', undefined, { output: [{ url: URL }] }],
  ])('completed: %s', (_, response, fields) => expect(statusOf(response, fields)).toBe('completed'));

  test.each<[string, unknown, Json]>([
    ['error with code and message', { success: false, error, task_id: 't', trace_id: 'x' }, error],
    ['error with code and detail', { success: false, error: { code: 5, detail: 'd' } }, { code: '5', message: 'd' }],
    ['error as a bare string', { success: false, error: 'no' }, { message: 'no' }],
    ['state: failed without a reason', { state: 'failed' }, { message: expect.stringContaining('"failed"') }],
    ['state: cancelled with an error', { state: 'cancelled', error }, error],
    ['an error beside a contradicting success', { success: true, error, video_url: URL }, error],
  ])('failed: %s', (_, response, told) => expect(judge(response)).toMatchObject({ status: 'failed', error: told }));
});

describe('state words', () => {
  test.each('failed fail failure error cancelled canceled rejected aborted timeout timed_out expired'.split(' '))(
    '%s is a word of failure',
    (state) => expect(judge({ state, video_url: URL }, FINISHED)).toMatchObject({ status: 'failed', state }),
  );
  test.each('succeed succeeded success completed complete finished done'.split(' '))('%s is a done word', (state) =>
    expect(judge({ state, voice_id: 'v' })).toEqual({ status: 'completed', state }),
  );
  test('are trimmed and compared in lower case, and shown as the API spells them', () => {
    expect(judge({ state: ' Failed\n' })).toMatchObject({ status: 'failed', state: 'Failed' });
  });
  test('count wherever they stand: on the record, the response, its data, each element of a list', () => {
    for (const key of ['state', 'status', 'task_status']) {
      const word = { [key]: 'failed' };
      expect(statusOf({ video_url: URL }, word)).toBe('failed');
      for (const response of [word, { data: word }, { data: [{ state: 'succeed' }, word] }, [word]]) {
        expect(statusOf(response, FINISHED)).toBe('failed');
      }
    }
  });
  test.each(['', ' ', 5, null, {}])('%j is none', (state) =>
    expect(statusOf({ state, video_url: URL })).toBe('completed'),
  );
});

describe('rule 0: part of a list failed', () => {
  const DONE = { id: 'a', state: 'succeed', video_url: URL };
  const BROKEN = [
    { state: 'failed' },
    { error: 'nsfw' },
    { error: { code: 'x' } },
    { success: false, message: 'nsfw' },
  ];

  test.each(BROKEN)('what was delivered beside %j is completed, with the error told', (broken) => {
    for (const data of [
      [DONE, broken],
      [broken, DONE],
      [broken, { video_url: URL }],
    ]) {
      expect(judge({ success: true, data }, FINISHED)).toMatchObject({ status: 'completed', error: { message: /./ } });
      expect(statusOf(data)).toBe('completed');
    }
    expect(statusOf({ data: [broken, { video_url: URL }] }, OPEN)).not.toBe('completed');
    expect(statusOf({ data: [broken, { ...broken, video_url: URL }] }, FINISHED)).toBe('failed');
  });

  test('the error is that of the element that failed', () => {
    expect(
      judge({
        data: [
          { ...DONE, message: 'fine' },
          { state: 'failed', fail_reason: 'nsfw' },
        ],
      }),
    ).toEqual({
      status: 'completed',
      state: 'succeed',
      error: { message: 'nsfw' },
    });
  });

  test('while another element is running, a failed word decides; once finished, it runs no more', () => {
    const data = [DONE, { state: 'failed' }, { state: 'running' }];
    expect(statusOf({ data })).toBe('failed');
    expect(statusOf({ data }, FINISHED)).toBe('completed');
  });

  test('does not hold where the response or the record says that it failed', () => {
    const data = [DONE, { error: 'no' }];
    expect(statusOf({ success: false, data }, FINISHED)).toBe('failed');
    expect(statusOf({ data }, { error: 'all', ...FINISHED })).toBe('failed');
  });
});

describe('rule 2: success false, or an error', () => {
  test('is failed, whatever else the record says; while open, pending', () => {
    for (const response of [
      { success: false, state: 'succeed', video_url: URL },
      { success: false, state: 'processing' },
      { success: true, data: { success: false } },
      { data: { error: 'no', video_url: URL } },
    ]) {
      expect(statusOf(response)).toBe('failed');
      expect(statusOf(response, FINISHED)).toBe('failed');
      expect(statusOf(response, OPEN)).toBe('pending');
    }
  });

  test.each([true, 'no', { code: 500 }, { message: 'no' }, { detail: [{ msg: 'no' }] }, { code: true }])(
    'the error %j is present',
    (error) => {
      expect(statusOf({}, { error })).toBe('failed');
      expect(statusOf({ error, success: true, video_url: URL })).toBe('failed');
    },
  );
  test.each([false, null, 0, 1, '', ' \n', [], ['no'], {}, { code: 0 }, { code: '', message: null, detail: false }])(
    'the error %j is absent',
    (error) => expect(statusOf({ error, data: { error, video_url: URL } }, { error })).toBe('completed'),
  );
});

describe('rule 3: a running word', () => {
  test('is pending, also beside a done word or a URL', () => {
    expect(judge({ state: 'running', video_url: URL })).toEqual({ status: 'pending', state: 'running' });
    expect(judge({ state: 'succeed', data: [{ status: 'queued' }] })).toEqual({ status: 'pending', state: 'queued' });
  });
  test('once finished, a result URL outweighs it; otherwise it is still pending', () => {
    expect(judge({ state: 'running', video_url: URL }, FINISHED)).toEqual({ status: 'completed' });
    expect(judge({ state: 'running' }, FINISHED)).toEqual({ status: 'pending', state: 'running' });
    expect(statusOf({ state: 'running', voice_id: 'v' }, FINISHED)).toBe('pending');
  });
  test.each(['ok', '200', 'rendering'])('an unknown word, %s, is none once finished', (state) => {
    expect(judge({ state, data: { voice_id: 'v' } })).toEqual({ status: 'pending', state });
    expect(judge({ state, success: true, data: { voice_id: 'v' } }, FINISHED)).toEqual({ status: 'completed' });
  });
});

describe('rules 4 and 6: success is believed where there is something to show', () => {
  test.each([
    { video_url: URL },
    { voice_id: 'v' },
    { data: { element_id: 5 } },
    { data: 'a text' },
    { data: { task_result: { elements: [{ name: 'Anna' }] } } },
  ])('a done word with %j is completed, while open too', (rest) => {
    for (const fields of [{}, OPEN, FINISHED]) {
      expect(judge({ state: 'succeed', ...rest }, fields)).toEqual({ status: 'completed', state: 'succeed' });
    }
  });

  test.each([
    { success: true, task_id: 't' },
    { video_url: null },
    { video_url: '', videos: [], created_at: 1, updated_at: 2 },
    { video_url: 'javascript:alert(1)' },
    { data: [{ id: 'v', video_url: null, duration: 5, model: 'kling-v1', state: 'succeed' }] },
    { data: { task_result: { videos: [{ id: 'v', url: null, duration: '5' }] } } },
    { cover_url: URL, data: { parent_video: { url: URL, note: 'x' } } },
    { usage: { duration: 5 }, request: { prompt: 'x' }, input: { a: 1 } },
  ])('a done word with no more than %j is failed; while open, pending', (rest) => {
    for (const fields of [{}, FINISHED]) {
      expect(judge({ state: 'succeed', ...rest }, fields)).toEqual({
        status: 'failed',
        state: 'succeed',
        error: { message: NO_RESULT },
      });
    }
    expect(judge({ state: 'succeed', ...rest }, OPEN)).toEqual({ status: 'pending', state: 'succeed' });
  });

  test.each([{ success: true }, { data: [{}] }, { success: true, data: { id: 'v' } }])(
    'finished with no more than %j is failed, and no word decided',
    (response) => {
      expect(judge(response, FINISHED)).toEqual({ status: 'failed', error: { message: NO_RESULT } });
    },
  );
});

describe('rule 5: a result URL', () => {
  test('is completed; while open, pending', () => {
    expect(judge({ deep: [{ audio_urls: [URL] }] })).toEqual({ status: 'completed' });
    expect(statusOf({ video_url: URL }, { finished_at: 'yesterday' })).toBe('completed');
    expect(statusOf({ video_url: URL }, OPEN)).toBe('pending');
  });

  test.each(
    'callback webhook status source origin preview cover poster thumbnail frame docs parent refer reference'.split(' '),
  )('%s_url is none', (key) => {
    expect(statusOf({ [`${key}_url`]: URL, [`last_${key}_url`]: URL, [`${key}Images`]: [{ url: URL }] })).toBe(
      'pending',
    );
  });
  test.each(['resource', 'transparent', 'recovered'])('%s_url is one', (key) => {
    expect(statusOf({ [`${key}_url`]: URL })).toBe('completed');
  });
  test.each(['request', 'input', 'task_info'])('what stands under %s is none', (key) => {
    expect(statusOf({ data: { [key]: { videos: [{ url: URL }] } } })).toBe('pending');
  });
  test.each(['ftp://a/b.mp4', 'data:video/mp4;base64,AAAA', 'javascript:alert(1)', '/a.mp4', 'https://', '', 7])(
    '%j is none',
    (url) => expect(statusOf({ video_url: url })).toBe('pending'),
  );
  test('a URL under another key is none', () => {
    expect(statusOf({ link: URL, urlish: URL, resultUrls: [URL] })).toBe('pending');
  });
  test('where a task_result holds something, what stands beside it is none', () => {
    expect(statusOf({ video_url: URL, data: { task_result: { note: 'x' } } })).toBe('pending');
    expect(statusOf({ video_url: URL, data: { task_result: { videos: [] } } })).toBe('completed');
  });
});

test.each([undefined, null, {}, 'not JSON', { data: {} }, { data: [] }, { data: '' }, { data: 0 }, { note: 'x' }])(
  'rule 7: finished with %j is failed',
  (response) => {
    expect(judge(response, FINISHED)).toEqual({
      status: 'failed',
      error: { message: 'The task ended without a result.' },
    });
  },
);

describe('the message of a failure', () => {
  const ORDER = [
    ...['error.message', 'error.detail', 'error', 'task_status_msg', 'failure_reason', 'fail_reason', 'fail_msg'],
    ...['message', 'detail'],
  ];
  /** A failed response whose reasons are the given keys, each told by its name. */
  const responseOf = (keys: string[]) => {
    const error = Object.fromEntries(
      keys.filter((key) => key.startsWith('error.')).map((key) => [key.slice('error.'.length), key]),
    );
    const others = keys.filter((key) => !key.startsWith('error')).map((key) => [key, key]);
    return { state: 'failed', error: keys[0] === 'error' ? 'error' : error, ...Object.fromEntries(others) };
  };
  const messageOf = (response: unknown) => judge(response).error?.message;

  test.each(ORDER)('comes from %s where nothing before it is told', (key) => {
    expect(messageOf(responseOf(ORDER.slice(ORDER.indexOf(key))))).toBe(key);
  });
  test('goes in this order across the places too, and may stand in camel case', () => {
    expect(messageOf({ message: 'outer', data: { error: { message: 'inner' } } })).toBe('inner');
    expect(messageOf({ state: 'failed', message: 'later', data: { failReason: 'first' } })).toBe('first');
    expect(messageOf({ state: 'failed', data: [{ taskStatusMsg: 'here' }] })).toBe('here');
  });
  test('is a sentence of ours if the API gives none', () => {
    expect(messageOf({ state: 'cancelled' })).toBe('The task ended as "cancelled", without a reason from the API.');
    expect(messageOf({ success: false })).toBe('The task failed, without a reason from the API.');
  });
  test('is never one of invisible characters, nor a word of success', () => {
    expect(messageOf({ error: { message: '\u200b\u0000' }, detail: 'visible', state: 'failed' })).toBe('visible');
    for (const message of ['SUCCEED', 'OK', 'ok.', 'Successful', 'Successfully!', 'Success.']) {
      expect(messageOf({ message, data: { task_status: 'failed', detail: 'refused' } })).toBe('refused');
      expect(messageOf({ message, state: 'failed' })).toMatch(/without a reason/);
    }
  });
});
