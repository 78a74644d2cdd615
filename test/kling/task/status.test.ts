import { describe, expect, test } from 'vitest';
import { readRecord } from '../../../src/kling/task/record.js';
import { judgeStatus } from '../../../src/kling/task/status.js';

const URL = 'https://cdn.acedata.cloud/a.mp4';
const FINISHED = { finished_at: 1740969852.463 };
const OPEN = { finished_at: null };

const judge = (response: unknown, fields: object = {}) => judgeStatus(readRecord({ id: 't', ...fields, response }));
const statusOf = (response: unknown, fields: object = {}) => judge(response, fields).status;

describe('state words', () => {
  const FAILED = 'failed fail failure error cancelled canceled rejected aborted timeout timed_out expired'.split(' ');
  const DONE = 'succeed succeeded success completed complete finished done'.split(' ');

  test.each(FAILED)('%s is a failed word', (state) => expect(statusOf({ state })).toBe('failed'));
  test.each(DONE)('%s is a done word', (state) => expect(statusOf({ state })).toBe('completed'));
  test.each(['pending', 'submitted', 'processing', 'running', 'queued', 'staging', 'constructor'])(
    '%s, known or not, is a running word',
    (state) => expect(statusOf({ state, video_url: URL })).toBe('pending'),
  );

  test.each(['state', 'status', 'task_status'])('a word counts as %s of every place', (key) => {
    const word = { [key]: 'failed' };
    expect(statusOf({}, word)).toBe('failed');
    expect(statusOf(word)).toBe('failed');
    expect(statusOf({ data: word })).toBe('failed');
    expect(statusOf({ data: [{}, word] })).toBe('failed');
  });

  test('words are trimmed and compared in lower case, and shown as the API spells them', () => {
    expect(judge({ state: ' \nSUCCEED ' })).toEqual({ status: 'completed', state: 'SUCCEED' });
  });

  test.each(['', '   ', null, 7, true, {}, ['failed']])('%j is no word', (state) => {
    expect(judge({ state, video_url: URL })).toEqual({ status: 'completed' });
  });

  test('a word deeper than the data does not count', () => {
    expect(statusOf({ video_url: URL, data: { task_result: { state: 'failed' } } })).toBe('completed');
  });
});

describe('rule 1: a failed word', () => {
  test('decides against a done word, success and a URL', () => {
    const response = { success: true, status: 'succeed', video_url: URL };
    expect(judge(response, { ...FINISHED, state: 'failed' })).toMatchObject({ status: 'failed', state: 'failed' });
  });

  test('decides while the record is open', () => expect(statusOf({ state: 'failed' }, OPEN)).toBe('failed'));

  const DONE = { state: 'succeed', video_url: URL };
  const FAILED = { state: 'failed', error: { code: 'risk', message: 'no' } };

  test('yields to an element of a list with a done word and a URL; the error is reported beside it', () => {
    expect(judge({ data: [FAILED, DONE] })).toEqual({
      status: 'completed',
      state: 'succeed',
      error: { code: 'risk', message: 'no' },
    });
    expect(judge({ data: [DONE, { state: 'failed' }] }).error).toEqual({ message: 'Part of the results failed.' });
  });

  test('yields to no element without a URL, without a done word, or outside a list', () => {
    expect(statusOf({ data: [FAILED, { state: 'succeed' }] })).toBe('failed');
    expect(statusOf({ data: [FAILED, { video_url: URL }] })).toBe('failed');
    expect(statusOf({ data: [FAILED, { state: 'succeed', cover_url: URL }] })).toBe('failed');
    expect(statusOf({ data: DONE, state: 'failed' })).toBe('failed');
  });

  test('an error inside an element counts like a failed word of that element', () => {
    const broken = { error: 'no' };
    expect(statusOf({ success: true, data: [broken] }, FINISHED)).toBe('failed');
    expect(judge({ success: true, data: [broken, DONE] })).toMatchObject({
      status: 'completed',
      error: { message: 'no' },
    });
    expect(statusOf({ success: false, data: [broken, DONE] })).toBe('failed');
    expect(statusOf({ error: 'all', data: [broken, DONE] })).toBe('failed');
  });

  const BROKEN = [
    { error: { code: 'x', message: 'nsfw' } },
    { id: 'b', success: false, error: 'nsfw' },
    { id: 'b', success: false, message: 'nsfw' },
  ];
  test.each(BROKEN)('without state words, what was delivered beside %j is completed', (broken) => {
    const delivered = { id: 'a', video_url: URL };
    for (const data of [
      [delivered, broken],
      [broken, delivered],
    ]) {
      const told = { status: 'completed', error: { message: 'nsfw' } };
      expect(judge({ success: true, data }, FINISHED)).toMatchObject(told);
      expect(judge({ success: true, data })).toMatchObject(told);
      expect(statusOf({ success: true, data }, OPEN)).toBe('pending');
    }
    expect(statusOf({ success: true, data: [broken, broken] }, FINISHED)).toBe('failed');
    expect(statusOf({ success: true, data: [{ ...broken, video_url: URL }] }, FINISHED)).toBe('failed');
  });
});

