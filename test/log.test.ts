import { PassThrough } from 'node:stream';
import { beforeEach, expect, test } from 'vitest';
import { LOG_LEVELS, Log, type LogLevel } from '../src/log.js';

let stream: PassThrough;

beforeEach(() => {
  stream = new PassThrough({ encoding: 'utf8' });
});

const logAt = (level?: LogLevel, secret?: string) => new Log(level, secret, stream);

const written = () => stream.read() ?? '';

test.each([undefined, ...LOG_LEVELS])('the level %s tells what is as urgent or more, and never the token', (level) => {
  const log = logAt(level, 'secret-token');
  for (const each of LOG_LEVELS) log[each](`${each} about secret-token`);
  const told = LOG_LEVELS.slice(0, LOG_LEVELS.indexOf(level ?? 'warn') + 1);
  expect(written()).toBe(told.map((each) => `kling-tasks-mcp ${each}: ${each} about [redacted]\n`).join(''));
});

test('a message has no terminal sequences', () => {
  logAt().error('\u001b[2Jgo\u0000ne');
  expect(written()).toBe('kling-tasks-mcp error: gone\n');
});

test('a message of several lines cannot be mistaken for several messages', () => {
  logAt().error('Error: x\n    at y\nkling-tasks-mcp error: forged');
  expect(written()).toBe('kling-tasks-mcp error: Error: x\n      at y\n  kling-tasks-mcp error: forged\n');
});

test('a token with an invisible character in it is redacted, too', () => {
  logAt('error', 'secret-token').error('about secret\u200b-token');
  expect(written()).toBe('kling-tasks-mcp error: about [redacted]\n');
});

test('a bug is told with its stack, without the token', () => {
  logAt('error', 'secret-token').bug(new Error('unexpected: Bearer secret-token'));
  expect(written()).toMatch(/^kling-tasks-mcp error: Error: unexpected: Bearer \[redacted\]\n {2,}at /);
});
