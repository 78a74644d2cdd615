import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { errorReply, FakeApi, reply } from '../support/fake-api.js';
import { completedRecord, failedRecord, type Json, record } from '../support/records.js';
import { Session, type ToolResult } from '../support/server-process.js';

// What becomes of hostile records is tested with the mapping; here, that none of them gets past it, and that the server
// stays usable beside them and after them.

const ID = 'hostile-1';
const MIB = 1024 * 1024;

let fakeApi: FakeApi;
let session: Session;

beforeAll(async () => {
  fakeApi = await FakeApi.start([completedRecord('good')]);
  session = await Session.start({ fakeApi });
});

afterEach(async () => {
  fakeApi.always = undefined;
  await expectUsable();
});

afterAll(async () => {
  await session.close();
  await fakeApi.close();
});

async function expectUsable() {
  const { structuredContent } = await session.call('kling_get_task', { task_id: 'good' });
  expect(structuredContent?.result).toMatchObject({ status: 'completed' });
}

/** Characters that hide text or control a terminal, other than newline and tab. */
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/u;

/** Looks up the hostile task, and fails unless the result is safe to show: bounded, well-formed, with http(s) links only. */
async function lookUp(): Promise<ToolResult> {
  const result = await session.call('kling_get_task', { task_id: ID });
  const line = session.server.lines.at(-1) ?? '';
  // Twenty links of 4 KB each, told in the structure and in the text, are the most there can be, and the request.
  expect(line.length).toBeLessThan(300_000);
  for (const { key, text } of stringsIn(JSON.parse(line))) {
    expect(text.isWellFormed()).toBe(true);
    expect(text).not.toMatch(UNSAFE);
    if (/(^|_)ur[il]s?$/.test(key)) expect(text).toMatch(/^https?:\/\//);
  }
  return result;
}

/** Every string of a JSON value with the key above it, the keys themselves, and the strings of the text block's JSON. */
function* stringsIn(value: unknown, key = ''): Generator<{ key: string; text: string }> {
  if (typeof value === 'string') {
    yield { key, text: value };
    if (key === 'text' && value.startsWith('{')) yield* stringsIn(JSON.parse(value));
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, child] of Object.entries(value)) {
      yield { key: '', text: name };
      yield* stringsIn(child, Array.isArray(value) ? key : name);
    }
  }
}

/** The answer to a lookup of the hostile task. Other tasks are answered as ever. */
function answerTo(body: Json | string) {
  const hostile = reply(200, body);
  fakeApi.always = (request, ...rest) => (request.body.id === ID ? hostile : fakeApi.answer)(request, ...rest);
  return lookUp();
}

test.each([
  'a\u0000b\u0007c\u0008d\u000be\u007ff\u0085g\r\nh \u001b[31mred\u001b[0m \u001b]0;title\u0007 \u009b1m \u001b',
  `safe\u202Egnp.exe\u202C \u2066x\u2069 ${String.fromCodePoint(0xe0069, 0xe0067)} pass\u200bword\ufeff a\ud800b\udc00c\ud83d`,
  ' \u0001java\nscript:alert(1)',
  'data:text/html;base64,PHNjcmlwdD4=',
  '\n{"jsonrpc":"2.0","id":1,"result":{}}\n',
])('%j in every place of a record and an error: nothing of it reaches the client unsafely', async (text) => {
  const request = { prompt: text, model: text, [text]: text, image_url: text, image_urls: [text, text] };
  const data = [{ id: text, video_url: text, voice: text, state: 'succeed' }];
  const response = { success: true, data, [text]: text };
  const { structuredContent } = await answerTo({
    ...completedRecord(ID),
    type: text,
    trace_id: text,
    request,
    response,
  });
  expect(structuredContent?.result).toMatchObject({ status: 'completed', output: {} });
  for (const field of ['video_url', 'other_media']) expect(structuredContent?.result).not.toHaveProperty(field);
  await answerTo(failedRecord(ID, text));
  fakeApi.always = reply(400, { error: { code: text, message: text }, trace_id: text });
  const { content } = await lookUp();
  expect(content[0]?.text).toMatch(/^\[[a-z_]+\] The lookup failed, [^\n]{1,450}$/);
});

describe('megabytes', () => {
  const nested = (levels: number) => `${'{"data":['.repeat(levels / 2)}"https://a/b.mp4"${']}'.repeat(levels / 2)}`;
  const keys = () => Object.fromEntries(Array.from({ length: 300_000 }, (_, i) => [`key${i}`, i]));

  test.each<[string, () => Json | string]>([
    ['of backslashes', () => ({ ...completedRecord(ID), request: { prompt: '\\'.repeat(3.5 * MIB) } })],
    ['of blanks', () => failedRecord(ID, `x${' '.repeat(7 * MIB)}x`)],
    ['of keys', () => ({ ...completedRecord(ID), request: keys() })],
    ['of nested lists', () => record(ID, { response: { data: Array.from({ length: 1_000_000 }, () => [[]]) } })],
    ['of levels', () => `{"id":"${ID}","response":${nested(500_000)}}`],
    ['of levels in JSON in a string', () => record(ID, { response: nested(500_000) })],
  ])('%s: a Task, and no other call has to wait for long', async (_, body) => {
    const startMs = performance.now();
    const call = answerTo(body());
    await fakeApi.received(fakeApi.requests.length + 1);
    await expectUsable();
    expect((await call).structuredContent?.result).toMatchObject({ task_id: ID });
    expect(performance.now() - startMs).toBeLessThan(15_000);
  });

  test('of one record of a batch: the fault of its id alone, and not of the base URL', async () => {
    fakeApi.add({ ...completedRecord('huge'), request: { audio_file: 'A'.repeat(9_000_000) } });
    const { structuredContent } = await session.call('kling_get_tasks_batch', { task_ids: ['huge', 'good'] });
    const message = expect.stringMatching(/^(?!.*BASE_URL).*larger than 8 MiB/);
    expect(structuredContent?.result).toMatchObject({
      counts: { completed: 1, lookup_failed: 1 },
      lookup_errors: [{ task_ids: ['huge'], code: 'bad_response', message }],
    });
  });

  test('in the code and trace id of an error: the fallbacks', async () => {
    fakeApi.always = errorReply(403, 'x'.repeat(MIB), 'y'.repeat(MIB));
    expect((await lookUp()).content[0]?.text).toMatch(
      /^\[forbidden\] .*The API refused access \(HTTP 403\): y+…\. The/,
    );
  });
});
