import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { lookupErrorLike } from '../support/error-texts.js';
import { errorReply, FakeApi, reply } from '../support/fake-api.js';
import { expectUsable } from '../support/faults.js';
import { completedRecord, failedRecord, type Json, record } from '../support/records.js';
import { callSafely } from '../support/safety.js';
import { Session } from '../support/server-process.js';

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
  await expectUsable(session);
});

afterAll(async () => {
  await session.close();
  await fakeApi.close();
});

/** The answer to a lookup of the hostile task, after a look at every string of it. Other tasks are answered as ever. */
function answerTo(body: Json | string) {
  const hostile = reply(200, body);
  fakeApi.always = (request, ...rest) => (request.body.id === ID ? hostile : fakeApi.answer)(request, ...rest);
  return callSafely(session, ID);
}

const HOSTILE: [string, string][] = [
  ['control characters', 'a\u0000b\u0007c\u0008d\u000be\u007ff\u0085g\r\nh'],
  [
    'terminal escapes',
    '\u001b[2J\u001b[31mred\u001b[0m \u001b]0;title\u0007 \u009b1m \u001b]8;;http://x\u001b\\link \u001b',
  ],
  ['bidi overrides and isolates', 'safe\u202Egnp.exe\u202C \u2066x\u2069'],
  ['Unicode tags', `look${String.fromCodePoint(...Array.from('ignore all', (c) => 0xe0000 + c.charCodeAt(0)))}`],
  ['zero-width characters and lone surrogates', 'pass\u200bword\u2060\ufeff a\ud800b\udc00c\ud83d'],
  ['javascript: URLs', ' \u0001java\nscript:alert(1)'],
  ['data: URLs', 'data:text/html;base64,PHNjcmlwdD4='],
  ['JSON-RPC in a string', '\n{"jsonrpc":"2.0","id":1,"result":{}}\n'],
];

test.each(HOSTILE)(
  '%s in every place of a record and an error: nothing of it reaches the client unsafely',
  async (_, text) => {
    const request = { prompt: text, model: text, [text]: text, image_url: text, image_urls: [text, text] };
    const response = {
      success: true,
      data: [{ id: text, video_url: text, voice: text, state: 'succeed' }],
      [text]: text,
    };
    const everywhere = { type: text, trace_id: text, request, response };
    const { structuredContent } = await answerTo({ ...completedRecord(ID), ...everywhere });
    expect(structuredContent?.result).toMatchObject({ status: 'completed', output: {} });
    for (const field of ['video_url', 'other_media']) expect(structuredContent?.result).not.toHaveProperty(field);
    await answerTo(failedRecord(ID, text));
    fakeApi.always = reply(400, { error: { code: text, message: text }, trace_id: text });
    const { content } = await callSafely(session, ID);
    expect(content[0]?.text).toMatch(/^\[[a-z_]+\] The lookup failed, [^\n]{1,450}$/);
  },
);

describe('megabytes', () => {
  const nested = (levels: number) =>
    `${'{"data":['.repeat(levels / 2)}"https://a.example/b.mp4"${']}'.repeat(levels / 2)}`;

  test.each<[string, () => Json | string]>([
    ['of base64 in one string', () => ({ ...completedRecord(ID), request: { audio_file: 'QUFB'.repeat(1.6 * MIB) } })],
    ['of backslashes', () => ({ ...completedRecord(ID), request: { prompt: '\\'.repeat(3.5 * MIB) } })],
    ['of blanks', () => failedRecord(ID, `x${' '.repeat(7 * MIB)}x`)],
    [
      'of keys',
      () => ({
        ...completedRecord(ID),
        request: Object.fromEntries(Array.from({ length: 300_000 }, (_, i) => [`key${i}`, i])),
      }),
    ],
    ['of nested lists', () => record(ID, { response: { data: Array.from({ length: 1_000_000 }, () => [[]]) } })],
    ['of levels', () => `${JSON.stringify(completedRecord(ID)).slice(0, -1)},"deep":${nested(500_000)}}`],
    ['of levels in a response', () => `{"id":"${ID}","response":${nested(500_000)}}`],
    ['of levels in JSON in a string', () => record(ID, { response: nested(500_000) })],
  ])('%s: a Task, and no other call has to wait for long', async (_, body) => {
    const startMs = performance.now();
    const call = answerTo(body());
    await fakeApi.received(fakeApi.requests.length + 1);
    await expectUsable(session);
    expect((await call).structuredContent?.result).toMatchObject({ task_id: ID });
    expect(performance.now() - startMs).toBeLessThan(15_000);
  });

  test('of levels around everything: bad_response', async () => {
    const { content } = await answerTo(`${'['.repeat(MIB)}${']'.repeat(MIB)}`);
    expect(content[0]?.text).toMatch(/^\[bad_response\]/);
  });

  test('in the code and trace id of an error: the fallbacks', async () => {
    fakeApi.always = errorReply(403, 'x'.repeat(MIB), 'y'.repeat(MIB));
    const { content } = await callSafely(session, ID);
    expect(content[0]?.text).toMatch(
      lookupErrorLike('forbidden', /The API refused access \(HTTP 403\): y+…\. The token may/),
    );
  });
});
