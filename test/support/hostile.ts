import { afterAll, afterEach, beforeAll } from 'vitest';
import { FakeApi, type Handler, reply } from './fake-api.js';
import { expectUsable } from './faults.js';
import { completedRecord, type Json } from './records.js';
import { callSafely } from './safety.js';
import { Session } from './server-process.js';

// A test file that imports this has one server for all its cases, which must be usable after each.

/** The task whose record is hostile. */
export const ID = 'hostile-1';

export let fakeApi: FakeApi;
export let session: Session;

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

/** Answers the requests for the hostile task, and for no other. */
export function answerWith(handler: Handler): void {
  fakeApi.always = (request, ...rest) => (request.body.id === ID ? handler : fakeApi.answer)(request, ...rest);
}

/** The Task that the record becomes, after a look at every string of the answer. */
export async function taskOf(body: Json | string): Promise<Json> {
  answerWith(reply(200, body));
  const { structuredContent, content } = await callSafely(session, ID);
  if (!structuredContent) throw new Error(content[0]?.text);
  return structuredContent.result;
}
