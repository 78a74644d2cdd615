import fc from 'fast-check';
import { expect, test } from 'vitest';
import { all } from '../support/fake-lookups.js';
import { McpServer } from '../support/mcp-server.js';
import {
  CAPABILITIES_KEY,
  call,
  cancel,
  followTask,
  getTask,
  INITIALIZE,
  modern,
  ofTask,
  request,
  VERSION_KEY,
  WITH_TASKS,
} from '../support/protocol.js';

/** `FUZZ_MESSAGES=20000 FUZZ_SEED=7 npx vitest run fuzz` tries more, and others. */
const MESSAGES = Number(process.env.FUZZ_MESSAGES ?? 3000);
const SEED = Number(process.env.FUZZ_SEED ?? 42);

/** What goes to stdin for the message with the given number, and whether it is a request with the id `f…`. */
type Message = (number: number) => { line: Buffer; isRequest?: true };

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
    [VERSION_KEY]: fc.oneof({ weight: 4, arbitrary: fc.constant('2026-07-28') }, fc.jsonValue()),
    [CAPABILITIES_KEY]: fc.oneof({ weight: 4, arbitrary: fc.constantFrom({}, WITH_TASKS) }, fc.jsonValue()),
    progressToken: oddId,
  },
  { requiredKeys: [VERSION_KEY] },
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
      (number) => ({ line: json(request(`f${number}`, name, params)), isRequest: true }),
  ),
  fc.tuple(tool, args).map(
    ([name, value]): Message =>
      (number) => ({ line: json(call(`f${number}`, name, value)), isRequest: true }),
  ),
  fc.tuple(method, meta, fc.dictionary(fc.constantFrom('uri', 'taskId', 'cursor', 'name'), fc.jsonValue())).map(
    ([name, _meta, params]): Message =>
      (number) => ({ line: json(request(`f${number}`, name, { ...params, _meta })), isRequest: true }),
  ),
  fc.tuple(tool, args, fc.constantFrom({}, WITH_TASKS)).map(
    ([name, value, capabilities]): Message =>
      (number) => {
        const params = { name, arguments: value };
        return { line: json(modern(`f${number}`, 'tools/call', params, capabilities)), isRequest: true };
      },
  ),
  fc.constantFrom('task-1', 'pending-1').map(
    (id): Message =>
      (number) => ({ line: json(followTask(`f${number}`, id)), isRequest: true }),
  ),
  fc.tuple(fc.constantFrom('get', 'cancel', 'update'), fc.oneof(fc.constant('pending-1@a'), fc.jsonValue())).map(
    ([name, taskId]): Message =>
      (number) => ({ line: json(ofTask(`f${number}`, name, taskId)), isRequest: true }),
  ),
  fc.constant<Message>((number) => ({
    line: json(modern(`f${number}`, 'subscriptions/listen', { notifications: {} })),
    isRequest: true,
  })),
  fc.array(fc.oneof(fc.jsonValue(), oddId.map(cancel)), { maxLength: 3 }).map(
    (others): Message =>
      (number) => ({ line: json([...others, modern(`f${number}`, 'server/discover')]), isRequest: true }),
  ),
  oddId.map(
    (id): Message =>
      () => ({ line: json(cancel(id)) }),
  ),
  fc.constant<Message>((number) => ({
    line: Buffer.concat([json(getTask(`c${number}`, 'task-1')), Buffer.from('\n'), json(cancel(`c${number}`))]),
  })),
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
