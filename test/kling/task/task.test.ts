import { describe, expect, test } from 'vitest';
import { recordIdOf } from '../../../src/kling/task/record.js';
import { summarizeTask } from '../../../src/kling/task/task.js';
import { redactor } from '../../../src/text/clean.js';
import {
  completedRecord,
  DOCUMENTED_ID,
  DOCUMENTED_VIDEO,
  documented,
  failedRecord,
  type Json,
  PRIVATE_VALUES,
  record,
  taskOf,
} from '../../support/records.js';

const NOW_S = 1740969600;

const completed = (fields: Json = {}) => taskOf({ ...completedRecord('t'), ...fields });
const failed = (fields: Json = {}) => taskOf({ ...failedRecord('t'), ...fields });
const pending = (fields: Json = {}) => taskOf(record('t', { finished_at: null, ...fields }));

describe('which fields there are', () => {
  test('of the documented task', () => {
    expect(taskOf(documented, { taskId: DOCUMENTED_ID })).toEqual({
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
      response: { preview_url: DOCUMENTED_VIDEO, trace_id: 'x' },
    });
    expect(Object.keys(task)).toEqual(
      'task_id status state type request created_at elapsed_seconds poll_after_seconds'.split(' '),
    );
  });

  test.each([null, undefined, 5, 'x', true, [], [[]], {}, { task: {} }])('of the record %j', (value) => {
    expect(taskOf(value)).toEqual({ task_id: 't', status: 'pending', poll_after_seconds: 10 });
  });

  test('a field of the wrong type counts as absent and affects no other field', () => {
    const wrong = { type: 5, trace_id: {}, created_at: '1740969535', started_at: [], elapsed: '3', request: 'x' };
    expect(Object.keys(completed(wrong))).toEqual(
      'task_id status state video_url video_id duration_seconds finished_at'.split(' '),
    );
  });
});

describe('the record', () => {
  test('has its id as id, else as the task_id of its response', () => {
    expect(recordIdOf({ id: ' a ', response: { task_id: 'b' } })).toBe('a');
    expect(recordIdOf({ id: 5 })).toBe('5');
    for (const response of [{ task_id: 'b' }, JSON.stringify({ task_id: 'b' })]) {
      expect(recordIdOf({ response })).toBe('b');
      expect(recordIdOf({ id: '', response })).toBe('b');
    }
    for (const response of [undefined, null, [], 'b', { data: 5 }]) expect(recordIdOf({ response })).toBeUndefined();
  });
});

test('task_id is as asked, whatever the record says', () => {
  expect(taskOf({ ...completedRecord('abc'), id: 5 }, { taskId: 'ABC' }).task_id).toBe('ABC');
});

test('state and type are on one line and at most 64 characters long', () => {
  expect(pending({ response: { state: ' In\u202e\nQueue ' }, type: ' lip-\u0000sync\n' })).toMatchObject({
    state: 'In Queue',
    type: 'lip-sync',
  });
  const long = pending({ response: { state: 'x'.repeat(999) }, type: 'x'.repeat(999) });
  expect(long).toMatchObject({ state: `${'x'.repeat(63)}…`, type: `${'x'.repeat(63)}…` });
  const blank = pending({ response: { state: '\u200b' }, type: ' ' });
  for (const field of ['state', 'type']) expect(blank).not.toHaveProperty(field);
});

describe('error', () => {
  const errorOf = (error: unknown, fields: Json = {}) =>
    failed({ ...fields, response: { success: false, error } }).error;

  test('has a code of at most 64 characters, and none where the API has none', () => {
    expect(errorOf('no')).toEqual({ message: 'no' });
    expect(errorOf({ code: 1303, message: 'no' })).toEqual({ code: '1303', message: 'no' });
    expect(errorOf({ code: 'x'.repeat(99), message: 'no' })?.code).toHaveLength(64);
  });
  test('has a message on one line, at most 500 characters long', () => {
    expect(errorOf('a\n\u001b[1mb')).toEqual({ message: 'a b' });
    expect(errorOf('x '.repeat(500_000))?.message).toBe(`${'x '.repeat(250).slice(0, 499)}…`);
  });
  test.each(PRIVATE_VALUES)('does not repeat %s', (value) => {
    const error = errorOf({ code: value, message: `${value}: no, ${value}` });
    expect(error?.message).toMatch(/^(\[(?:url|id|redacted)\]): no, \1$/);
    expect(error?.code).toMatch(/^\[(?:url|id|redacted)\]$/);
  });
  test('does not show half of a private value or the token at the cut', () => {
    for (const value of ['https://hook.example/s3cret', PRIVATE_VALUES[0], 'token-12345678']) {
      const response = { success: false, error: `${'x '.repeat(247)}${value}` };
      const { error } = taskOf({ ...failedRecord('t'), response }, { redact: redactor('token-12345678') });
      expect(error?.message).toMatch(/x \[[a-z]*[\]…]$/);
    }
  });
  test('may name the task, its trace and the URLs of the request, no others', () => {
    const ids = { id: 'a907f6940a907f6940a907f6940a907f', trace_id: '0a907f69-4ae2-4a08-b34c-ee15c1c47077' };
    const image_url = 'https://cdn.example/in.png';
    const message = `Task ${ids.id} (${ids.trace_id}, 20068983-0cc9-4c6a-aeb6-9c6a3c668be0) cannot read ${image_url}`;
    const response = { success: false, error: `${message}, nor https://cdn.example/other.png` };
    const { error } = taskOf({ ...failedRecord('t'), ...ids, request: { image_url }, response }, { taskId: ids.id });
    expect(error?.message).toBe(`${message.replace(/2006[\w-]*/, '[id]')}, nor [url]`);
  });
});

