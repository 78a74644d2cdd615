import { describe, expect, test } from 'vitest';
import { recordIdOf } from '../../../src/kling/task/record.js';
import { summarizeTask, toTask } from '../../../src/kling/task/task.js';
import { parseJson } from '../../../src/text/json.js';
import { elementRecord, type Json, parentRecord, record } from '../../support/records.js';

// Shapes that the vendor's own documentation, client and plugins show, and that were once misread.

const A = 'https://cdn.example/a.mp4';
const B = 'https://cdn.example/b.mp4';
const PICTURE = 'https://cdn.example/p.png';
const FINISHED = 1740969852.463;
const ELEMENT_ID = '829836802793406551';

const taskOf = (value: unknown) => toTask(value, { taskId: 't', nowMs: 1740969600_000 });
const completed = (response: unknown, fields: Json = {}) =>
  taskOf(record('t', { finished_at: FINISHED, response, ...fields }));

describe("Kling's own form", () => {
  test('the parent video, which the user submitted, is not reported as the result', () => {
    const task = taskOf(parentRecord('t', [{ id: 'v1', url: A, duration: '5' }]));
    expect(task).toMatchObject({ status: 'completed', video_url: A, video_id: 'v1', duration_seconds: 5 });
    expect(JSON.stringify(task)).not.toContain('parent');
  });

  test('the parent video alone completes nothing', () => {
    expect(taskOf({ id: 't', response: { data: { task_info: { parent_video: { id: 'p', url: A } } } } }).status).toBe(
      'pending',
    );
    expect(taskOf({ id: 't', response: { parent_video: { url: A } } }).status).toBe('pending');
  });

  test('if there is a task_result, nothing beside it is a result', () => {
    const beside = { videos: [{ url: B }], cover: { url: B } };
    expect(completed({ data: { ...beside, task_result: { videos: [{ url: A }] } } })).toMatchObject({ video_url: A });
    expect(completed({ data: { ...beside, task_result: { videos: [{ url: A }] } } })).not.toHaveProperty('other_media');
    expect(
      completed({ success: true, data: { ...beside, task_result: { elements: [{ element_id: 5 }] } } }),
    ).not.toHaveProperty('video_url');
  });

  test.each([{ url: A }, { video_url: A }, [{ url: A }]])('nor beside the flat task_result %j', (task_result) => {
    const task = completed({ data: { task_status: 'succeed', prior: { url: B }, task_result } });
    expect(task.video_url).toBe(A);
    expect(JSON.stringify(task)).not.toContain(B);
  });

  test('an id beside a task_result names no result', () => {
    const data = { prior: { id: 'p1', url: B }, element_id: 5, task_result: { url: A, id: 'v1' } };
    const task = completed({ data: { task_status: 'succeed', ...data } });
    expect(task).toMatchObject({ video_url: A, video_id: 'v1' });
    expect(task).not.toHaveProperty('output');
  });

  test('the output is what the task_result holds, not what stands beside it', () => {
    const beside = { task_id: 'kling-1', task_status: 'succeed', videos: [{ id: 'p1', url: B }] };
    const elements = [{ element_id: 5 }];
    expect(completed({ data: { ...beside, task_result: { elements } } }).output).toEqual({ elements });
    expect(completed({ data: [1, 2].map(() => ({ ...beside, task_result: { elements } })) }).output).toEqual([
      { elements },
      { elements },
    ]);
    const withVideo = completed({ data: { ...beside, task_result: { elements, videos: [{ id: 'v1', url: A }] } } });
    expect(withVideo.output).toEqual({ elements, videos: [{ id: 'v1' }] });
  });

  test('a task_result without structure and URL hides nothing', () => {
    expect(completed({ video_url: A, task_result: { code: 0, message: 'https' } }).video_url).toBe(A);
  });

  test.each(['input_video_url', 'input_url', 'user_input_urls'])('%s is what was submitted', (key) => {
    const task = completed({ success: true, data: { [key]: B, video_url: A, element_id: 5 } });
    expect(task.video_url).toBe(A);
    expect(JSON.stringify(task)).not.toContain(B);
  });
});

