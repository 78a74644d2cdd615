import fc, { type Arbitrary } from 'fast-check';
import { type Json, kling } from './records.js';

/** Values that occur under private keys and are repeated in texts. No task may show them. */
export const PRIVATE = ['internal-id-4f9c1e7a', 'hook.example/cb?key=s3cret', '9007199254740881'];

/** The callback in other spellings, which no task may show either. */
const CALLBACKS = [
  'https://hook.example/cb?key=s3cret',
  'https://HOOK.example/cb',
  'http://hook.example/cb/?key=s3cret&attempt=2',
  'https:\\/\\/hook.example\\/cb',
  encodeURIComponent('https://hook.example/cb?key=s3cret'),
];

const PRIVATE_KEYS = [
  ...['_id', 'user_id', 'actor_user_id', 'api_id', 'application_id', 'credential_id', 'authorization_id', 'job_id'],
  ...['callback_url', 'webhook_url', 'notifyHook'],
];
const WORD_KEYS = ['state', 'status', 'task_status'];
const URL_KEYS = [
  'url',
  'video_url',
  'image_url',
  'audio_urls',
  'video_urls',
  'preview_url',
  'source_video_url',
  'x_url',
  ...['poster_url', 'watermark_url', 'last_frame_url', 'refer_image_url'],
];
const TEXT_KEYS = ['message', 'detail', 'task_status_msg', 'code', 'prompt', 'note'];
const WRAPPING_KEYS = [
  ...['data', 'task_result', 'videos', 'images', 'request', 'input', 'error', 'elements', 'usage'],
  ...['task_info', 'parent_video', 'refer_images', 'camera_control', 'multi_prompt', 'contents'],
];
const OTHER_KEYS = [
  'success',
  'id',
  'video_id',
  'voice_id',
  'element_id',
  'duration',
  'model',
  'async',
  'unknown',
  '__proto__',
  'toString',
];

const words = fc.constantFrom(
  'failed',
  'Cancelled',
  'succeed',
  ' DONE ',
  'running',
  'submitted',
  'constructor',
  '',
  '\u200b',
);
const urls = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.constantFrom(
    'https://cdn.example/a.mp4',
    'http://cdn.example/b.png',
    'HTTPS://CDN.example/ü\u202e.mp3',
    'https://',
    ...CALLBACKS,
  ),
  fc.constantFrom(
    'data:video/mp4;base64,AAAA',
    'javascript:alert(1)',
    'file:///a.mp4',
    '//a.example/b.mp4',
    'https://[',
  ),
  fc.constant(`https://cdn.example/${'x'.repeat(4060)}.mp4`),
);
const numbers = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    1e308,
    -1e308,
    5e-324,
    Number.MAX_SAFE_INTEGER,
    2 ** 63,
    Number.POSITIVE_INFINITY,
    1740969535.333,
  ),
  fc.double(),
  fc.integer(),
);
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '\ud800',
    '\udc00\ud800',
    'a\u0000b',
    '\u001b[31mred',
    '\u202e',
    'x'.repeat(300),
    '镜'.repeat(3000),
    '5.1',
  ),
  fc.tuple(fc.string(), fc.constantFrom(...PRIVATE, ...CALLBACKS), fc.string()).map((parts) => parts.join(' ')),
  fc.tuple(fc.string(), fc.constantFrom(...PRIVATE), fc.string()).map((parts) => parts.join('')),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n }).map(String),
);
const scalars = fc.oneof(fc.constant(null), fc.boolean(), numbers, texts, words, urls);

/** An object from pairs, in which `__proto__` is a key like any other. */
const objectOf = (pairs: Arbitrary<readonly [string, unknown]>): Arbitrary<Json> =>
  fc.array(pairs, { maxLength: 8 }).map((entries) => Object.fromEntries(entries));

/** JSON that looks like a response: the keys that mean something, with what stands under them or something else. */
const { node } = fc.letrec<{ node: Json; value: unknown }>((tie) => ({
  node: objectOf(
    fc.oneof(
      fc.tuple(fc.constantFrom(...PRIVATE_KEYS), fc.constantFrom<unknown>(...PRIVATE, 9007199254740881)),
      fc.tuple(fc.constantFrom(...WORD_KEYS), fc.oneof(words, scalars)),
      fc.tuple(fc.constantFrom(...URL_KEYS), fc.oneof(urls, fc.array(urls), scalars)),
      fc.tuple(fc.constantFrom(...TEXT_KEYS), fc.oneof(texts, scalars)),
      fc.tuple(fc.constantFrom(...WRAPPING_KEYS), tie('value')),
      fc.tuple(fc.oneof(fc.constantFrom(...OTHER_KEYS), fc.string({ unit: 'binary' })), tie('value')),
    ),
  ),
  value: fc.oneof(
    { maxDepth: 5 },
    scalars,
    tie('node'),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.array(tie('value')),
  ),
}));

