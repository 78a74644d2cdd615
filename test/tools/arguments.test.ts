import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { KlingError } from '../../src/kling/api/error.js';
import { parseArguments, taskIdSchema, waitSecondsSchema } from '../../src/tools/arguments.js';
import { getTasksBatchTool } from '../../src/tools/get-tasks-batch.js';

const ID_RULE = 'must be a task id: 1 to 128 letters, digits, "-" or "_"';
const WAIT_RULE = 'must be a whole number of seconds from 0 to 50 (the maximum that KLING_MAX_WAIT sets)';

const one = z.strictObject({ task_id: taskIdSchema, wait_seconds: waitSecondsSchema(50) });

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
const refusal = (args: unknown) => refusalOf(() => parseArguments(one, args));

describe('task_id', () => {
  test.each(['a', '20068983-0cc9-4c6a-aeb6-9c6a3c668be0', 'A_b-9', 'x'.repeat(128)])('%j is one', (task_id) => {
    expect(parseArguments(one, { task_id })).toEqual({ task_id, wait_seconds: 0 });
  });
  test.each([' abc ', '\tabc\r\n', '\u00a0abc\ufeff'])('the white space of %j is forgiven', (task_id) => {
    expect(parseArguments(one, { task_id }).task_id).toBe('abc');
  });
  test.each(['', ' ', 'a b', 'a/b', '../a', 'a?b', 'ä', 'a\u0000', 'x'.repeat(129), 'https://a/b', '{"id":1}', 'a\nb'])(
    '%j is none',
    (task_id) => expect(refusal({ task_id })).toBe(`task_id ${ID_RULE}.`),
  );
  test.each([undefined, null, 5, true, ['a'], { id: 'a' }])('%j is none', (task_id) => {
    expect(refusal({ task_id })).toBe(`task_id ${ID_RULE}.`);
  });
});

describe('wait_seconds', () => {
  test.each([0, 1, 50])('%j counts', (wait_seconds) => {
    expect(parseArguments(one, { task_id: 'a', wait_seconds })).toEqual({ task_id: 'a', wait_seconds });
  });
  test.each([51, -1, 1.5, 1e308, '10', '', true, null, [], {}, Number.NaN])('%j is refused', (wait_seconds) => {
    expect(refusal({ task_id: 'a', wait_seconds })).toBe(`wait_seconds ${WAIT_RULE}.`);
  });
});

describe('task_ids', () => {
  const fail = async () => {
    throw new Error('looked up');
  };
  const { listing, call } = getTasksBatchTool({ task: fail, tasks: fail }, 50);
  const { signal } = new AbortController();
  const refusalOfIds = async (task_ids: unknown) => {
    const error = await call(
      { task_ids },
      { stop: { cancelled: signal, closing: signal }, takesResourceLinks: () => false },
    ).catch((reason: unknown) => reason);
    return refusalOf(() => {
      throw error;
    });
  };
  const LIST_RULE = 'task_ids must be a list of 1 to 100 task ids.';

  test('the one bad id is named by its position', async () => {
    expect(await refusalOfIds(['a', 'b', 'c/d', 'e'])).toBe(`task_ids[2] ${ID_RULE}.`);
    expect(await refusalOfIds([null])).toBe(`task_ids[0] ${ID_RULE}.`);
  });
  test('of many bad ids three are named, and the others counted', async () => {
    expect(await refusalOfIds(Array.from({ length: 100 }, () => '/'))).toBe(
      `task_ids[0] ${ID_RULE}; task_ids[1] ${ID_RULE}; task_ids[2] ${ID_RULE} (and 97 more).`,
    );
  });
  test.each([undefined, null, 'a', '["a"]', {}, [], Array.from({ length: 101 }, () => 'a')])(
    '%j is no list of 1 to 100',
    async (task_ids) => expect(await refusalOfIds(task_ids)).toBe(LIST_RULE),
  );
  test('the schema that clients see has the bounds', () => {
    expect(listing.inputSchema.properties?.task_ids).toMatchObject({ type: 'array', minItems: 1, maxItems: 100 });
  });
});

describe('the whole', () => {
  test.each([null, 'task_id', 5, true, ['a']])('%j is no arguments object', (args) => {
    expect(refusal(args)).toBe('arguments must be an object.');
  });
  test('absent arguments are an empty object', () => expect(refusal(undefined)).toBe(`task_id ${ID_RULE}.`));

  test.each(['id', 'taskId', 'constructor', '__proto__', 'toString', ''])(
    'the unknown argument %j is named',
    (name) => {
      expect(refusal(JSON.parse(`{"task_id":"a",${JSON.stringify(name)}:1}`))).toBe(`unknown argument "${name}".`);
    },
  );
  test('an unknown argument is named in clean text of a bearable length', () => {
    expect(refusal({ task_id: 'a', '\u001b[31m\u202e\n': 1 })).toBe('unknown argument "".');
    expect(refusal({ task_id: 'a', ['x'.repeat(1000)]: 1 })).toBe(`unknown argument "${'x'.repeat(39)}…".`);
  });
  test('of many unknown arguments three are named', () => {
    expect(refusal({ task_id: 'a', b: 1, c: 1, d: 1, e: 1, f: 1 })).toBe('unknown argument "b", "c", "d".');
  });
  test('everything that is wrong is told at once', () => {
    expect(refusal({ task_id: '/', wait_seconds: 51, x: 1 })).toBe(
      `task_id ${ID_RULE}; wait_seconds ${WAIT_RULE}; unknown argument "x".`,
    );
  });
  test('a prototype that somebody sent is none', () => {
    expect(refusal(JSON.parse('{"__proto__":{"task_id":"a"}}'))).toContain(`task_id ${ID_RULE}`);
  });
});