describe('an element', () => {
  const json = JSON.stringify(elementRecord('t')).replace(`"${ELEMENT_ID}"`, ELEMENT_ID);
  const task = taskOf(parseJson(json));

  test('has its id as the output, with every digit', () => {
    expect(json).toContain(`:${ELEMENT_ID},`);
    expect(task).toMatchObject({ status: 'completed', output: { element_id: ELEMENT_ID } });
  });

  test('its reference pictures are not reported as results', () => {
    expect(task).not.toHaveProperty('other_media');
    expect(JSON.stringify(task.output)).not.toContain('https:');
  });

  test('has its id told beside a picture that came of it', () => {
    const data = { element_id: 829, element_name: 'Anna', image_url: PICTURE };
    const withPicture = completed({ success: true, data });
    expect(withPicture.other_media).toEqual([{ kind: 'image', url: PICTURE }]);
    expect(withPicture.output).toEqual({ element_id: 829, element_name: 'Anna' });
  });

  test('is told in a summary', () => expect(summarizeTask(task).output).toEqual(task.output));
});

describe('pictures beside a video', () => {
  test('a poster, a cover or a last frame is told neither as the video nor beside it', () => {
    const responses: Json[] = [
      { videos: [{ poster_url: PICTURE, url: A }] },
      { video_cover_url: PICTURE, video_url: A },
      { last_frame_url: PICTURE, video_url: A, first_frames: [{ url: PICTURE }] },
    ];
    for (const response of responses) {
      const task = completed({ success: true, ...response });
      expect(task.video_url).toBe(A);
      expect(task).not.toHaveProperty('other_media');
    }
  });

  test('a watermarked version goes last, whatever its key', () => {
    for (const key of ['watermark_url', 'watermark_video_url', 'video_watermark_url', 'watermarked_urls']) {
      const task = completed({ success: true, [key]: [B], video_url: A });
      expect(task).toMatchObject({ video_url: A, other_media: [{ kind: 'video', url: B }] });
    }
    expect(completed({ watermarks: [{ url: B }], no_watermark_url: A })).toMatchObject({ video_url: A });
  });

  test.each(['goods-studio', 'apparel', 'something-new'])('%s makes videos', (type) => {
    const task = completed({ success: true, data: [{ url: 'https://cdn.example/a' }] }, { type });
    expect(task.video_url).toBe('https://cdn.example/a');
  });

  test.each(['resource_url', 'transparent_url'])('%s names a result', (key) => {
    expect(completed({ [key]: A }).video_url).toBe(A);
  });
});

describe('JSON strings and lists', () => {
  const response = { success: true, data: [{ id: 'v1', video_url: A, state: 'succeed' }] };

  test('data as a JSON string yields its video', () => {
    const asText = { ...response, data: JSON.stringify(response.data) };
    expect(completed(asText)).toEqual(completed(response));
    expect(completed(JSON.stringify(asText))).toEqual(completed(response));
  });

  test('state words count in a response that is a list', () => {
    expect(completed([{ state: 'failed', url: A }])).toMatchObject({ status: 'failed', state: 'failed' });
    expect(taskOf({ response: [{ state: 'running', url: A }] })).toMatchObject({ status: 'pending', state: 'running' });
    expect(taskOf({ response: JSON.stringify([{ state: 'succeed', url: A }]) })).toMatchObject({
      status: 'completed',
      video_url: A,
    });
  });

  test('success: false in a list is a failure', () => {
    expect(completed([{ success: false, error: { message: 'no' } }])).toMatchObject({ error: { message: 'no' } });
    expect(completed([{ success: false }]).status).toBe('failed');
  });

  test('a request as a JSON string is shown like any other', () => {
    const request = { prompt: 'a cat', callback_url: 'https://hook.example/cb' };
    expect(completed(response, { request: JSON.stringify(request) }).request).toEqual({ prompt: 'a cat' });
  });

  test('the id of a record is its id, else the task_id of its response', () => {
    expect(recordIdOf({ id: ' a ', response: { task_id: 'b' } })).toBe('a');
    expect(recordIdOf({ id: 5 })).toBe('5');
    for (const value of [{ task_id: 'b' }, JSON.stringify({ task_id: 'b' })]) {
      expect(recordIdOf({ response: value })).toBe('b');
      expect(recordIdOf({ id: '', response: value })).toBe('b');
    }
    for (const value of [undefined, null, [], 'b', { data: 5 }])
      expect(recordIdOf({ response: value })).toBeUndefined();
  });
});