const times = fc.oneof(fc.constant(1740969535.333), fc.constant(null), numbers, fc.string());

/** A record: every known field with what it should hold or something else, or absent. */
export const recordLike: Arbitrary<Json> = fc
  .record(
    {
      id: fc.oneof(fc.uuid(), scalars),
      type: fc.oneof(fc.constantFrom('videos', 'voices', 'elements'), scalars),
      trace_id: scalars,
      request: fc.oneof(
        node,
        node.map((value) => JSON.stringify(value)),
        scalars,
      ),
      response: fc.oneof(
        { weight: 5, arbitrary: node },
        node.map((value) => JSON.stringify(value)),
        fc.array(node),
        fc.array(node).map((value) => JSON.stringify(value)),
        fc.record({ success: fc.constant(true), data: node.map((value) => JSON.stringify(value)) }),
        scalars,
      ),
      created_at: times,
      started_at: times,
      finished_at: times,
      elapsed: times,
      state: words,
      error: fc.oneof(node, scalars),
      user_id: fc.constantFrom(...PRIVATE),
    },
    { requiredKeys: [] },
  )
  .map((record): Json => ({ ...record }));

/** The outcomes that were seen, as the response of a record. */
export const KNOWN_RESPONSES: Json[] = [
  { task_id: 't', state: 'processing' },
  { success: true, task_id: 't' },
  { success: true, data: [{ id: 'v', video_url: 'https://cdn.example/a.mp4', duration: 5.041, state: 'succeed' }] },
  { success: true, source_video_url: 'https://cdn.example/s.mp4', video_url: 'https://cdn.example/a.mp4' },
  { success: true, data: { voice_id: 'v1', voice_name: 'Anna' }, task_id: 't' },
  { data: { task_status: 'succeed', task_result: { videos: [{ id: 'v', url: 'https://cdn.example/a.mp4' }] } } },
  { success: false, error: { code: 'c', detail: 'd' }, task_id: 't', trace_id: 'x' },
  kling({
    task_info: { parent_video: { id: 'p', url: 'https://cdn.example/p.mp4', duration: '5' } },
    task_result: {
      videos: [{ id: 'v', url: 'https://cdn.example/a.mp4', watermark_url: 'https://cdn.example/w.mp4' }],
    },
  }),
  {
    success: true,
    usage: { duration: 5 },
    data: {
      element_id: '829836802793406551',
      element_image_list: { refer_images: [{ image_url: 'https://cdn.example/r.png' }] },
    },
  },
  {
    data: [
      { state: 'failed', error: 'no' },
      { state: 'succeed', video_url: 'https://cdn.example/a.mp4' },
    ],
  },
];

/** One change at a random place of a JSON value: something else there, nothing, a list of it, its JSON, or one more key. */
interface Change {
  path: number[];
  how: 'replace' | 'remove' | 'wrap' | 'stringify' | 'add';
  key: string;
  value: unknown;
}

function change(value: unknown, { path: [step, ...path], ...rest }: Change): unknown {
  if (step !== undefined && Array.isArray(value) && value.length > 0) {
    return value.map((item, index) => (index === step % value.length ? change(item, { path, ...rest }) : item));
  }
  if (step !== undefined && typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    const entries = Object.entries(value);
    const at = step % entries.length;
    return Object.fromEntries(
      entries.map(([key, item], index) => [key, index === at ? change(item, { path, ...rest }) : item]),
    );
  }
  const { how, key, value: other } = rest;
  if (how === 'replace') return other;
  if (how === 'remove') return undefined;
  if (how === 'wrap') return [value, other];
  return how === 'stringify'
    ? JSON.stringify(value)
    : Object.fromEntries([...Object.entries(value ?? {}), [key, other]]);
}

/** One of the records, as JSON would give it after up to six changes. */
export function mutated(records: Json[]): Arbitrary<unknown> {
  const key = fc.constantFrom(...WORD_KEYS, ...URL_KEYS, ...TEXT_KEYS, ...WRAPPING_KEYS, ...OTHER_KEYS);
  const how = fc.constantFrom<Change['how']>('replace', 'remove', 'wrap', 'stringify', 'add');
  const path = fc.array(fc.nat(20), { maxLength: 6 });
  const changes = fc.array(fc.record({ path, how, key, value: fc.oneof(scalars, node) }), { maxLength: 6 });
  return fc.tuple(fc.constantFrom(...records), changes).map(([record, list]) => list.reduce<unknown>(change, record));
}
