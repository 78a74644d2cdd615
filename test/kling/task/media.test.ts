import { describe, expect, test } from 'vitest';
import { completedRecord, type Json, parentRecord, taskOf } from '../../support/records.js';

const A = 'https://cdn.example/a.mp4';
const B = 'https://cdn.example/b.mp4';
const PICTURE = 'https://cdn.example/p.png';

/** A completed task with this response. */
const completed = (response: Json, fields: Json = {}) =>
  taskOf({ ...completedRecord('t'), ...fields, response: { state: 'succeed', ...response } });
/** The kind of a single file. */
const kindOf = (response: Json, type: string) => {
  const task = completed(response, { type });
  return task.video_url ? 'video' : task.other_media?.[0]?.kind;
};

describe('video_url, video_id and duration_seconds', () => {
  const VIDEO = { video_url: A, video_id: 'v1', duration_seconds: 5.041 };

  test.each<[string, Json]>([
    ['the flat form', { video_url: A, video_id: 'v1', duration: '5.041' }],
    ['a list', { data: [{ id: 'v1', video_url: A, duration: 5.041, state: 'succeed' }] }],
    ["Kling's own form", { data: { task_result: { videos: [{ id: 'v1', url: A, duration: '5.041' }] } } }],
    ['talking-photo', { source_video_url: B, video_url: A, video_id: 'v1', duration: 5.041 }],
    ['a video behind a picture', { cover_url: PICTURE, data: { url: A, id: 'v1', duration: 5.041 } }],
  ])('of %s', (_, response) => {
    const task = completed(response);
    expect(task).toMatchObject(VIDEO);
    expect(task).not.toHaveProperty('other_media');
  });
  test('are absent without a video, and from a failed and a pending task', () => {
    const response = { video_url: A, video_id: 'v1', duration: 5 };
    const others = ['failed', 'running'].map((state) => taskOf({ id: 't', state, response }));
    for (const task of [completed({ audio_url: 'https://cdn.example/a.mp3', id: 'x', duration: 3 }), ...others]) {
      for (const field of ['video_url', 'video_id', 'duration_seconds']) expect(task).not.toHaveProperty(field);
    }
  });
  test("the task's own id is not taken for a video's id", () => {
    for (const key of ['id', 'video_id', 'task_id']) {
      expect(completed({ [key]: 'T', video_url: A })).not.toHaveProperty('video_id');
    }
  });
  test.each([
    ['5.1', 5.1],
    [' 10 ', 10],
    [0, 0],
  ])('the duration %j is %d', (duration, seconds) => {
    expect(completed({ video_url: A, duration }).duration_seconds).toBe(seconds);
  });
  test.each(['', ' ', 'long', '5 s', -1, null, [], '1e999'])('%j is not a duration', (duration) => {
    expect(completed({ video_url: A, duration })).not.toHaveProperty('duration_seconds');
  });
});

describe('the kind of a file', () => {
  const NAMELESS = 'https://cdn.example/a';
  test.each([
    ['a.mp4', 'video'],
    ['a.WEBM?x=.png', 'video'],
    ['a.jpeg#.mp4', 'image'],
    ['a.wav', 'audio'],
    ['a.srt', 'file'],
    ['a.zip', 'file'],
  ])('is told by the file name %s, before any key and the type of the task', (name, kind) => {
    const isVideo = kind === 'video';
    for (const key of ['result_url', isVideo ? 'image_url' : 'video_url']) {
      expect(kindOf({ [key]: `https://cdn.example/${name}` }, isVideo ? 'elements' : 'videos')).toBe(kind);
    }
  });
  test.each<[Json, string]>([
    [{ image_url: NAMELESS }, 'image'],
    [{ photo_url: 'https://a.mp4/' }, 'image'],
    [{ voice_url: NAMELESS }, 'audio'],
    [{ music_urls: [NAMELESS] }, 'audio'],
    [{ data: { images: [{ url: NAMELESS }] } }, 'image'],
    [{ data: { videos: [{ audio_url: NAMELESS }] } }, 'audio'],
  ])('is told by the nearest key above it in %j', (response, kind) => expect(kindOf(response, 'videos')).toBe(kind));
  test.each([
    ...['videos', 'motion', 'lip-sync', 'talking-photo', 'goods-studio', 'apparel', 'unknown'].map((type) => [
      type,
      'video',
    ]),
    ...['elements', 'virtual-try-on'].map((type) => [type, 'image']),
    ['voices', 'audio'],
  ] as [string, string][])('is told last by the type %s: %s', (type, kind) => {
    expect(kindOf({ result_url: NAMELESS }, type)).toBe(kind);
  });
});

