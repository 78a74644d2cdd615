import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Json, taskOf } from '../../support/records.js';

// The rules of the API's documentation once more, written down as plainly as possible and without the product's code, and
// held against it on generated records.

const FAILED = ['failed', 'error', 'cancelled', 'timed_out'];
const DONE = ['succeed', 'completed', 'done'];
const RUNNING = ['submitted', 'queued', 'processing', 'in_progress'];

const URL = 'https://cdn.acedata.cloud/a.mp4';
const ENVELOPE =
  'success state status task_status error message id video_id duration model request usage created_at'.split(' ');
const NOT_A_RESULT = ['preview_url', 'cover_url', 'source_video_url', 'task_info', 'request', 'input'];

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** All that stands in a response as `[keys above it, value]`. */
function everything(value: unknown, keys: string[] = []): [string[], unknown][] {
  if (Array.isArray(value)) return value.flatMap((item) => everything(item, keys));
  if (isObject(value)) return Object.entries(value).flatMap(([key, item]) => everything(item, [...keys, key]));
  return [[keys, value]];
}

function urlCount(value: unknown): number {
  const all = everything(value).filter(
    ([keys, url]) => /url$/.test(keys.at(-1) ?? '') && url === URL && !keys.some((key) => NOT_A_RESULT.includes(key)),
  );
  const below = everything(value).filter(([keys, item]) => keys.includes('task_result') && isContent(keys, item));
  return (below.length > 0 ? all.filter(([keys]) => keys.includes('task_result')) : all).length;
}

function isContent(keys: string[], value: unknown): boolean {
  if (keys.some((key) => ENVELOPE.includes(key) || NOT_A_RESULT.includes(key))) return false;
  if (/url$/.test(keys.at(-1) ?? '')) return value === URL;
  return value !== undefined && value !== null && value !== '';
}

function expectedStatus(record: Json): string {
  const response = (record.response ?? {}) as Json;
  const finished = typeof record.finished_at === 'number';
  const open = record.finished_at === null;
  const elements = Array.isArray(response.data) ? (response.data as Json[]) : [];
  const places = [record, response, ...elements, ...(isObject(response.data) ? [response.data] : [])];

  const wordsOf = (place: Json) =>
    [place.state, place.status, place.task_status]
      .map((word) =>
        String(word ?? '')
          .trim()
          .toLowerCase(),
      )
      .filter((word) => word !== '')
      .filter((word) => !finished || [...FAILED, ...DONE, ...RUNNING].includes(word));
  const has = (list: string[]) => (place: Json) => wordsOf(place).some((word) => list.includes(word));
  const hasFailedWord = has(FAILED);
  const hasDoneWord = has(DONE);
  const hasRunningWord = (place: Json) => wordsOf(place).some((word) => !FAILED.includes(word) && !DONE.includes(word));
  const hasError = ({ error, success }: Json) =>
    success === false ||
    error === true ||
    (typeof error === 'string' && error.trim() !== '') ||
    (isObject(error) && Boolean(error.code || error.message || error.detail));

  const isBad = (element: Json) => hasFailedWord(element) || hasError(element);
  const isDelivered = (element: Json) =>
    urlCount(element) > 0 && !isBad(element) && !hasRunningWord(element) && (!open || hasDoneWord(element));
  const isPartial =
    elements.some(isBad) &&
    elements.some(isDelivered) &&
    (finished || !elements.some(hasRunningWord)) &&
    !hasError(record) &&
    !hasError(response);

  const url = urlCount(response) > 0;
  const content = everything(response).some(([keys, value]) => isContent(keys, value));
  const dataIsEmpty =
    everything(response.data).every(([, value]) => !value) && Object.keys(response.data ?? {}).length === 0;

  if (isPartial) return 'completed';
  if (places.some(hasFailedWord)) return 'failed';
  if (places.some(hasError)) return open ? 'pending' : 'failed';
  if (places.some(hasRunningWord)) return finished && url ? 'completed' : 'pending';
  if (places.some(hasDoneWord) && (url || content)) return 'completed';
  if (url) return open ? 'pending' : 'completed';
  if (places.some(hasDoneWord) || (finished && (response.success === true || !dataIsEmpty))) {
    if (content) return 'completed';
    return open ? 'pending' : 'failed';
  }
  return finished ? 'failed' : 'pending';
}

const word = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...DONE, ' Succeed ', '', null) },
  { weight: 2, arbitrary: fc.constantFrom(...RUNNING, 'ok', 'rendering') },
  { weight: 1, arbitrary: fc.constantFrom(...FAILED, 'FAILED') },
);
const error = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<unknown>('', ' ', false, 0, null, {}, { code: 0 }) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>('no', true, { code: 'x' }, { message: 'no' }) },
);
const verdict = { state: word, success: fc.constantFrom(true, true, true, false), error };
const fields = {
  video_url: fc.constantFrom(URL, URL, null, '', 'ftp://a/b'),
  preview_url: fc.constant(URL),
  voice_id: fc.constant('v1'),
  id: fc.constant('i1'),
  duration: fc.constant('5'),
  message: fc.constant('OK'),
  request: fc.constant({ prompt: 'x', image_url: URL }),
};
const sizeOf = (shape: object) => Object.keys(shape).length;

/** An object with two to five of the fields, so that every rule has its turn. */
const some = (shape: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Json> =>
  fc
    .subarray(Object.entries(shape), { minLength: Math.min(2, sizeOf(shape)), maxLength: Math.min(5, sizeOf(shape)) })
    .chain((entries) => fc.record<Json>(Object.fromEntries(entries)));
const video = some({ id: fields.id, url: fc.constantFrom(URL, null), duration: fields.duration });
const element = some({ ...verdict, ...fields });
const task_result = some({ videos: fc.array(video, { maxLength: 2 }), voice_id: fields.voice_id });
const data = fc.oneof(
  element,
  fc.array(element, { maxLength: 3 }),
  some({ task_status: word, task_result, task_info: fc.constant({ parent_video: { url: URL } }) }),
);
const record = fc.record(
  {
    response: fc.oneof(
      fc.constant(null),
      some({ ...verdict, ...fields, data }),
      some({ data }),
      some({ ...fields, data }),
    ),
    finished_at: fc.constantFrom(1740969852.463, null),
    state: fc.oneof({ weight: 5, arbitrary: fc.constant('') }, { weight: 1, arbitrary: word }),
    error: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: error }),
  },
  { requiredKeys: ['response'] },
);

test('the status of a record is that of the rules', () => {
  const seen = { pending: 0, completed: 0, failed: 0 };
  fc.assert(
    fc.property(record, (value) => {
      const { status } = taskOf(value);
      seen[status]++;
      expect(status).toBe(expectedStatus(value));
    }),
    { numRuns: 1000 },
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(100);
});
