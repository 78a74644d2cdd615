import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { KlingError } from '../../src/kling/api/error.js';
import { parseArguments, taskIdSchema, taskIdsSchema, waitSecondsSchema } from '../../src/tools/arguments.js';

const ID_RULE = 'must be one bare task id (1 to 128 letters, digits, "-" or "_"), without quotes or URL';
const WAIT_RULE = 'must be a whole number of seconds from 0 to 50';
const LIST_RULE = 'must be a list of 1 to 100 task ids';

const one = z.object({ task_id: taskIdSchema, wait_seconds: waitSecondsSchema(50) });
const many = z.object({ task_ids: taskIdsSchema });

const parse = (args: unknown) => parseArguments(one, args);
const idsOf = (task_ids: unknown) => parseArguments(many, { task_ids }).task_ids;
const waitOf = (wait_seconds: unknown) => parse({ task_id: 'a', wait_seconds }).wait_seconds;

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

describe('task_id', () => {
  test.each(['a', '20068983-0cc9-4c6a-aeb6-9c6a3c668be0', 'A_b-9', '0', 'null', 'x'.repeat(128)])('%j is one', (id) => {
    expect(parse({ task_id: id })).toEqual({ task_id: id, wait_seconds: 0 });
  });

  test.each([' abc ', '\u00a0abc\ufeff', '"abc"', "'abc'", '```abc```', '" abc "', '\\"abc\\"', '“abc”', '"abc'])(
    'the white space and quotes of %j are forgiven',
    (task_id) => expect(parse({ task_id }).task_id).toBe('abc'),
  );

  test.each([
    ...['', ' ', '""', 'a b', 'a/b', '../a', 'a?b', 'ä', 'a\u0000', 'a"b', 'a\nb', 'a,b', '<abc>'],
    ...['x'.repeat(129), 'https://a/b', '{"id":1}', '["a"]', undefined, null, 5, true, ['a'], { id: 'a' }],
  ])('%j is none', (task_id) => expect(refusalOf(() => parse({ task_id }))).toBe(`task_id ${ID_RULE}.`));

  test.each([
    ['quotes', '"'.repeat(2_000_000)],
    ['white space between letters', `x${' '.repeat(2_000_000)}x`],
  ])('megabytes of %s are refused in no time', (_name, task_id) => {
    const startMs = performance.now();
    expect(refusalOf(() => parse({ task_id }))).toBe(`task_id ${ID_RULE}.`);
    expect(refusalOf(() => idsOf([task_id]))).toBe(`task_ids[0] ${ID_RULE}.`);
    // Quadratic time would be minutes.
    expect(performance.now() - startMs).toBeLessThan(5000);
  });
});

describe('wait_seconds', () => {
  test.each<[unknown, number]>([
    [0, 0],
    [1, 1],
    [50, 50],
    ['0', 0],
    [' 10 ', 10],
    ['50.0', 50],
    ['007', 7],
  ])('%j counts as %d', (wait_seconds, seconds) => expect(waitOf(wait_seconds)).toBe(seconds));

  test.each([51, 300, 50.5, 1e308, '51', '9'.repeat(400)])('%j is above the maximum and counts as it', (wait_seconds) =>
    expect(waitOf(wait_seconds)).toBe(50),
  );

  test('above a maximum of 0 it counts as 0', () => {
    const never = z.object({ wait_seconds: waitSecondsSchema(0) });
    expect(parseArguments(never, { wait_seconds: 50 })).toEqual({ wait_seconds: 0 });
  });

  test.each([undefined, null, '', ' ', 'null', 'None', 'undefined', 'NULL'])('%j counts as absent', (wait_seconds) => {
    expect(waitOf(wait_seconds)).toBe(0);
  });

  test.each([-1, 1.5, -1e308, '-1', '1.5', '1e1', '0x10', 'ten', true, [], {}, Number.NaN])(
    '%j is refused',
    (wait_seconds) => expect(refusalOf(() => waitOf(wait_seconds))).toBe(`wait_seconds ${WAIT_RULE}.`),
  );
});

