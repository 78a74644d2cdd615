import assert from 'node:assert';
import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { summarizeTask, type Task, taskSchema, taskSummarySchema } from '../../../src/kling/task/task.js';
import { isObject, textOf } from '../../../src/text/json.js';
import { completedRecord, documented, failedRecord, type Json, pendingRecord, taskOf } from '../../support/records.js';

/** Ids that occur under private keys and are repeated in texts. No task may show them. */
const INTERNAL_IDS = ['internal-id-4f9c1e7a', '9007199254740881'];
/** The callback with other queries, which no task may show either. */
const CALLBACKS = [
  'https://hook.example/cb?key=s3cret',
  'https://HOOK.example/cb',
  'http://hook.example/cb/?key=s3cret&attempt=2',
];
/** 21 URLs of 4,096 characters with their ids, 8 KB of request, 4 KB of output, and the rest. */
const MAX_CHARACTERS = 128 * 1024;

const PRIVATE_KEYS = '_id user_id api_id credential_id job_id callback_url webhook_url notifyHook'.split(' ');
const WORD_KEYS = 'state status task_status'.split(' ');
const URL_KEYS = 'url video_url image_url audio_urls video_urls preview_url x_url watermark_url'.split(' ');
const TEXT_KEYS = 'message detail task_status_msg code prompt note'.split(' ');
const WRAPPING_KEYS = 'data task_result videos images request input error elements usage multi_prompt'.split(' ');
const OTHER_KEYS = 'success id video_id voice_id element_id duration model async unknown __proto__ toString'.split(' ');

const words = fc.constantFrom('failed', 'succeed', 'succeed', ' DONE ', 'running', 'constructor', '', '\u200b');
const urls = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.constantFrom(
    ...['https://cdn.example/a.mp4', 'http://cdn.example/b.png', 'HTTPS://CDN.example/ü\u202e.mp3', 'https://'],
    ...['data:video/mp4;base64,AAAA', 'javascript:alert(1)', '//a.example/b.mp4', 'https://['],
    ...[`https://cdn.example/${'x'.repeat(4060)}.mp4`, ...CALLBACKS],
  ),
);
const numbers = fc.oneof(
  fc.constantFrom(0, -0, 1e308, 5e-324, Number.MAX_SAFE_INTEGER, 2 ** 63, Number.POSITIVE_INFINITY, 1740969535.333),
  fc.double(),
);
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\ud800', 'a\u0000b', '\u001b[31mred', '\u202e', 'x'.repeat(300), '镜'.repeat(3000), '5.1'),
  fc.tuple(fc.string(), fc.constantFrom(...INTERNAL_IDS, ...CALLBACKS), fc.string()).map((parts) => parts.join(' ')),
);
const scalars = fc.oneof(fc.constant(null), fc.boolean(), numbers, texts, words, urls);

const pair = (keys: string[], value: Arbitrary<unknown>) => fc.tuple(fc.constantFrom(...keys), value);
/** JSON that looks like a response: the keys that mean something, with what stands under them or something else. */
const { node } = fc.letrec<{ node: Json; value: unknown }>((tie) => ({
  node: fc
    .array(
      fc.oneof(
        pair(PRIVATE_KEYS, fc.constantFrom<unknown>(...INTERNAL_IDS, ...CALLBACKS)),
        pair(WORD_KEYS, fc.oneof(words, scalars)),
        pair(URL_KEYS, fc.oneof(urls, fc.array(urls), scalars)),
        pair(TEXT_KEYS, fc.oneof(texts, scalars)),
        pair(WRAPPING_KEYS, tie('value')),
        fc.tuple(fc.oneof(fc.constantFrom(...OTHER_KEYS), fc.string({ unit: 'binary' })), tie('value')),
      ),
      { maxLength: 8 },
    )
    .map((entries) => Object.fromEntries(entries)),
  value: fc.oneof(
    { maxDepth: 5 },
    scalars,
    tie('node'),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.array(tie('value')),
  ),
}));

