import { describe, expect, test } from 'vitest';
import { summarizeTask, toTask } from '../../../src/kling/task/task.js';
import {
  completedRecord,
  DOCUMENTED_ID,
  DOCUMENTED_VIDEO,
  documented,
  failedRecord,
  type Json,
  PRIVATE_VALUES,
  record,
} from '../../support/records.js';

const NOW_S = 1740969600;
const CALLBACK = 'https://webhook.site/624b2c78-6dbd-4618-9d2b-b32eade6d8c3';

const taskOf = (value: unknown, taskId = 't') => toTask(value, { taskId, nowMs: NOW_S * 1000 });
const completed = (fields: Json = {}) => taskOf({ ...completedRecord('t'), ...fields });
const failed = (fields: Json = {}) => taskOf({ ...failedRecord('t'), ...fields });
const pending = (fields: Json = {}) => taskOf(record('t', { finished_at: null, ...fields }));

describe('which fields there are', () => {
  test('of the documented task', () => {
    expect(taskOf(documented, DOCUMENTED_ID)).toEqual({
      task_id: DOCUMENTED_ID,
      status: 'completed',
      state: 'succeed',
      type: 'videos',
      video_url: DOCUMENTED_VIDEO,
      video_id: '030bb06d-98d4-4044-9042-0aa0822e8c8c',
      duration_seconds: 5.1,
      request: { action: 'text2video', model: 'kling-v1', prompt: expect.stringMatching(/^White.*handle\.$/) },
      created_at: '2025-03-03T02:38:55.333Z',
      started_at: '2025-03-03T02:38:55.393Z',
      finished_at: '2025-03-03T02:44:12.463Z',
      elapsed_seconds: 317.07,
      trace_id: '0a907f69-4ae2-4a08-b34c-ee15c1c47077',
    });
  });

  test('of a failed task', () => {
    expect(Object.keys(failed())).toEqual(
      'task_id status type error request created_at started_at finished_at elapsed_seconds trace_id'.split(' '),
    );
  });

  test('of a pending task, whatever else its record has', () => {
    const task = pending({
      state: 'running',
      started_at: NOW_S,
      elapsed: 3,
      trace_id: 'trace-1',
      response: { preview_url: DOCUMENTED_VIDEO },
    });
    expect(Object.keys(task)).toEqual(
      'task_id status state type request created_at elapsed_seconds poll_after_seconds'.split(' '),
    );
  });

  test.each([null, undefined, 5, 'x', true, [], [[]], {}])('of the record %j', (value) => {
    expect(taskOf(value)).toEqual({ task_id: 't', status: 'pending', poll_after_seconds: 10 });
  });

  test('a field of the wrong type counts as absent and affects no other field', () => {
    const task = completed({
      type: 5,
      trace_id: {},
      created_at: '1740969535',
      started_at: [],
      elapsed: '3',
      request: 'x',
    });
    expect(Object.keys(task)).toEqual(
      'task_id status state video_url video_id duration_seconds finished_at'.split(' '),
    );
  });
});

test('task_id is as asked, whatever the record says', () => {
  expect(taskOf({ ...completedRecord('abc'), id: 5 }, 'ABC').task_id).toBe('ABC');
});

test('state is the word that decided, on one line and at most 64 characters long', () => {
  expect(pending({ response: { state: ' In\u202e\nQueue ' } }).state).toBe('In Queue');
  expect(pending({ response: { state: 'x'.repeat(999) } }).state).toBe(`${'x'.repeat(63)}…`);
  expect(pending({ response: { state: '\u200b' } })).not.toHaveProperty('state');
});

test('type is the type of the record, on one line and at most 64 characters long', () => {
  expect(completed({ type: ' lip-\u0000sync\n' }).type).toBe('lip-sync');
  expect(completed({ type: 'x'.repeat(999) }).type).toHaveLength(64);
  expect(completed({ type: ' ' })).not.toHaveProperty('type');
});

