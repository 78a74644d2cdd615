import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineSplitter } from '../../src/mcp/lines.js';

const TOO_LONG = Symbol('too long');

/** What comes of the chunks, in order; the end of the stream included. */
function split(chunks: (string | Buffer)[], maxBytes = 1000): unknown[] {
  const seen: unknown[] = [];
  const splitter = new LineSplitter(maxBytes, {
    onLine: (line) => seen.push(line),
    onLineTooLong: () => seen.push(TOO_LONG),
  });
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return seen;
}

describe('lines', () => {
  test('several in one chunk', () => expect(split(['a\nb\nc\n'])).toEqual(['a', 'b', 'c']));
  test('one over several chunks', () => expect(split(['a', 'b', '', 'c\nd', '\n'])).toEqual(['abc', 'd']));
  test('the last needs no newline', () => expect(split(['a\nb'])).toEqual(['a', 'b']));
  test('blank ones are skipped', () => expect(split(['\n \r\n\t\n\na\n\n'])).toEqual(['a']));
  test('a carriage return is left to JSON, for which it is white space', () => {
    expect(split(['{}\r\n'])).toEqual(['{}\r']);
  });

  test('however the bytes are cut into chunks, the lines are the same', () => {
    const text = fc.array(fc.constantFrom('a', 'é', '镜', '😀', '\n', '"'), { maxLength: 60 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(200)), (characters, cuts) => {
        const bytes = Buffer.from(characters.join(''));
        const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        const lines = characters.join('').split('\n');
        expect(split(chunks)).toEqual(lines.filter((line) => line !== ''));
      }),
    );
  });
});

describe('a line that is too long', () => {
  test('the maximum itself is not', () => expect(split(['abcd\n'], 4)).toEqual(['abcd']));
  test('is reported once, and the next line is delivered', () => {
    expect(split(['a\nabcde\nb\n'], 4)).toEqual(['a', TOO_LONG, 'b']);
    expect(split(['ab', 'cd', 'ef', 'gh', 'ij\nb\n'], 4)).toEqual([TOO_LONG, 'b']);
  });
  test('is reported at the end of the stream too', () => expect(split(['abcde'], 4)).toEqual([TOO_LONG]));
  test('is measured in bytes', () => expect(split(['ééé\n', 'éé\n'], 4)).toEqual([TOO_LONG, 'éé']));
});

test('of a million bytes that arrive one at a time, each is examined once', () => {
  const byte = Buffer.from('a');
  let length = 0;
  const splitter = new LineSplitter(2_000_000, {
    onLine(line) {
      length = line.length;
    },
    onLineTooLong() {},
  });
  for (let index = 0; index < 1_000_000; index++) splitter.push(byte);
  splitter.end();
  expect(length).toBe(1_000_000);
});
