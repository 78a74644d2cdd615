import { CLIENT_CAPABILITIES_META_KEY, PROTOCOL_VERSION_META_KEY } from '@modelcontextprotocol/client';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { all } from '../support/fake-lookups.js';
import { McpServer } from '../support/mcp-server.js';
import { cancel, followTask, getTask, INITIALIZE, modern, ofTask, request, WITH_TASKS } from '../support/protocol.js';

/** `FUZZ_MESSAGES=20000 FUZZ_SEED=7 npx vitest run fuzz` tries more, and others. */
const MESSAGES = Number(process.env.FUZZ_MESSAGES ?? 3000);
const SEED = Number(process.env.FUZZ_SEED ?? 42);

/** What goes to stdin for the message with the given number, and whether it is a request with the id `f…`. */
type Message = (number: number) => { line: Buffer; isRequest?: true };

const json = (message: unknown) => Buffer.from(JSON.stringify(message));
/** Lines that need no answer, or that get one that nobody can tell. */
const noise = (lines: fc.Arbitrary<unknown>) =>
  lines.map(
    (line): Message =>
      () => ({ line: Buffer.isBuffer(line) ? line : json(line) }),
  );
/** Requests that must be answered once, made of an id and something random. */
const requests = <Value>(values: fc.Arbitrary<Value>, make: (id: string, value: Value) => unknown) =>
  values.map(
    (value): Message =>
      (number) => ({ line: json(make(`f${number}`, value)), isRequest: true }),
  );

const oddId = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constantFrom(null, true, [], {}, '__proto__'));
const method = fc.oneof(
  fc.constantFrom('ping', 'tools/list', 'tools/call', 'initialize', 'server/discover', '__proto__', 'notifications/x'),
  fc.constantFrom('resources/list', 'resources/templates/list', 'resources/read', 'tasks/get', 'tasks/cancel'),
  fc.constantFrom('tasks/update', 'tasks/list', 'logging/setLevel'),
  fc.string(),
);
/** `_meta` of the era without sessions, more or less. */
const meta = fc.record(
  {
    [PROTOCOL_VERSION_META_KEY]: fc.oneof({ weight: 4, arbitrary: fc.constant('2026-07-28') }, fc.jsonValue()),
    [CLIENT_CAPABILITIES_META_KEY]: fc.oneof({ weight: 4, arbitrary: fc.constantFrom({}, WITH_TASKS) }, fc.jsonValue()),
    progressToken: oddId,
  },
  { requiredKeys: [PROTOCOL_VERSION_META_KEY] },
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
/** A good line in which some bytes are replaced, and whose end may be missing. */
const mutated = fc
  .tuple(fc.array(fc.tuple(fc.nat(100), fc.nat(255)), { minLength: 1, maxLength: 5 }), fc.nat(150))
  .map(([changes, length]) => {
    const line = json(getTask('mutated-message', 'task-1'));
    for (const [position, byte] of changes) line[position] = byte;
    return line.subarray(0, length);
  });
const almost = fc.record(
  {
    jsonrpc: fc.constantFrom('2.0', '1.0', 2),
    id: oddId,
    method: fc.oneof(method, fc.jsonValue()),
    params: fc.jsonValue(),
    result: fc.jsonValue(),
    error: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const params = fc.dictionary(fc.constantFrom('uri', 'taskId', 'cursor', 'name'), fc.jsonValue());
const calls = fc.record({ name: tool, arguments: args });
const taskId = fc.oneof(fc.constant('pending-1@a'), fc.jsonValue());

const message: fc.Arbitrary<Message> = fc.oneof(
  noise(mutated),
  noise(fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes))),
  noise(fc.string({ unit: 'binary' }).map((text) => Buffer.from(text))),
  noise(fc.jsonValue()),
  noise(almost),
  noise(oddId.map(cancel)),
  requests(fc.tuple(method, fc.jsonValue()), (id, [name, value]) => request(id, name, value)),
  requests(fc.tuple(method, meta, params), (id, [name, _meta, rest]) => request(id, name, { ...rest, _meta })),
  requests(calls, (id, call) => request(id, 'tools/call', call)),
  requests(fc.tuple(calls, fc.constantFrom({}, WITH_TASKS)), (id, [call, capabilities]) =>
    modern(id, 'tools/call', call, capabilities),
  ),
  requests(fc.constantFrom('task-1', 'pending-1'), (id, name) => followTask(id, name)),
  requests(fc.tuple(fc.constantFrom('get', 'cancel', 'update'), taskId), (id, [name, value]) =>
    ofTask(id, name, value),
  ),
  requests(fc.constant({}), (id, notifications) => modern(id, 'subscriptions/listen', { notifications })),
  requests(fc.array(fc.oneof(fc.jsonValue(), oddId.map(cancel)), { maxLength: 3 }), (id, others) => [
    ...others,
    modern(id, 'server/discover'),
  ]),
  fc.constant<Message>((number) => ({ line: json([getTask(`c${number}`, 'task-1'), cancel(`c${number}`)]) })),
);

test('Thousands of random messages of both eras: each readable request is answered once, and the server goes on', async () => {
  const server = new McpServer();
  server.lookups.find = all('pending');
  server.write(INITIALIZE);
  const sent = fc.sample(message, { seed: SEED, numRuns: MESSAGES }).map((make, number) => make(number));
  const bytes = Buffer.concat(sent.flatMap(({ line }) => [line, Buffer.from('\n')]));
  // Cut anywhere: a chunk that starts within a character or between CR and LF is one like any other.
  for (let start = 0, size = 1; start < bytes.length; start += size, size = ((size * 7919) % 65_521) + 1) {
    await new Promise((resolve) => server.stdin.write(bytes.subarray(start, start + size), resolve));
  }
  expect(await server.ask(getTask('last', 'task-1'))).toMatchObject({ result: { structuredContent: {} } });
  await server.close();
  const expected = sent.flatMap(({ isRequest }, number) => (isRequest ? [`f${number}`] : []));
  const ids = server.messages.map(({ id }) => String(id)).filter((id) => /^f\d+$/.test(id));
  expect(ids.sort()).toEqual(expected.sort());
  expect(server.bugs).toEqual([]);
});