describe('rule 2: success false, or an error', () => {
  test('is failed, whatever else the record says', () => {
    expect(statusOf({ success: false, state: 'succeed', video_url: URL })).toBe('failed');
    expect(statusOf({ success: false, state: 'processing' })).toBe('failed');
    expect(statusOf({ video_url: URL }, { success: false })).toBe('failed');
    for (const fields of [{}, FINISHED]) {
      expect(judge({ success: true, data: { success: false, message: 'refused by risk' } }, fields)).toEqual({
        status: 'failed',
        error: { message: 'refused by risk' },
      });
    }
    expect(statusOf({ error: 'no', video_url: URL }, FINISHED)).toBe('failed');
  });

  test('is pending while open, as the service may be trying again', () => {
    expect(statusOf({ success: false }, OPEN)).toBe('pending');
    expect(statusOf({ success: true, data: { success: false } }, OPEN)).toBe('pending');
    expect(statusOf({ error: 'no', state: 'succeed' }, OPEN)).toBe('pending');
  });

  const PRESENT = [
    true,
    'no',
    { code: 'no' },
    { code: 500 },
    { message: 'no' },
    { detail: 'no' },
    { message: { en: 'no' } },
    { detail: [{ msg: 'no' }] },
    { code: true },
  ];
  test.each(PRESENT)('the error %j is present', (error) => {
    expect(statusOf({}, { error })).toBe('failed');
    expect(statusOf({ error, success: true, video_url: URL })).toBe('failed');
    expect(statusOf({ data: { error, video_url: URL } })).toBe('failed');
  });

  const ABSENT = [
    false,
    null,
    0,
    1,
    '',
    ' \n',
    [],
    ['no'],
    {},
    { code: 0 },
    { code: '', message: null, detail: false },
    { message: ' ' },
    { trace_id: 'x' },
  ];
  test.each(ABSENT)('the error %j is absent', (error) => {
    expect(statusOf({ error, data: { error, video_url: URL } }, { error })).toBe('completed');
  });

  test.each([null, 0, '', 'false', undefined])('success: %j is not false', (success) => {
    expect(statusOf({ success, video_url: URL })).toBe('completed');
  });
});

describe('rule 3: a running word', () => {
  test('is pending, also beside a done word or a URL', () => {
    expect(judge({ state: 'running', video_url: URL })).toEqual({ status: 'pending', state: 'running' });
    expect(judge({ state: 'succeed', data: [{ status: 'queued' }] })).toEqual({ status: 'pending', state: 'queued' });
    expect(statusOf({ state: 'running', video_url: URL }, OPEN)).toBe('pending');
  });

  test('does not count once the record is finished', () => {
    expect(judge({ state: 'running', video_url: URL }, FINISHED)).toEqual({ status: 'completed' });
    expect(statusOf({ state: 'running' }, FINISHED)).toBe('failed');
  });
});

describe('rule 4: a done word', () => {
  test('is completed, without a URL and while open too', () => {
    expect(judge({ state: 'done' }, OPEN)).toEqual({ status: 'completed', state: 'done' });
  });

  test('is completed beside a running word once finished', () => {
    expect(judge({ state: 'running', task_status: 'succeed' }, FINISHED)).toEqual({
      status: 'completed',
      state: 'succeed',
    });
  });
});

describe('rule 5: a result URL', () => {
  test('is completed', () => expect(statusOf({ deep: [{ audio_urls: [URL] }] })).toBe('completed'));
  test('is pending while open', () => expect(statusOf({ video_url: URL }, OPEN)).toBe('pending'));
  test('the finish need not be known', () => {
    expect(statusOf({ video_url: URL }, { finished_at: 'yesterday' })).toBe('completed');
  });

  const NO_RESULT =
    'callback webhook status source origin preview cover poster thumbnail frame docs parent refer reference'.split(' ');
  test.each(NO_RESULT)('%s_url is no result URL', (key) => {
    expect(statusOf({ [`${key}_url`]: URL, [`${key}_video_url`]: URL })).toBe('pending');
  });
  test.each(['request', 'input', 'task_info'])('what stands under %s is no result', (key) => {
    expect(statusOf({ data: { [key]: { videos: [{ url: URL }] } } })).toBe('pending');
  });
  test.each(['ftp://a/b.mp4', 'data:video/mp4;base64,AAAA', 'javascript:alert(1)', '/a.mp4', 'https://', '', 7])(
    '%j is no result URL',
    (url) => expect(statusOf({ video_url: url })).toBe('pending'),
  );
  test('a URL under another key is no result', () => expect(statusOf({ link: URL, urlish: URL })).toBe('pending'));
});

describe('rule 6: finished', () => {
  test('with success: true, completed', () => expect(statusOf({ success: true }, FINISHED)).toBe('completed'));
  test.each([{ data: { voice_id: 'v' } }, { data: [{}] }, { data: 'voice' }, { data: 5 }])(
    'with %j, completed',
    (response) => expect(statusOf(response, FINISHED)).toBe('completed'),
  );
  test.each([undefined, null, {}, 'not JSON', { data: {} }, { data: [] }, { data: null }, { data: '' }, { data: 0 }])(
    'with %j, failed: it ended without a result',
    (response) => {
      expect(judge(response, FINISHED)).toEqual({
        status: 'failed',
        error: { message: 'The task ended without a result.' },
      });
    },
  );
});

describe('rule 7: otherwise pending', () => {
  test.each([{ success: true }, { success: true, data: { voice_id: 'v' } }, { shape: 'unknown' }, [], [{}], 5, 'x'])(
    '%j, not known to be finished, is pending',
    (response) => {
      expect(statusOf(response)).toBe('pending');
      expect(statusOf(response, OPEN)).toBe('pending');
    },
  );

  test('a missing record is pending', () => {
    for (const value of [null, 5, 'x', [], {}]) expect(judgeStatus(readRecord(value))).toEqual({ status: 'pending' });
  });
});

test('a list of a million elements costs no more than its length', () => {
  const response = { data: Array.from({ length: 1_000_000 }, () => ({})) };
  expect(statusOf(response)).toBe('pending');
});
