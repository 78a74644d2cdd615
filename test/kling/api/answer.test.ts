import { expect, test } from 'vitest';
import { readAnswer } from '../../../src/kling/api/answer.js';

test('of two Retry-After headers the first counts', () => {
  const answer = { status: 429, headers: { 'retry-after': ['5', '6'] }, text: '' };
  expect(() => readAnswer(answer, [], (text) => text)).toThrow(
    expect.objectContaining({ code: 'too_many_requests', retryAfterMs: 5000 }),
  );
});
