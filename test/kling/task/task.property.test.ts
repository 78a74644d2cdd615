import assert from 'node:assert';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type * as z from 'zod';
import { summarizeTask, type Task, toTask } from '../../../src/kling/task/task.js';
import { isObject, textOf } from '../../../src/text/json.js';
import { taskSchema, taskSummarySchema } from '../../../src/tools/schemas.js';
import { KNOWN_RESPONSES, mutated, PRIVATE, recordLike } from '../../support/arbitraries.js';
import { completedRecord, documented, failedRecord, type Json, pendingRecord } from '../../support/records.js';

const NOW_MS = 1740969600_000;
/** 21 URLs of 4,096 characters with their ids, 8 KB of request, 4 KB of output, and the rest. */
const MAX_BYTES = 128 * 1024;

/** The settings of requests that are nested. */
const NESTED = {
  camera_control: { type: 'simple', config: { zoom: 5 } },
  multi_prompt: [{ prompt: 'a cat', duration: 3 }],
  contents: [
    { type: 'image', url: 'https://cdn.example/i.png' },
    { type: 'text', text: 'a dog' },
  ],
};

const KNOWN_RECORDS: Json[] = [
  ...[documented, completedRecord('t'), failedRecord('t'), pendingRecord('t')],
  ...[NESTED, JSON.stringify(NESTED)].map((request) => ({ ...documented, request })),
  ...KNOWN_RESPONSES.map((response) => ({ ...documented, response })),
];

/** All strings of a task, the keys of its objects too. */
function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [key, ...stringsOf(child)]);
}

/** Maps the value with private fields added to it, and checks what is promised of any Task. */
function checkedTask(json: unknown): Task {
  const [user_id, callback_url, job_id] = PRIVATE;
  const value = isObject(json)
    ? { ...json, user_id, callback_url: `https://${callback_url}`, job_id: Number(job_id) }
    : json;
  const task: z.infer<typeof taskSchema> & Task = toTask(value, { taskId: 't', nowMs: NOW_MS });
  // Not the strict comparison: JSON has no -0.
  assert.deepEqual(taskSchema.parse(task), task);
  assert.deepEqual(taskSummarySchema.parse(summarizeTask(task)), summarizeTask(task));
  const text = JSON.stringify(task);
  assert.deepEqual(JSON.parse(text), task);
  assert.ok(Buffer.byteLength(text) < MAX_BYTES, `${text.length} characters`);
  for (const part of stringsOf(task)) {
    assert.ok(part.isWellFormed(), `not well-formed: ${JSON.stringify(part)}`);
    assert.doesNotMatch(part, /[\0-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]/);
  }
  // Its own id and trace id are no secret, whatever else has the same value.
  const own = isObject(value) ? [textOf(value.id), textOf(value.trace_id)] : [];
  for (const secret of PRIVATE) assert.ok(own.includes(secret) || !text.includes(secret), `shows ${secret}`);
  if (isObject(value)) assert.doesNotMatch(text, /hook\.example(?:\\*\/|%2F)cb(?![\w.-])/i);
  const media = [...(task.video_url === undefined ? [] : [{ url: task.video_url }]), ...(task.other_media ?? [])];
  for (const { url } of media) {
    assert.match(url, /^https?:\/\/[!-~]+$/);
    assert.ok(URL.canParse(url));
  }
  return task;
}

describe('a Task keeps what is promised', () => {
  test('for whatever looks like a record', () => {
    fc.assert(
      fc.property(recordLike, (record) => void checkedTask(record)),
      { numRuns: 3000 },
    );
  });

  test('for any mutation of a known record', () => {
    fc.assert(
      fc.property(mutated(KNOWN_RECORDS), (record) => void checkedTask(record)),
      { numRuns: 3000 },
    );
  });

  test('for any JSON at all', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void checkedTask(value)));
  });
});

test('the generated records reach every status and every field', () => {
  const tasks = fc.sample(fc.oneof(recordLike, mutated(KNOWN_RECORDS)), { numRuns: 2000, seed: 1 }).map(checkedTask);
  expect(new Set(tasks.map(({ status }) => status))).toEqual(new Set(['pending', 'completed', 'failed']));
  expect(new Set(tasks.flatMap((task) => Object.keys(task)))).toEqual(new Set(Object.keys(taskSchema.shape)));
});

test('the record is not modified', () => {
  fc.assert(
    fc.property(recordLike, (record) => {
      const before = JSON.stringify(record);
      checkedTask(record);
      assert.equal(JSON.stringify(record), before);
    }),
  );
});

const PLACES = [
  'id',
  'type',
  'trace_id',
  'request',
  'response',
  'created_at',
  'finished_at',
  'elapsed',
  'error',
  'state',
];
const INNER = [
  'data',
  'error',
  'state',
  'message',
  'video_url',
  'video_urls',
  'duration',
  'id',
  'image',
  'callback_url',
];

/** The documented record with the JSON at each place where something is looked at, one at a time. */
function* everywhere(json: string): Generator<unknown> {
  for (const place of PLACES) yield { ...documented, [place]: JSON.parse(json) };
  for (const key of INNER) {
    yield { ...documented, response: { success: true, [key]: JSON.parse(json) } };
    yield { ...documented, response: { success: false, error: { [key]: JSON.parse(json) } } };
    yield { ...documented, request: { [key]: JSON.parse(json) } };
  }
}

const LARGE: [string, string][] = [
  ['100,000 lists in each other', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ['100,000 objects in each other', `${'{"data":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
  ['10,000 nested videos', `${'{"videos":[{"url":"https://a.example/b.mp4"},'.repeat(10_000)}1${']}'.repeat(10_000)}`],
  ['a text of 1 MB', JSON.stringify('a cat '.repeat(170_000))],
  ['1 MB of base64', JSON.stringify('QUFB'.repeat(250_000))],
  ['1 MB of escapes', JSON.stringify('\u001b[;'.repeat(333_000))],
  ['1 MB of white space', JSON.stringify(`${' \n'.repeat(500_000)}x`)],
  ['1 MB of half characters', JSON.stringify('\ud83d'.repeat(350_000))],
  ['a URL of 1 MB', JSON.stringify(`https://a.example/${'x'.repeat(1_000_000)}`)],
  ['a JSON string in itself', JSON.stringify(JSON.stringify(JSON.stringify(documented)))],
  ['a list of 100,000 numbers', JSON.stringify(Array.from({ length: 100_000 }, () => 1))],
  [
    'an object of 20,000 keys',
    JSON.stringify(Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, i]))),
  ],
  ['a key of 1 MB', `{${JSON.stringify('k'.repeat(1_000_000))}:1}`],
  ['1e999', '1e999'],
  ['-0', '-0'],
  ['keys of a prototype', '{"__proto__":{"state":"failed"},"constructor":{"prototype":1},"toString":1,"toJSON":1}'],
];

test.each(LARGE)('a Task keeps what is promised with %s anywhere in its record', (_, json) => {
  for (const record of everywhere(json)) checkedTask(record);
  expect({}).not.toHaveProperty('state');
});
