import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { KlingClient } from '../../src/kling/api/client.js';
import { KlingError } from '../../src/kling/api/error.js';
import { Looker } from '../../src/kling/looker.js';
import { parseArguments, taskIdSchema, waitSecondsSchema } from '../../src/tools/arguments.js';
import { getTasksBatchTool } from '../../src/tools/get-tasks-batch.js';

const ID_RULE = 'must be one bare task id (1 to 128 letters, digits, "-" or "_"), without quotes or URL';
const WAIT_RULE = 'must be a whole number of seconds from 0 to 50';
const LIST_RULE = 'must be a list of 1 to 100 task ids';

const one = z.strictObject({ task_id: taskIdSchema, wait_seconds: waitSecondsSchema(50) });
const parse = (args: unknown) => parseArguments(one, args, 50);

/** The sentence with which the arguments are refused. */
function refusalOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (!(error instanceof KlingError)) throw error;
    expect(error.code).toBe('invalid_arguments');
    expect(error.hint).toBe('Correct it and call again; nothing was looked up.');
    return error.message;
  }
  throw new Error('not refused');
}
const refusal = (args: unknown) => refusalOf(() => parse(args));

const fail = (error: unknown) => {
  throw error;
};
const connection = { token: 't', baseUrl: new URL('http://127.0.0.1:9'), requestTimeoutMs: 1000 };
const looker = new Looker(new KlingClient(connection, 'test'), {
  onBug: fail,
  onForeignRecords: () => {},
});
const batch = getTasksBatchTool({ looker, maxWaitSeconds: 50, onBug: fail });
/** The ids that a batch would look up. */
const idsOf = (task_ids: unknown) => batch.follow({ task_ids }).wait.ids;
const refusalOfIds = (task_ids: unknown) => refusalOf(() => idsOf(task_ids));

describe('task_id', () => {
  test.each(['a', '20068983-0cc9-4c6a-aeb6-9c6a3c668be0', 'A_b-9', '0', 'null', 'x'.repeat(128)])('%j is one', (id) => {
    expect(parse({ task_id: id })).toEqual({ ids: [id], waitSeconds: 0, askedWaitSeconds: 0 });
  });

  test.each([' abc ', '\tabc\r\n', '\u00a0abc\ufeff'])('the white space of %j is forgiven', (task_id) => {
    expect(parse({ task_id }).ids).toEqual(['abc']);
  });

  test.each(['"abc"', "'abc'", '`abc`', '```abc```', ' "abc" ', '" abc "', '"`abc`"', '\\"abc\\"', '“abc”', '"abc'])(
    'the quotes of %j are forgiven',
    (task_id) => expect(parse({ task_id }).ids).toEqual(['abc']),
  );

  test.each([
    '',
    ' ',
    '"',
    '""',
    '`',
    'a b',
    'a/b',
    '../a',
    'a?b',
    'ä',
    'a\u0000',
    'a"b',
    'x'.repeat(129),
    'https://a/b',
    '{"id":1}',
    '["a"]',
    'a\nb',
    'a,b',
    '<abc>',
  ])('%j is none', (task_id) => expect(refusal({ task_id })).toBe(`task_id ${ID_RULE}.`));

  test.each([undefined, null, 5, true, ['a'], { id: 'a' }])('%j is none', (task_id) => {
    expect(refusal({ task_id })).toBe(`task_id ${ID_RULE}.`);
  });

  test.each([
    ['quotes', '"'.repeat(2_000_000)],
    ['quotes before a letter', `${'"'.repeat(2_000_000)}x`],
    ['white space between letters', `x${' '.repeat(2_000_000)}x`],
  ])('megabytes of %s are refused in no time', (_name, task_id) => {
    const startMs = performance.now();
    expect(refusal({ task_id })).toBe(`task_id ${ID_RULE}.`);
    expect(refusalOfIds([task_id])).toBe(`task_ids[0] ${ID_RULE}.`);
    // Quadratic time would be minutes.
    expect(performance.now() - startMs).toBeLessThan(5000);
  });
});