describe('error', () => {
  const errorOf = (error: unknown, fields: Json = {}) =>
    failed({ ...fields, response: { success: false, error } }).error;

  test('is absent from a completed and a pending task', () => {
    expect(completed()).not.toHaveProperty('error');
    expect(pending({ response: { success: false, error: 'busy' } })).not.toHaveProperty('error');
  });
  test('has no code where the API has none', () => expect(errorOf('no')).toEqual({ message: 'no' }));
  test('has a code of at most 64 characters', () => {
    expect(errorOf({ code: 1303, message: 'no' })).toEqual({ code: '1303', message: 'no' });
    expect(errorOf({ code: 'x'.repeat(99), message: 'no' })?.code).toHaveLength(64);
  });
  test('has a message on one line, at most 500 characters long', () => {
    expect(errorOf('a\n\u001b[1mb')).toEqual({ message: 'a b' });
    expect(errorOf('x'.repeat(1_000_000))?.message).toBe(`${'x'.repeat(499)}…`);
  });
  test.each(PRIVATE_VALUES)('does not repeat %s, and has no code instead of it', (value) => {
    const error = errorOf({ code: value, message: `${value}: no, ${value}` });
    expect(error).toEqual({ message: expect.stringMatching(/^(\[(?:url|id|redacted)\]): no, \1$/) });
  });
  test('does not show half of a private value at the cut', () => {
    expect(errorOf(`${'x '.repeat(240)}${CALLBACK}`)?.message).toMatch(/x \[url\]$/);
  });
  test('does not repeat a private value that is a number, or stands deeper', () => {
    const request = { options: [{ notify_url: 'https://hook.example/s3cret' }] };
    const { message } = errorOf('user 123456789 at https://hook.example/s3cret', { request, user_id: 123456789 }) ?? {};
    expect(message).toBe('user [redacted] at [url]');
  });
  test('shows no rest of a private value that begins like another', () => {
    const callbacks = { callback_url: 'https://hook.example/', webhook_url: 'https://hook.example/s3cret' };
    expect(errorOf('see https://hook.example/s3cret', { request: callbacks })?.message).toBe('see [url]');
  });
  test('is not garbled by a short private value', () => {
    expect(errorOf('error 1: no', { job_id: '1' })).toEqual({ message: 'error 1: no' });
  });
  test('may name the task and its trace', () => {
    const message = 'Task task-12345678 (trace-12345678) failed.';
    expect(
      errorOf(message, { id: 'task-12345678', job_id: 'task-12345678', trace_id: 'trace-12345678' })?.message,
    ).toBe(message);
  });
});

describe.each(['created_at', 'started_at', 'finished_at'] as const)('%s', (field) => {
  test('is in ISO 8601, UTC, with milliseconds', () => {
    expect(completed({ [field]: 1740969535.3334 })[field]).toBe('2025-03-03T02:38:55.333Z');
    expect(failed({ [field]: 1740969535 })[field]).toBe('2025-03-03T02:38:55.000Z');
    expect(completed({ [field]: 253402300799.999 })[field]).toBe('9999-12-31T23:59:59.999Z');
  });
  test.each([0, -1, 1e-9, 253402300800, 1740969535333, 1e308, -1e308, Number.MAX_SAFE_INTEGER, Infinity, NaN])(
    'is left out where %j is no date',
    (value) => expect(completed({ [field]: value })).not.toHaveProperty(field),
  );
});

describe('elapsed_seconds', () => {
  test('is what the API says', () => expect(completed({ elapsed: 0 }).elapsed_seconds).toBe(0));
  test.each([-1, null, '5', Infinity, undefined])('is left out where the API says %j', (elapsed) => {
    expect(completed({ elapsed })).not.toHaveProperty('elapsed_seconds');
  });
  test('of a pending task is the time since it was created, in whole seconds', () => {
    expect(pending({ created_at: NOW_S - 60.4, elapsed: 7 }).elapsed_seconds).toBe(60);
    expect(pending({ created_at: NOW_S + 60 }).elapsed_seconds).toBe(0);
    expect(pending({ created_at: undefined })).not.toHaveProperty('elapsed_seconds');
  });
});

describe('poll_after_seconds', () => {
  test.each([
    [0, 10],
    [3, 7],
    [9, 1],
    [9.9, 1],
    [10, 10],
    [1799, 10],
    [1800, undefined],
    [3600, undefined],
    [-5, 10],
  ])('%d s after the creation is %s', (age, poll) => {
    expect(pending({ created_at: NOW_S - age }).poll_after_seconds).toBe(poll);
  });
  test('is 10 for a task of unknown age', () => expect(pending({ created_at: null }).poll_after_seconds).toBe(10));
});

describe('trace_id', () => {
  test("is the record's, else the response's", () => {
    expect(failed({ trace_id: 'a' }).trace_id).toBe('a');
    const response = { success: false, trace_id: 'b' };
    for (const trace_id of [undefined, '', 5]) expect(failed({ trace_id, response }).trace_id).toBe('b');
  });
  test('is at most 128 characters long', () =>
    expect(failed({ trace_id: 'x'.repeat(999) }).trace_id).toHaveLength(128));
});

test('internal ids and the callback URL appear nowhere, whatever the status', () => {
  for (const task of [taskOf(documented, DOCUMENTED_ID), completed(), failed(), pending()]) {
    for (const value of PRIVATE_VALUES) expect(JSON.stringify(task)).not.toContain(value);
  }
});

test('a summary keeps the trace id of a failed task only', () => {
  expect(summarizeTask(failed()).trace_id).toBe('trace-1');
  expect(summarizeTask(completed())).not.toHaveProperty('trace_id');
});
