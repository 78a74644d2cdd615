import { describe, expect, test } from 'vitest';
import { CODES, KlingError } from '../../src/kling/api/error.js';
import { toErrorResult, toResult, withFilesThatFit } from '../../src/tools/result.js';
import { lookupError } from '../support/error-texts.js';

const textOf = (error: KlingError) => {
  const { content, isError, structuredContent } = toErrorResult(error);
  expect(isError).toBe(true);
  expect(structuredContent).toBeUndefined();
  expect(content).toEqual([{ type: 'text', text: expect.any(String) }]);
  return String(content[0]?.type === 'text' && content[0].text);
};

test('a result is the structure and one text block with the same compact JSON', () => {
  expect(toResult({ a: [1, 'ä'] })).toEqual({
    content: [{ type: 'text', text: '{"result":{"a":[1,"ä"]}}' }],
    structuredContent: { result: { a: [1, 'ä'] } },
  });
});

test('a task drops files from the end where a text of 32,000 characters has no room for them, and counts them', () => {
  const url = `https://cdn.example/${'x'.repeat(4000)}`;
  const other_media = Array.from({ length: 20 }, (_, index) => ({ kind: 'image' as const, url: `${url}${index}` }));
  const task = { task_id: 'a', status: 'completed' as const, other_media, left_out: 3 };
  const fitting = withFilesThatFit(task);
  expect(JSON.stringify({ result: fitting }).length).toBeLessThanOrEqual(32_000);
  expect(fitting).toEqual({ ...task, other_media: other_media.slice(0, 7), left_out: 3 + 13 });
  expect(task.other_media).toHaveLength(20);
});

describe('an error', () => {
  test.each([...CODES.keys()])('%s of any length keeps its code, advice and trace id within 500 characters', (code) => {
    const error = new KlingError(code, 'words \u001b[31mand words '.repeat(100), { traceId: 't'.repeat(64) });
    const text = textOf(error);
    expect(text.length).toBeLessThanOrEqual(500);
    expect(text.startsWith(`[${code}] `)).toBe(true);
    expect(text).toContain('words and words');
    expect(text.endsWith(`… ${error.hint} (trace_id ${'t'.repeat(64)})`.replace('  ', ' '))).toBe(true);
  });

  test.each(['invalid_arguments', 'configuration', 'task_not_found', 'internal_error'])(
    '%s is not told as a failed lookup',
    (code) => expect(textOf(new KlingError(code, 'What.', { hint: 'Do.' }))).toBe(`[${code}] What. Do.`),
  );

  test.each(['invalid_token', 'used_up', 'too_many_requests', 'network_error', 'timeout', 'bad_response', 'http_418'])(
    '%s is told as a failed lookup, which says nothing about the task',
    (code) => expect(textOf(new KlingError(code, 'What.', { hint: 'Do.' }))).toBe(lookupError(code, 'What. Do.')),
  );
});
