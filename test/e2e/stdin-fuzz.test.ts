import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeApi } from '../support/fake-api.js';
import { call, cancel, getTask, INITIALIZE, request } from '../support/protocol.js';
import { completedRecord } from '../support/records.js';
import { ServerProcess } from '../support/server-process.js';

const MESSAGES = 20_000;
/** FUZZ_SEED=… npx vitest run stdin-fuzz tries another one. */
const SEED = Number(process.env.FUZZ_SEED ?? 42);

/** What goes to stdin for the message with the given number, and whether its id `f…` must be answered. */
type Message = (number: number) => { line: Buffer; answered?: boolean };

const oddId = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constantFrom(null, true, [], {}, '__proto__'));
const method = fc.oneof(
  fc.constantFrom('ping', 'tools/list', 'tools/call', 'initialize', 'server/discover', '__proto__', 'notifications/x'),
  fc.string(),
);
const args = fc.oneof(
  fc.jsonValue(),
  fc.record(
    {
      task_id: fc.oneof(fc.constant('task-1'), fc.string(), fc.jsonValue()),
      task_ids: fc.oneof(fc.array(fc.string()), fc.jsonValue()),
      wait_seconds: fc.oneof(fc.constant(0), fc.jsonValue()),
    },
    { requiredKeys: [] },
  ),
);
const tool = fc.constantFrom('kling_get_task', 'kling_get_tasks_batch', 'constructor', '');
const json = (message: unknown) => Buffer.from(JSON.stringify(message));

/** A good line in which some bytes are replaced, and whose end may be missing. */
const mutated: fc.Arbitrary<Message> = fc
  .tuple(fc.array(fc.tuple(fc.nat(100), fc.nat(255)), { minLength: 1, maxLength: 5 }), fc.nat(150))
  .map(([changes, length]) => (number) => {
    const line = json(getTask(`mutated-message-${number}`, 'task-1'));
    for (const [position, byte] of changes) line[position] = byte;
    return { line: line.subarray(0, length) };
  });

const message: fc.Arbitrary<Message> = fc.oneof(
  mutated,
  fc.uint8Array({ maxLength: 80 }).map(
    (bytes): Message =>
      () => ({ line: Buffer.from(bytes) }),
  ),
  fc.string({ unit: 'binary' }).map(
    (text): Message =>
      () => ({ line: Buffer.from(text) }),
  ),
  fc.jsonValue().map(
    (value): Message =>
      () => ({ line: json(value) }),
  ),
  fc
    .record(
      {
        jsonrpc: fc.constantFrom('2.0', '1.0', 2),
        id: oddId,
        method: fc.oneof(method, fc.jsonValue()),
        params: fc.jsonValue(),
        result: fc.jsonValue(),
        error: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    .map(
      (value): Message =>
        () => ({ line: json(value) }),
    ),
  fc.tuple(method, fc.jsonValue()).map(
    ([name, params]): Message =>
      (number) => ({ line: json(request(`f${number}`, name, params)), answered: true }),
  ),
  fc.tuple(tool, args).map(
    ([name, value]): Message =>
      (number) => ({ line: json(call(`f${number}`, name, value)), answered: true }),
  ),
  oddId.map(
    (id): Message =>
      () => ({ line: json(cancel(id)) }),
  ),
  fc.constant<Message>((number) => ({
    line: Buffer.concat([json(getTask(`c${number}`, 'task-1')), Buffer.from('\n'), json(cancel(`c${number}`))]),
  })),
);

let fakeApi: FakeApi;
let server: ServerProcess;

beforeAll(async () => {
  fakeApi = await FakeApi.start([completedRecord('task-1')]);
  server = new ServerProcess({ fakeApi, env: { LOG_LEVEL: 'info' } });
});

afterAll(() => fakeApi.close());

describe('Hostile input on stdin', () => {
  test('a seeded fuzz run of 20,000 messages: each readable request is answered once, and the server goes on', async () => {
    server.write(INITIALIZE);
    const sent = fc.sample(message, { seed: SEED, numRuns: MESSAGES }).map((make, number) => make(number));
    const bytes = Buffer.concat(sent.flatMap(({ line }) => [line, Buffer.from('\n')]));
    // Cut anywhere: a chunk that starts within a character or between CR and LF is one like any other.
    for (let start = 0, size = 1; start < bytes.length; start += size, size = ((size * 7919) % 65_521) + 1) {
      await new Promise((resolve) => server.child.stdin.write(bytes.subarray(start, start + size), resolve));
    }
    server.write(getTask('last', 'task-1'));
    expect(await server.answer('last')).toMatchObject({ result: { structuredContent: {} } });

    const expected = sent.flatMap(({ answered }, number) => (answered ? [`f${number}`] : []));
    for (const id of expected) await server.answer(id);
    expect(await server.close()).toEqual({ code: 0, signal: null });
    const ids = server.messages.map(({ id }) => String(id)).filter((id) => /^f\d+$/.test(id));
    expect(ids.sort()).toEqual(expected.sort());
    expect(server.stderr).not.toMatch(/error:|^\s+at /m);
  });
});
