import { describe, expect, test } from 'vitest';
import { kindOfUrl } from '../../../src/kling/task/media.js';
import { toTask } from '../../../src/kling/task/task.js';
import { safeUrl } from '../../../src/text/url.js';
import { completedRecord, documented } from '../../support/records.js';

const taskOf = (response: object, type = 'videos') =>
  toTask({ ...completedRecord('t'), type, response: { state: 'succeed', ...response } }, { taskId: 't', nowMs: 0 });
const mediaOf = (response: object, type?: string) => taskOf(response, type).other_media;
/** The kind of a single file that is no video. */
const kindOf = (response: object, type?: string) => {
  const task = taskOf(response, type);
  return task.video_url ? 'video' : task.other_media?.[0]?.kind;
};

const A = 'https://cdn.example/a.mp4';
const B = 'https://cdn.example/b.mp4';
const C = 'https://cdn.example/c.mp4';

describe('video_url, video_id and duration_seconds', () => {
  const VIDEO = { video_url: A, video_id: 'v1', duration_seconds: 5.041 };

  test('of the flat form', () => {
    expect(taskOf({ video_url: A, video_id: 'v1', duration: '5.041' })).toMatchObject(VIDEO);
  });
  test('of a list', () => {
    expect(taskOf({ data: [{ id: 'v1', video_url: A, duration: 5.041, state: 'succeed' }] })).toMatchObject(VIDEO);
  });
  test("of Kling's own form", () => {
    const task_result = { videos: [{ id: 'v1', url: A, duration: '5.041' }] };
    expect(taskOf({ data: { task_status: 'succeed', task_result } })).toMatchObject(VIDEO);
  });
  test('of talking-photo, whose source video is not a result', () => {
    const task = taskOf({ source_video_url: B, video_url: A }, 'talking-photo');
    expect(task.video_url).toBe(A);
    expect(task).not.toHaveProperty('other_media');
  });
  test('are absent without a video', () => {
    const task = taskOf({ audio_url: 'https://cdn.example/a.mp3', id: 'x', duration: 3 });
    for (const field of ['video_url', 'video_id', 'duration_seconds']) expect(task).not.toHaveProperty(field);
  });
  test('are absent from a failed and a pending task', () => {
    const { response } = documented;
    for (const state of ['failed', 'running']) {
      const task = toTask({ id: 't', state, response }, { taskId: 't', nowMs: 0 });
      for (const field of ['video_url', 'video_id', 'duration_seconds']) expect(task).not.toHaveProperty(field);
    }
  });
  test('the video goes first, whatever stands before it', () => {
    const task = taskOf({ image_url: 'https://cdn.example/a.png', video_url: A });
    expect(task.video_url).toBe(A);
    expect(task.other_media).toEqual([{ kind: 'image', url: 'https://cdn.example/a.png' }]);
  });
  test("the task's own id is not taken for a video's id", () => {
    expect(taskOf({ id: 'T', video_url: A })).not.toHaveProperty('video_id');
    expect(taskOf({ task_id: 't', video_url: A })).not.toHaveProperty('video_id');
  });
  test.each([
    ['5.1', 5.1],
    [' 10 ', 10],
    [0, 0],
  ])('the duration %j is %d', (duration, seconds) => {
    expect(taskOf({ video_url: A, duration }).duration_seconds).toBe(seconds);
  });
  test.each(['', ' ', 'long', '5 s', -1, null, [], Infinity, '1e999'])('%j is not a duration', (duration) => {
    expect(taskOf({ video_url: A, duration })).not.toHaveProperty('duration_seconds');
  });
});

describe('the kind of a file', () => {
  test.each([
    ['video_url', 'video'],
    ['image_url', 'image'],
    ['photo_url', 'image'],
    ['audio_url', 'audio'],
    ['voice_url', 'audio'],
    ['music_urls', 'audio'],
  ])('is told by the key %s where the extension tells nothing', (key, kind) => {
    expect(kindOf({ [key]: 'https://cdn.example/a' }, kind === 'video' ? 'voices' : 'videos')).toBe(kind);
  });
  test.each([
    ['videos', 'video'],
    ['images', 'image'],
    ['sounds', 'audio'],
  ])('is told by the key %s above it', (key, kind) => {
    expect(kindOf({ data: { [key]: [{ url: 'https://cdn.example/a' }] } }, 'elements')).toBe(kind);
  });
  test('is decided by the nearest key', () => {
    expect(kindOf({ videos: [{ audio_url: 'https://cdn.example/a' }] })).toBe('audio');
  });
  test.each([
    ['a.mp4', 'video'],
    ['a.WEBM?x=.png', 'video'],
    ['a.jpeg#.mp4', 'image'],
    ['a.wav', 'audio'],
    ['a.srt', 'file'],
    ['a.zip', 'file'],
  ])('is told by the file name %s, before any key and the type of the task', (name, kind) => {
    const type = kind === 'video' ? 'elements' : 'videos';
    const key = kind === 'video' ? 'image_url' : 'video_url';
    expect(kindOf({ result_url: `https://cdn.example/${name}` }, type)).toBe(kind);
    expect(kindOf({ [key]: `https://cdn.example/${name}` }, type)).toBe(kind);
  });
  test.each([
    ['videos', 'video'],
    ['motion', 'video'],
    ['lip-sync', 'video'],
    ['talking-photo', 'video'],
    ['elements', 'image'],
    ['virtual-try-on', 'image'],
    ['voices', 'audio'],
    ['goods-studio', 'video'],
    ['apparel', 'video'],
    ['video-commerce', 'video'],
    ['unknown', 'video'],
  ])('is told last by the type %s; an unknown one makes videos', (type, kind) => {
    expect(kindOf({ result_url: 'https://cdn.example/a' }, type)).toBe(kind);
  });
});