describe('output', () => {
  test('a voice_id beside an empty data is told', () => {
    expect(completed({ success: true, voice_id: 'v1', data: [] }).output).toEqual({ voice_id: 'v1' });
  });

  test('what stands beside data is told with it', () => {
    expect(completed({ success: true, voice_id: 'v1', data: { name: 'Anna' } }).output).toEqual({
      voice_id: 'v1',
      data: { name: 'Anna' },
    });
  });

  test('a URL told in other_media is not said again', () => {
    const task = completed({ success: true, data: [{ voice_id: 'v1', audio_url: 'https://cdn.example/a.mp3' }] });
    expect(task.other_media).toEqual([{ kind: 'audio', url: 'https://cdn.example/a.mp3' }]);
    expect(task.output).toEqual([{ voice_id: 'v1' }]);
  });

  test('says that a result with a URL of over 4,096 characters was left out', () => {
    const long = `https://cdn.example/${'x'.repeat(4096)}.mp4`;
    const left_out = '1 file, as its URL has more than 4096 characters';
    expect(taskOf({ response: { success: true, video_url: long } })).toMatchObject({
      status: 'completed',
      output: { left_out },
    });
    const some = completed({ success: true, video_urls: [A, long, `${long}?`] });
    expect(some).toMatchObject({ video_url: A, output: { left_out: expect.stringMatching(/^2 files/) } });
  });

  test('usage is told by its own names, without internal keys', () => {
    const usage = { duration: 5, unit: 's', api_id: 'x', nested: { a: 1 } };
    expect(completed({ video_url: A, usage }).usage).toEqual({ duration: 5, unit: 's' });
    expect(completed({ data: { video_url: A, usage } }).usage).toEqual({ duration: 5, unit: 's' });
    expect(completed({ success: false, usage }).usage).toEqual({ duration: 5, unit: 's' });
    expect(completed({ video_url: A, usage: 5 })).not.toHaveProperty('usage');
  });
});

describe('elapsed_seconds', () => {
  test('is the duration of a record that has no elapsed, which is not the length of the video', () => {
    const task = completed({ video_url: A, duration: '5.1' }, { duration: 317.13 });
    expect(task).toMatchObject({ elapsed_seconds: 317.13, duration_seconds: 5.1 });
  });
});

describe('nested settings of a request', () => {
  test('are shown by dotted keys', () => {
    const request = {
      camera_control: { type: 'simple', config: { horizontal: 5, callback_url: A } },
      multi_prompt: [
        { prompt: 'a cat', duration: 3 },
        { prompt: 'a dog', duration: 2, async: true },
      ],
      contents: [
        { type: 'image', url: PICTURE, role: 'first' },
        { type: 'text', text: 'they meet' },
      ],
      webhook: { url: A, events: ['completed'] },
    };
    expect(completed({ video_url: B }, { request }).request).toEqual({
      'camera_control.type': 'simple',
      'camera_control.config.horizontal': 5,
      'multi_prompt.0.prompt': 'a cat',
      'multi_prompt.0.duration': 3,
      'multi_prompt.1.prompt': 'a dog',
      'multi_prompt.1.duration': 2,
      'contents.0.type': 'image',
      'contents.0.url': PICTURE,
      'contents.0.role': 'first',
      'contents.1.type': 'text',
      'contents.1.text': 'they meet',
    });
  });

  test('keep a list of values whole, also where a value stands twice', () => {
    const request = { position: [0, 0, 5] };
    expect(completed({ video_url: B }, { request }).request).toEqual({ position: [0, 0, 5] });
  });
});
