import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorReply, FakeApi, type Handler, reply, TOKEN } from '../support/fake-api.js';
import { completedRecord, failedRecord, type Json, PRIVATE_VALUES, record } from '../support/records.js';
import { callSafely } from '../support/safety.js';
import { Session } from '../support/server-process.js';

// Every session is closed with a look for the token and the private values on stdout and, at debug, on stderr.

const ID = 'secret-1';
const ESCAPED = Array.from(TOKEN, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

let fakeApi: FakeApi;
let session: Session;

beforeAll(async () => {
  fakeApi = await FakeApi.start();
  session = await Session.start({ fakeApi });
});

afterAll(async () => {
  await session.close();
  await fakeApi.close();
});

/** Everything that the client gets when the API answers like this, as text. */
async function shown(handler: Handler): Promise<string> {
  fakeApi.always = handler;
  return JSON.stringify(await callSafely(session, ID));
}

/** The beginnings and ends of a secret, which a cut in the wrong place would leave over. */
function expectNoPart(text: string, secret: string): void {
  for (let start = 0; start + 12 <= secret.length; start += 4) {
    expect(text.toLowerCase()).not.toContain(secret.slice(start, start + 12).toLowerCase());
  }
}

/** A completed record whose every text holds the secret. */
function echoing(secret: string): Json {
  const text = `it is ${secret}, you know`;
  const url = `https://cdn.acedata.cloud/${secret}/a.mp4?t=${secret}`;
  const request = { prompt: text, image_url: url, [secret]: text };
  const response = { success: true, state: text, data: [{ id: secret, video_url: url, note: text, [secret]: 1 }] };
  return { ...completedRecord(ID), type: text, trace_id: secret, state: 'succeed', request, response };
}

describe('Secrets', () => {
  test.each<[string, Handler]>([
    ['in every place of a record', reply(200, echoing(TOKEN))],
    ['in capitals', reply(200, echoing(TOKEN.toUpperCase()))],
    ['with each character escaped', reply(200, JSON.stringify(echoing('SECRET')).replaceAll('SECRET', ESCAPED))],
    [
      'with capital escapes',
      reply(
        200,
        JSON.stringify(echoing('SECRET')).replaceAll(
          'SECRET',
          ESCAPED.replaceAll(/[a-f]/g, (c) => c.toUpperCase()),
        ),
      ),
    ],
    [
      'in a response that is a JSON string',
      reply(200, record(ID, { response: JSON.stringify(echoing(TOKEN).response) })),
    ],
    [
      'escaped in a response that is a JSON string',
      reply(200, record(ID, { response: JSON.stringify(echoing('SECRET').response).replaceAll('SECRET', ESCAPED) })),
    ],
    ['in the message of a failed task', reply(200, failedRecord(ID, `bad token ${TOKEN}`))],
    ['in the code of a failed task', reply(200, record(ID, { response: { success: false, error: { code: TOKEN } } }))],
    [
      'in what a voice returned',
      reply(200, record(ID, { finished_at: 1, response: { success: true, data: { voice: TOKEN, [TOKEN]: [TOKEN] } } })),
    ],
    ['in the message of an error', errorReply(401, 'invalid_token', `The token ${TOKEN} is not known.`)],
    ['in code and trace id of an error', reply(403, { error: { code: TOKEN, message: TOKEN }, trace_id: TOKEN })],
    ['as an error of its own', reply(400, { error: TOKEN })],
    ['in an HTML page', reply(418, `<html>${TOKEN}</html>`, { 'content-type': 'text/html' })],
    ['in headers', reply(302, '', { location: `https://evil.example/?t=${TOKEN}`, 'x-echo': TOKEN })],
    ['in a Retry-After', reply(429, {}, { 'retry-after': `3600 ${TOKEN}` })],
    ['as the reason of the status', (_request, response) => response.writeHead(400, TOKEN).end('{}')],
    ['as the whole body', reply(200, TOKEN)],
  ])('the token echoed by the API %s: not shown, whole or in part', async (_name, handler) => {
    expectNoPart(await shown(handler), TOKEN);
  });

  test('the token echoed by the API in a prompt: the words around it stay', async () => {
    const body = { ...completedRecord(ID), request: { prompt: `a \\ "cup" ${TOKEN}/ of tea` } };
    fakeApi.always = reply(200, body);
    const { structuredContent } = await callSafely(session, ID);
    expect(structuredContent?.result.request).toEqual({ prompt: 'a \\ "cup" [redacted]/ of tea' });
  });

  test.each(Array.from({ length: TOKEN.length }, (_, offset) => offset))(
    'the token echoed by the API across the places where texts are cut, %i characters before: no part of it',
    async (offset) => {
      const at = (length: number) => `${'word '.repeat(length / 5).slice(offset)}${TOKEN} and more words`;
      const body = {
        ...completedRecord(ID),
        type: at(65),
        request: { prompt: at(2500), [at(65)]: 1 },
        trace_id: at(130),
      };
      expectNoPart(await shown(reply(200, body)), TOKEN);
      expectNoPart(await shown(reply(200, failedRecord(ID, at(500)))), TOKEN);
      expectNoPart(await shown(errorReply(400, 'bad_request', at(160))), TOKEN);
    },
  );

  test.each(PRIVATE_VALUES)('internal id or callback %s echoed in a record: not shown', async (secret) => {
    // Beside its own field, from which the server knows that it is private.
    const known = completedRecord(ID);
    const data = { note: `by ${secret}`, [secret]: secret, video_id: secret };
    const bodies = [
      {
        ...known,
        request: { ...(known.request as Json), prompt: `by ${secret}`, [secret]: 1 },
        response: known.response,
      },
      {
        ...known,
        response: { success: true, data, message: secret, state: 'succeed' },
        type: secret,
      },
      failedRecord(ID, `Job of ${secret} failed.`),
      { ...known, response: { success: false, error: { code: secret, message: secret } } },
      {
        ...known,
        response: { success: true, data: [{ id: secret, video_id: secret, video_url: 'https://h.example/x.mp4' }] },
      },
    ];
    for (const body of bodies) expectNoPart(await shown(reply(200, body)), secret);
  });

  test.each(PRIVATE_VALUES)('internal id or callback %s echoed in an error of the API: not shown', async (secret) => {
    const message = `No balance: ${secret}.`;
    expectNoPart(await shown(reply(403, { error: { message, user_id: secret } })), secret);
    expectNoPart(await shown(reply(403, { error: { code: 'used_up', message }, job_id: secret })), secret);
  });

  test('an internal id that only the message of an error names: not shown, the words around it stay', async () => {
    const [objectId, uuid] = PRIVATE_VALUES;
    const text = await shown(errorReply(403, 'used_up', `Application ${uuid} of ${objectId} is used up.`));
    expect(text).toContain('(HTTP 403): Application [id] of [id] is used up. The user');
  });
});