describe('wait_seconds', () => {
  test.each([0, 1, 50])('%j counts', (wait_seconds) => {
    expect(parse({ task_id: 'a', wait_seconds })).toMatchObject({
      waitSeconds: wait_seconds,
      askedWaitSeconds: wait_seconds,
    });
  });

  test.each([
    ['0', 0],
    ['10', 10],
    [' 10 ', 10],
    ['50.0', 50],
    ['007', 7],
  ])('as the string %j it counts', (wait_seconds, waitSeconds) => {
    expect(parse({ task_id: 'a', wait_seconds })).toMatchObject({ waitSeconds });
  });

  test.each([51, 60, 300, 50.5, 1e308, '51', '300', '9'.repeat(400)])(
    '%j is above the maximum and counts as it',
    (wait_seconds) => expect(parse({ task_id: 'a', wait_seconds })).toMatchObject({ waitSeconds: 50 }),
  );

  test('above a maximum of 0 it counts as 0', () => {
    const never = z.strictObject({ task_id: taskIdSchema, wait_seconds: waitSecondsSchema(0) });
    const parsed = parseArguments(never, { task_id: 'a', wait_seconds: 50 }, 0);
    expect(parsed).toEqual({ ids: ['a'], waitSeconds: 0, askedWaitSeconds: 50 });
  });

  test.each([undefined, null])('%j counts as absent', (wait_seconds) => {
    expect(parse({ task_id: 'a', wait_seconds })).toMatchObject({ waitSeconds: 0, askedWaitSeconds: 0 });
  });

  test.each([-1, 1.5, -1e308, '-1', '1.5', '1e1', '0x10', 'ten', '', ' ', true, [], {}, Number.NaN])(
    '%j is refused',
    (wait_seconds) => expect(refusal({ task_id: 'a', wait_seconds })).toBe(`wait_seconds ${WAIT_RULE}.`),
  );
});

describe('task_ids', () => {
  test.each<[string, unknown, string[]]>([
    ['a list', ['a', 'b'], ['a', 'b']],
    ['a list of ids within quotes, backticks or white space', ['"a"', '`b`', " 'c' "], ['a', 'b', 'c']],
    ['one id', 'a', ['a']],
    ['one id within quotes', '"a"', ['a']],
    ['a JSON list in a string', '["a", "b"]', ['a', 'b']],
    ['a JSON list in a string, with white space around it and in it', '\n[ "a" ,\n "b" ]\n', ['a', 'b']],
    ['a JSON list in a string, of ids within quotes', '["`a`", "\\"b\\"", " c "]', ['a', 'b', 'c']],
    ['a JSON string that is one id', '"\\"a\\""', ['a']],
    ['a list as Python prints it', "['a', 'b']", ['a', 'b']],
    ['a list without quotes', '[a, b]', ['a', 'b']],
    ['a list with a comma too many', '["a", "b",]', ['a', 'b']],
    ['ids with commas between', 'a,b,c', ['a', 'b', 'c']],
    ['ids with commas and blanks between', 'a, b , c', ['a', 'b', 'c']],
    ['ids with white space between', 'a b\nc\td', ['a', 'b', 'c', 'd']],
    ['ids within quotes, with commas between', '"a", "b"', ['a', 'b']],
    ['ids with a comma too many', ',a,,b,', ['a', 'b']],
  ])('as %s', (_name, task_ids, ids) => expect(idsOf(task_ids)).toEqual(ids));

  test('a list as long as allowed, also as a string', () => {
    const ids = Array.from({ length: 100 }, (_, index) => `${'x'.repeat(125)}${index}`);
    expect(idsOf(ids)).toEqual(ids);
    expect(idsOf(JSON.stringify(ids))).toEqual(ids);
    expect(idsOf(ids.join(', '))).toEqual(ids);
  });

  test('each id once, as it was asked for first, without regard to case', () => {
    expect(idsOf(['a', 'B', 'A', 'b', ' a '])).toEqual(['a', 'B']);
  });

  test('the one bad id is named by its position', () => {
    expect(refusalOfIds(['a', 'b', 'c/d', 'e'])).toBe(`task_ids[2] ${ID_RULE}.`);
    expect(refusalOfIds([null])).toBe(`task_ids[0] ${ID_RULE}.`);
    expect(refusalOfIds(['a', 5])).toBe(`task_ids[1] ${ID_RULE}.`);
    expect(refusalOfIds(['a,b'])).toBe(`task_ids[0] ${ID_RULE}.`);
  });

  test.each([
    ['["a", null]', 1],
    ['["a", 5]', 1],
    ['["a", ["b"]]', 1],
    ['a, https://h.example/b', 1],
    ['{"task_ids":["a"]}', 0],
  ])('in the string %j the bad id is named by its position', (task_ids, position) => {
    expect(refusalOfIds(task_ids)).toBe(`task_ids[${position}] ${ID_RULE}.`);
  });

  test('of many bad ids three are named, and the others counted', () => {
    expect(refusalOfIds(Array.from({ length: 100 }, () => '/'))).toBe(
      `task_ids[0] ${ID_RULE}; task_ids[1] ${ID_RULE}; task_ids[2] ${ID_RULE} (and 97 more).`,
    );
  });

  test.each<[string, unknown]>([
    ['absent', undefined],
    ['null', null],
    ['a number', 5],
    ['an object', {}],
    ['true', true],
    ['an empty list', []],
    ['an empty string', ''],
    ['white space', ' \n'],
    ['an empty list in a string', '[]'],
    ['commas alone', ', ,'],
    ['a list of 101', Array.from({ length: 101 }, () => 'a')],
    ['101 ids in a string', 'a '.repeat(101)],
  ])('%s is no list of 1 to 100', (_name, task_ids) => {
    expect(refusalOfIds(task_ids)).toBe(`task_ids ${LIST_RULE}.`);
  });

  test('the schema that clients see has the bounds', () => {
    expect(batch.listing.inputSchema).toHaveProperty('properties.task_ids', {
      type: 'array',
      minItems: 1,
      maxItems: 100,
      items: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,128}$' },
      description: expect.any(String),
    });
  });
});