const asText = (value: Arbitrary<unknown>) => value.map((each) => JSON.stringify(each));
const times = fc.oneof(fc.constantFrom(1740969535.333, null), numbers);
/** A record: every known field with what it should hold or something else, or absent. */
const record: Arbitrary<Json> = fc.record<Json>(
  {
    id: fc.oneof(fc.uuid(), scalars),
    type: fc.oneof(fc.constantFrom('videos', 'voices', 'elements'), scalars),
    trace_id: scalars,
    request: fc.oneof(node, asText(node), scalars),
    response: fc.oneof(
      { weight: 5, arbitrary: node },
      asText(node),
      fc.array(node),
      fc.record({ data: asText(node) }),
      scalars,
    ),
    created_at: times,
    started_at: times,
    finished_at: times,
    elapsed: times,
    state: words,
    error: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, node, scalars),
    usage: node,
  },
  { requiredKeys: [] },
);

/** All strings of a task, the keys of its objects too. */
function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [key, ...stringsOf(child)]);
}

/** Maps the value with private fields added to it, and checks what is promised of any Task. */
function checkedTask(json: unknown): Task {
  const [user_id, job_id] = INTERNAL_IDS;
  const value = isObject(json) ? { ...json, user_id, job_id: Number(job_id), callback_url: CALLBACKS[0] } : json;
  const task = taskOf(value);
  const text = JSON.stringify(task);
  assert.equal(JSON.stringify(taskSchema.strict().parse(task)), text);
  taskSummarySchema.strict().parse(summarizeTask(task));
  assert.ok(text.length < MAX_CHARACTERS);
  for (const part of stringsOf(task)) {
    assert.ok(part.isWellFormed());
    assert.doesNotMatch(part, /[\0-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]/);
  }
  for (const url of [task.video_url ?? [], task.other_media?.map((file) => file.url) ?? []].flat()) {
    assert.match(url, /^https?:\/\/[!-~]{1,4090}$/);
  }
  if (!isObject(value)) return task;
  assert.doesNotMatch(text, /hook\.example\/cb(?![\w.-])/i);
  // Its trace id is no secret, whatever else has the same value.
  for (const id of INTERNAL_IDS) assert.ok(textOf(value.trace_id) === id || !text.includes(id));
  return task;
}

describe('a Task keeps what is promised', () => {
  test('for whatever looks like a record, which is not modified', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(record, (value) => {
        const before = JSON.stringify(value);
        seen.add(checkedTask(value).status);
        assert.equal(JSON.stringify(value), before);
      }),
      { numRuns: 600 },
    );
    expect(seen).toEqual(new Set(['pending', 'completed', 'failed']));
  });

  test('for any JSON at all', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void checkedTask(value)));
  });
});

describe('a Task keeps what is promised with this anywhere in its record:', () => {
  const RECORD_KEYS = 'id type trace_id request response created_at finished_at error state'.split(' ');
  const RESPONSE_KEYS = 'data error state message video_url video_urls duration id callback_url'.split(' ');
  const list = (length: number, item: unknown) => JSON.stringify(Array.from({ length }, () => item));
  test.each<[string, string]>([
    ['100,000 lists in each other', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['10,000 nested videos', `${'{"videos":[{"url":"https://a.example"},'.repeat(10_000)}1${']}'.repeat(10_000)}`],
    ['2,000 videos', list(2000, 'https://a.example/b')],
    ['60,000 empty lists', list(60_000, [])],
    ['1 MB of base64', JSON.stringify('QUFB'.repeat(250_000))],
    ['300 KB of blanks', JSON.stringify(`x${' '.repeat(300_000)}x`)],
    ['300 KB of backslashes', JSON.stringify('\\'.repeat(300_000))],
    ['1 MB of half characters', JSON.stringify('\ud83d'.repeat(350_000))],
    ['a URL of 1 MB', JSON.stringify(`https://a.example/${'x'.repeat(1_000_000)}`)],
    ['a JSON string in itself', JSON.stringify(JSON.stringify(JSON.stringify(documented)))],
    ['a key of 1 MB', `{${JSON.stringify('k'.repeat(1_000_000))}:1}`],
    ['1e999', '1e999'],
    ['keys of a prototype', '{"__proto__":{"state":"failed"},"constructor":{"prototype":1},"toString":1,"toJSON":1}'],
  ])('%s', (_, json) => {
    const value: unknown = JSON.parse(json);
    for (const base of [completedRecord('t'), failedRecord('t'), pendingRecord('t')]) {
      for (const key of RECORD_KEYS) checkedTask({ ...base, [key]: value });
      for (const key of RESPONSE_KEYS) {
        checkedTask({ ...base, response: { success: true, [key]: value }, request: { [key]: value } });
      }
    }
    expect({}).not.toHaveProperty('state');
  });
});