describe('task_ids', () => {
  test.each<[string, unknown, string[]]>([
    ['a list', ['a', 'b'], ['a', 'b']],
    ['a list of ids within quotes, backticks or white space', ['"a"', '`b`', " 'c' "], ['a', 'b', 'c']],
    ['one id', 'a', ['a']],
    ['one id within quotes', '"a"', ['a']],
    ['a JSON list in a string, with white space around it and in it', '\n[ "a" ,\n "b" ]\n', ['a', 'b']],
    ['a JSON list in a string, of ids within quotes', '["`a`", "\\"b\\"", " c "]', ['a', 'b', 'c']],
    ['a list as Python prints it', "['a', 'b']", ['a', 'b']],
    ['a list without quotes', '[a, b]', ['a', 'b']],
    ['a list with a comma too many', '["a", "b",]', ['a', 'b']],
    ['ids with commas or white space between', 'a, b ,c\td\ne', ['a', 'b', 'c', 'd', 'e']],
    ['ids within quotes, with commas between', '"a", "b"', ['a', 'b']],
    ['ids with a comma too many', ',a,,b,', ['a', 'b']],
  ])('as %s', (_name, task_ids, ids) => expect(idsOf(task_ids)).toEqual(ids));

  test('a list as long as allowed, also as a string', () => {
    const ids = Array.from({ length: 100 }, (_, index) => `${'x'.repeat(125)}${index}`);
    expect(idsOf(ids)).toEqual(ids);
    expect(idsOf(JSON.stringify(ids))).toEqual(ids);
    expect(idsOf(ids.join(', '))).toEqual(ids);
  });

  test.each<[unknown, number]>([
    [['a', 'b', 'c/d', 'e'], 2],
    [[null], 0],
    [['a', 5], 1],
    [['a,b'], 0],
    ['["a", null]', 1],
    ['["a", ["b"]]', 1],
    ['a, https://h.example/b', 1],
  ])('in %j the bad id is named by its position', (task_ids, position) => {
    expect(refusalOf(() => idsOf(task_ids))).toBe(`task_ids[${position}] ${ID_RULE}.`);
  });

  test('of many bad ids three are named, and the others counted', () => {
    expect(refusalOf(() => idsOf(Array.from({ length: 100 }, () => '/')))).toBe(
      `task_ids[0] ${ID_RULE}; task_ids[1] ${ID_RULE}; task_ids[2] ${ID_RULE} (and 97 more).`,
    );
  });

  test.each([undefined, null, 5, {}, true, [], '', ' \n', '[]', ', ,', Array(101).fill('a'), 'a '.repeat(101)])(
    '%j is no list of 1 to 100',
    (task_ids) => expect(refusalOf(() => idsOf(task_ids))).toBe(`task_ids ${LIST_RULE}.`),
  );
});

describe('the whole', () => {
  test.each(['task_id', '{"task_id":"a"}', 5, true, [], [{ task_id: 'a' }]])('%j is no arguments object', (args) => {
    expect(refusalOf(() => parse(args))).toBe('arguments must be an object.');
  });

  test.each([undefined, null, {}])('%j lacks what is required', (args) => {
    expect(refusalOf(() => parse(args))).toBe(`task_id ${ID_RULE}.`);
  });

  test('arguments that clients add of their own are ignored', () => {
    const added = { wait_for_previous: false, toolCallId: 'x', sessionId: 'y', kind: 'tool', security_context: {} };
    expect(parse({ task_id: 'a', ...added })).toEqual({ task_id: 'a', wait_seconds: 0 });
    expect(parse(JSON.parse('{"task_id":"a","__proto__":{"wait_seconds":9},"constructor":1,"":0}'))).toEqual({
      task_id: 'a',
      wait_seconds: 0,
    });
    expect(refusalOf(() => parse({ task_id: '/', kind: 'tool' }))).toBe(`task_id ${ID_RULE}.`);
    // A prototype that somebody sent is none.
    expect(refusalOf(() => parse(JSON.parse('{"__proto__":{"task_id":"a"}}')))).toContain(`task_id ${ID_RULE}`);
  });

  test('they are named where a required one is missing, which the model may have misspelt', () => {
    expect(refusalOf(() => parse({ taskId: 'a' }))).toBe(`task_id ${ID_RULE}; unknown: "taskId".`);
    expect(refusalOf(() => parse({ id: 'a', b: 1, c: 1, d: 1, wait_seconds: 5 }))).toBe(
      `task_id ${ID_RULE}; unknown: "id", "b", "c".`,
    );
    expect(refusalOf(() => parse({ '\u001b[31m\u202e\n': 1, ['x'.repeat(1000)]: 1 }))).toBe(
      `task_id ${ID_RULE}; unknown: "", "${'x'.repeat(39)}…".`,
    );
  });

  test('everything that is wrong is told at once', () => {
    expect(refusalOf(() => parse({ task_id: '/', wait_seconds: -1 }))).toBe(
      `task_id ${ID_RULE}; wait_seconds ${WAIT_RULE}.`,
    );
  });
});