describe.each(['created_at', 'started_at', 'finished_at'] as const)('%s', (field) => {
  test('is in ISO 8601, UTC, with milliseconds', () => {
    expect(completed({ [field]: 1740969535.3334 })[field]).toBe('2025-03-03T02:38:55.333Z');
    expect(failed({ [field]: 1740969535 })[field]).toBe('2025-03-03T02:38:55.000Z');
    expect(completed({ [field]: 253402300799.999 })[field]).toBe('9999-12-31T23:59:59.999Z');
  });
  test.each([0, -1, 1e-9, 253402300800, 1740969535333, 1e308, Number.MAX_SAFE_INTEGER, Infinity, NaN])(
    'is left out where %j is no date',
    (value) => expect(completed({ [field]: value })).not.toHaveProperty(field),
  );
});

describe('elapsed_seconds', () => {
  test('is what the API says, as elapsed or duration of the record', () => {
    expect(completed({ elapsed: 0 }).elapsed_seconds).toBe(0);
    expect(completed({ elapsed: undefined, duration: 317.13 })).toMatchObject({
      elapsed_seconds: 317.13,
      duration_seconds: 5.1,
    });
    for (const elapsed of [-1, null, '5', Infinity])
      expect(completed({ elapsed })).not.toHaveProperty('elapsed_seconds');
  });
  test('of a pending task is the time since it was created, in whole seconds', () => {
    expect(pending({ created_at: NOW_S - 60.4, elapsed: 7 }).elapsed_seconds).toBe(60);
    expect(pending({ created_at: NOW_S + 60 }).elapsed_seconds).toBe(0);
    expect(pending({ created_at: undefined })).not.toHaveProperty('elapsed_seconds');
  });
});

test.each([
  [0, 10],
  [3, 7],
  [9.9, 1],
  [10, 10],
  [1799, 10],
  [1800, undefined],
  [-5, 10],
])('poll_after_seconds, %d s after the creation, is %s', (age, poll) => {
  expect(pending({ created_at: NOW_S - age }).poll_after_seconds).toBe(poll);
  expect(pending({ created_at: null }).poll_after_seconds).toBe(10);
});

test("trace_id is the record's, else the response's, at most 128 characters long", () => {
  expect(failed({ trace_id: 'a' }).trace_id).toBe('a');
  const response = { success: false, trace_id: 'b' };
  for (const trace_id of [undefined, '', 5]) expect(failed({ trace_id, response }).trace_id).toBe('b');
  expect(failed({ trace_id: 'x'.repeat(999) }).trace_id).toHaveLength(128);
});

describe('a summary', () => {
  test('has the fields of a glance', () => {
    expect(summarizeTask(completed({ usage: { duration: 5 } }))).toEqual({
      task_id: 't',
      status: 'completed',
      state: 'succeed',
      type: 'videos',
      prompt: expect.stringMatching(/^White.{74}…$/),
      video_url: 'https://cdn.acedata.cloud/t.mp4',
      duration_seconds: 5.1,
      elapsed_seconds: 317.07,
    });
    expect(summarizeTask(failed())).toMatchObject({ error: { code: 'risk_control' }, trace_id: 'trace-1' });
    expect(summarizeTask(pending())).not.toHaveProperty('poll_after_seconds');
  });

  test('has files without ids, and an output only where there are none', () => {
    const data = [{ voice_id: 'v1', trial_url: 'https://cdn.example/1.mp3' }, { voice_id: 'v2' }];
    const summary = summarizeTask(completed({ type: 'voices', response: { state: 'succeed', data } }));
    expect(summary).toMatchObject({ other_media: [{ kind: 'audio', url: 'https://cdn.example/1.mp3' }] });
    expect(summary.output).toBeUndefined();
    const output = { voice_id: 'v1' };
    expect(summarizeTask(completed({ response: { state: 'succeed', ...output } }))).toMatchObject({ output });
  });

  test.each([
    [{ prompt: 'a cat\nruns', text: 'x' }, 'a cat runs'],
    [{ prompt: '', text: 'hello' }, 'hello'],
    [{ multi_prompt: [{ prompt: 'first' }, { prompt: 'second' }] }, 'first'],
    [{ prompt: '镜'.repeat(200) }, `${'镜'.repeat(79)}…`],
    [{ model: 'x' }, undefined],
  ])('names the task by its prompt: %j', (request, prompt) => {
    expect(summarizeTask(pending({ request })).prompt).toBe(prompt);
  });
});