describe('the whole', () => {
  test.each(['task_id', '{"task_id":"a"}', 5, true, [], ['a'], [{ task_id: 'a' }]])(
    '%j is no arguments object',
    (args) => {
      expect(refusal(args)).toBe('arguments must be an object.');
    },
  );

  test.each([undefined, null, {}])('%j lacks what is required', (args) => {
    expect(refusal(args)).toBe(`task_id ${ID_RULE}.`);
  });

  test('an unknown argument that is null counts as absent', () => {
    const args = { task_id: 'a', wait_seconds: null, reason: null, constructor: null };
    expect(parse(args)).toEqual({ ids: ['a'], waitSeconds: 0, askedWaitSeconds: 0 });
  });

  test.each(['id', 'taskId', 'task_ids', 'constructor', '__proto__', 'toString', ''])(
    'the unknown argument %j is named',
    (name) => {
      expect(refusal(JSON.parse(`{"task_id":"a",${JSON.stringify(name)}:1}`))).toBe(`unknown argument "${name}".`);
    },
  );

  test.each(['', false, 0, [], {}])('an unknown argument with the value %j is named', (value) => {
    expect(refusal({ task_id: 'a', reason: value })).toBe('unknown argument "reason".');
  });

  test('an unknown argument is named in clean text of a bearable length', () => {
    expect(refusal({ task_id: 'a', '\u001b[31m\u202e\n': 1 })).toBe('unknown argument "".');
    expect(refusal({ task_id: 'a', ['x'.repeat(1000)]: 1 })).toBe(`unknown argument "${'x'.repeat(39)}…".`);
  });

  test('of many unknown arguments three are named', () => {
    expect(refusal({ task_id: 'a', b: 1, c: 1, d: 1, e: 1, f: 1 })).toBe('unknown argument "b", "c", "d".');
  });

  test('everything that is wrong is told at once', () => {
    expect(refusal({ task_id: '/', wait_seconds: -1, x: 1 })).toBe(
      `task_id ${ID_RULE}; wait_seconds ${WAIT_RULE}; unknown argument "x".`,
    );
  });

  test('a prototype that somebody sent is none', () => {
    expect(refusal(JSON.parse('{"__proto__":{"task_id":"a"}}'))).toContain(`task_id ${ID_RULE}`);
  });
});
