import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { FakeApi, reply } from '../support/fake-api.js';
import { completedRecord, failedRecord, type Json, record } from '../support/records.js';
import { Session } from '../support/server-process.js';

// What becomes of hostile records is tested with the mapping; here, that the server stays usable beside them and after.

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

/** The answer to a lookup of the hostile task. Other tasks are answered as ever. */
function answerTo(body: Json | string) {
  const hostile = reply(200, body);
  fakeApi.always = (request, ...rest) => (request.body.id === ID ? hostile : fakeApi.answer)(request, ...rest);
  return session.call('kling_get_task', { task_id: ID });
}

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
});
