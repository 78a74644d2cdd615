import { describe, expect, test } from 'vitest';
import { readRecord } from '../../../src/kling/task/record.js';
import { judgeStatus } from '../../../src/kling/task/status.js';

const URL = 'https://cdn.acedata.cloud/a.mp4';
const FINISHED = { finished_at: 1740969852.463 };
const OPEN = { finished_at: null };

const judge = (response: unknown, fields: object = {}) => judgeStatus(readRecord({ id: 't', ...fields, response }));
const statusOf = (response: unknown, fields: object = {}) => judge(response, fields).status;

describe('the outcomes seen', () => {
  const PENDING: [string, unknown, object?][] = [
    ['no response', undefined],
    ['a null response', null],
    ['an empty response', {}],
    ['state: pending', { task_id: 't', state: 'pending' }],
    ['state: submitted', { task_id: 't', state: 'submitted' }],
    ['state: processing', { task_id: 't', state: 'processing' }],
    ['success and task_id with nothing else', { success: true, task_id: 't' }],
    ['a preview URL beside status: running', { status: 'running', preview_url: URL }],
    ['a video URL beside status: running', { status: 'running', video_url: URL }],
    ['an attempt that the service is still retrying', { success: false, error: 'busy' }, OPEN],
  ];
  test.each(PENDING)('pending: %s', (_, response, fields) => expect(statusOf(response, fields)).toBe('pending'));

  const element = { id: 'v', video_url: URL, duration: 5.041, state: 'succeed', model: 'kling-v1' };
  const flat = { success: true, video_id: 'v', video_url: URL, duration: '5.1', state: 'succeed', task_id: 't' };
  const COMPLETED: [string, unknown, object?][] = [
    ['the flat sample', flat],
    ['the flat sample as a JSON string', JSON.stringify(flat)],
    ['a list with numeric durations', { success: true, data: [element], task_id: 't' }],
    ['talking-photo with its source video', { success: true, source_video_url: URL, video_url: URL, task_id: 't' }],
    ['a voice without a media URL', { success: true, data: { voice_id: 'v' }, task_id: 't' }, FINISHED],
    ['elements without a media URL', { success: true, data: [{ element_id: 5 }], task_id: 't' }, FINISHED],
    ["Kling's own form", { data: { task_status: 'succeed', task_result: { videos: [{ id: 'v', url: URL }] } } }],
  ];
  test.each(COMPLETED)('completed: %s', (_, response, fields) => expect(statusOf(response, fields)).toBe('completed'));

  const error = { code: 'risk_control', message: 'no' };
  const FAILED: [string, unknown, object][] = [
    ['error with code and message', { success: false, error, task_id: 't', trace_id: 'x' }, error],
    ['error with code and detail', { success: false, error: { code: 'c', detail: 'd' } }, { code: 'c', message: 'd' }],
    ['error as a bare string', { success: false, error: 'no' }, { message: 'no' }],
    ['state: failed with an error', { state: 'failed', error }, error],
    ['state: failed without one', { state: 'failed' }, { message: expect.stringContaining('failed') }],
    ['state: cancelled with an error', { state: 'cancelled', error }, error],
    ['state: cancelled without one', { state: 'cancelled' }, { message: expect.stringContaining('cancelled') }],
    ['an error beside a contradicting success', { success: true, error, video_url: URL }, error],
  ];
  test.each(FAILED)('failed: %s', (_, response, told) => {
    expect(judge(response)).toMatchObject({ status: 'failed', error: told });
  });
});

describe('the message of a failure', () => {
  const messageOf = (response: unknown, fields?: object) => judge(response, fields).error?.message;
  const all = {
    state: 'failed',
    error: { message: 'from error.message', detail: 'from error.detail' },
    message: 'from message',
    detail: 'from detail',
    task_status_msg: 'from task_status_msg',
  };

  test('comes from error.message first', () => expect(messageOf(all)).toBe('from error.message'));
  test('then from error.detail', () => {
    expect(messageOf({ ...all, error: { message: ' ', detail: 'from error.detail' } })).toBe('from error.detail');
  });
  test('then from the bare string', () => expect(messageOf({ ...all, error: 'bare' })).toBe('bare'));
  test('then from message', () => expect(messageOf({ ...all, error: {} })).toBe('from message'));
  test('then from detail', () => expect(messageOf({ ...all, error: {}, message: '' })).toBe('from detail'));
  test('then from task_status_msg', () => {
    expect(messageOf({ state: 'failed', data: { task_status_msg: 'from Kling' } })).toBe('from Kling');
  });
  test('is a sentence of ours if the API gives none', () => {
    expect(messageOf({ state: 'cancelled' })).toBe('The task ended as "cancelled", without a reason from the API.');
    expect(messageOf({ success: false })).toBe('The task failed, without a reason from the API.');
  });
  test('is never one of invisible characters only', () => {
    expect(messageOf({ error: { message: '\u200b\u0000' }, detail: 'visible', state: 'failed' })).toBe('visible');
  });
  test('is never a word of success, which the envelope of a failed answer may contain', () => {
    const data = { task_status: 'failed', task_status_msg: 'The picture was refused.' };
    for (const message of ['SUCCEED', 'OK', 'ok.', 'Successful', 'Successfully!', 'Success.']) {
      expect(messageOf({ code: 0, message, data })).toBe('The picture was refused.');
    }
    expect(messageOf({ message: 'OK', state: 'failed' })).toMatch(/without a reason/);
  });
  test('goes in this order across the places too', () => {
    expect(messageOf({ message: 'outer', data: { error: { message: 'inner' } } })).toBe('inner');
  });
});