describe('other_media', () => {
  test('are all files but the first video, in the order of the response, a watermarked version last', () => {
    const task = completed({
      watermark_url: 'https://cdn.example/license',
      audio_url: 'https://cdn.example/a.mp3',
      data: [
        { id: 'v1', video_url: A, duration: 5 },
        { id: 'v2', video_url: B, duration: '3' },
      ],
      images: [{ id: 'i1', url: PICTURE, duration: 9 }],
      zip_urls: ['https://cdn.example/a.zip'],
    });
    expect(task).toMatchObject({ video_url: A, video_id: 'v1', duration_seconds: 5 });
    expect(task.other_media).toEqual([
      { kind: 'audio', url: 'https://cdn.example/a.mp3' },
      { kind: 'video', url: B, id: 'v2', duration_seconds: 3 },
      { kind: 'image', url: PICTURE, id: 'i1' },
      { kind: 'file', url: 'https://cdn.example/a.zip' },
      { kind: 'video', url: 'https://cdn.example/license' },
    ]);
  });

  test.each(['watermark_url', 'watermark_video_url', 'video_watermark_url', 'watermarkedVideos', 'watermarked_urls'])(
    '%s is a watermarked version',
    (key) => {
      const task = completed({ [key]: [{ url: B }], video_url: A });
      expect(task).toMatchObject({ video_url: A });
      expect(completed({ watermarks: [{ url: B }], no_watermark_url: A })).toMatchObject({ video_url: A });
    },
  );

  test('name each file once, with the id and duration of a later mention', () => {
    const task = completed({
      video_url: A,
      video_urls: [A, B, B],
      data: { videos: [{ url: A, id: 'v1', duration: 4 }] },
    });
    expect(task).toMatchObject({ video_url: A, video_id: 'v1', duration_seconds: 4 });
    expect(task.other_media).toEqual([{ kind: 'video', url: B }]);
  });

  test('have no id or duration that stands beside a list of several files', () => {
    const task = completed({ video_id: 'v1', duration: 5, video_urls: [A, B] });
    for (const field of ['video_id', 'duration_seconds', 'output']) expect(task).not.toHaveProperty(field);
    expect(task.other_media).toEqual([{ kind: 'video', url: B }]);
  });

  test('are at most 20 beside the video; left_out counts the others, each once', () => {
    const video_urls = Array.from({ length: 30 }, (_, index) => `https://cdn.example/${index}.mp4`);
    const task = completed({ video_urls: [...video_urls, ...video_urls] });
    expect(task.other_media?.map(({ url }) => url)).toEqual(video_urls.slice(1, 21));
    expect(task.left_out).toBe(9);
    expect(completed({ video_urls: video_urls.slice(0, 21) })).not.toHaveProperty('left_out');
  });

  test('and no video has a URL of over 4,096 characters; left_out counts those', () => {
    const long = `https://cdn.example/${'x'.repeat(4096)}.mp4`;
    expect(completed({ video_url: long })).toMatchObject({ status: 'completed', left_out: 1 });
    expect(completed({ video_urls: [A, long, `${long}?`, long] })).toMatchObject({ video_url: A, left_out: 2 });
  });

  test('of an extension, leave out the parent video, and what stands beside the task_result', () => {
    const parent = taskOf(parentRecord('t', [{ id: 'v1', url: A, duration: '5' }]));
    expect(parent).toMatchObject({ status: 'completed', video_url: A, video_id: 'v1', duration_seconds: 5 });
    expect(JSON.stringify(parent)).not.toContain('parent');
    const beside = { videos: [{ url: B }], prior: { id: 'p1', url: B }, element_id: 5 };
    for (const task_result of [{ url: A }, { video_url: A }, [{ url: A }], { videos: [{ url: A }] }]) {
      const task = completed({ data: { ...beside, task_result } });
      expect(task.video_url).toBe(A);
      expect(JSON.stringify(task)).not.toMatch(/b\.mp4|p1|element/);
    }
  });
});