describe('other_media', () => {
  test('are all files but the first video, in the order of the response, a watermarked version last', () => {
    const task = taskOf({
      audio_url: 'https://cdn.example/a.mp3',
      data: [
        { id: 'v1', video_url: A, duration: 5 },
        { id: 'v2', video_url: B, duration: '3' },
      ],
      images: [{ id: 'i1', url: 'https://cdn.example/a.png', duration: 9 }],
      watermark_url: 'https://cdn.example/license',
      zip_urls: ['https://cdn.example/a.zip'],
    });
    expect(task).toMatchObject({ video_url: A, video_id: 'v1', duration_seconds: 5 });
    expect(task.other_media).toEqual([
      { kind: 'audio', url: 'https://cdn.example/a.mp3' },
      { kind: 'video', url: B, id: 'v2', duration_seconds: 3 },
      { kind: 'image', url: 'https://cdn.example/a.png', id: 'i1' },
      { kind: 'file', url: 'https://cdn.example/a.zip' },
      { kind: 'video', url: 'https://cdn.example/license' },
    ]);
  });

  test('name each file once, with the id and duration of a later mention', () => {
    const task = taskOf({ video_url: A, video_urls: [A, B, B], data: { videos: [{ url: A, id: 'v1', duration: 4 }] } });
    expect(task).toMatchObject({ video_url: A, video_id: 'v1', duration_seconds: 4 });
    expect(task.other_media).toEqual([{ kind: 'video', url: B }]);
  });

  test('have the kind of their first mention', () => {
    const url = 'https://cdn.example/a';
    expect(mediaOf({ video_url: B, image_url: url, data: { videos: [{ url }] } })).toEqual([{ kind: 'image', url }]);
  });

  test('an id and a duration beside a list of several files belong to none of them', () => {
    const task = taskOf({ video_id: 'v1', duration: 5, video_urls: [A, B] });
    for (const field of ['video_id', 'duration_seconds']) expect(task).not.toHaveProperty(field);
    expect(task.other_media).toEqual([{ kind: 'video', url: B }]);
  });

  test('are at most 20 beside the video', () => {
    const video_urls = Array.from({ length: 30 }, (_, index) => `https://cdn.example/${index}.mp4`);
    expect(mediaOf({ video_urls })?.map(({ url }) => url)).toEqual(video_urls.slice(1, 21));
  });

  test('leave out what is not a result', () => {
    const NO_RESULT =
      'callback webhook status source origin preview cover poster thumbnail last_frame docs parent refer reference'.split(
        ' ',
      );
    const others = Object.fromEntries(
      NO_RESULT.flatMap((key) => [
        [`${key}_url`, B],
        [`${key}_image_url`, C],
        [`video_${key}_url`, C],
      ]),
    );
    const response = {
      video_url: A,
      ...others,
      request: { image_url: B },
      input: { videos: [{ url: C }] },
      Cover_URL: B,
    };
    expect(taskOf(response)).toMatchObject({ video_url: A });
    expect(mediaOf(response)).toBeUndefined();
  });

  test('are absent where there is nothing else', () => expect(mediaOf({ video_url: A })).toBeUndefined());
});

describe('a URL', () => {
  test('is shown percent-encoded, without surrounding white space', () => {
    expect(safeUrl(' https://cdn.example/a b\u202e"<.mp4\n')).toBe('https://cdn.example/a%20b%E2%80%AE%22%3C.mp4');
  });
  test.each([
    'ftp://a',
    'javascript:alert(1)',
    'data:a,b',
    '//cdn.example/a',
    'https:',
    'https://',
    'https:/a',
    '',
    5,
    null,
  ])('%j is none', (value) => expect(safeUrl(value)).toBeUndefined());
  test('of more than 4,096 characters is dropped, even if only the encoding makes it that long', () => {
    expect(safeUrl(`https://a/${'x'.repeat(4000)}`)).toHaveLength(4010);
    expect(safeUrl(`https://a/${'x'.repeat(4096)}`)).toBeUndefined();
    expect(safeUrl(`https://a/${'镜'.repeat(1000)}`)).toBeUndefined();
  });
  test('has its kind from the extension of its path', () => {
    expect(kindOfUrl('https://a/b.mp4')).toBe('video');
    expect(kindOfUrl('https://a/b.JPG?c=d.mp4')).toBe('image');
    for (const url of ['https://a/b', 'https://a.mp4/', 'https://a/b.constructor', 'https://a.mp4']) {
      expect(kindOfUrl(url)).toBeUndefined();
    }
  });
});

test('a response of a million levels and one of a million files cost no more than their size', () => {
  const deep = JSON.parse(`${'{"data":['.repeat(500_000)}"x"${']}'.repeat(500_000)}`);
  expect(taskOf({ video_url: A, deep }).video_url).toBe(A);
  const wide = { video_urls: Array.from({ length: 500_000 }, (_, index) => `https://a/${index}`) };
  expect(taskOf(wide).other_media).toHaveLength(20);
});
