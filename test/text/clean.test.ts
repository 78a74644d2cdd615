import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanLine, cleanText, cutText, REDACTED, redactor } from '../../src/text/clean.js';

describe('cleanText', () => {
  const REMOVED: [string, string][] = [
    ['a C0 control', '\u0000'],
    ['a C1 control', '\u0085'],
    ['an ANSI colour', '\u001b[31m'],
    ['an ANSI title', '\u001b]0;title\u0007'],
    ['a bare escape', '\u001b'],
    ['a bidi override', '\u202e'],
    ['a bidi isolate', '\u2066'],
    ['a zero-width space', '\u200b'],
    ['a byte order mark', '\ufeff'],
    ['a soft hyphen', '\u00ad'],
    ['a Unicode tag', '\u{e0041}'],
    ['a variation selector that can carry data', '\u{e0101}'],
    ['an invisible operator', '\u2062'],
    ['a Hangul filler', '\u3164'],
  ];
  test.each(REMOVED)('removes %s', (_, hidden) => expect(cleanText(`a${hidden}b`)).toBe('ab'));

  const KEPT: [string, string][] = [
    ['newline and tab', 'a\n\tb'],
    ['joined emoji', '👩‍👩‍👧 ❤️ 🏳️‍🌈'],
    ['the joiners of scripts', 'می‌خواهم क्‍ष'],
    ['Chinese', '镜头缓缓旋转。'],
    ['Arabic with its number sign', '\u0600123 مرحبا'],
    ['combining marks', 'e\u0301 ก็'],
    ['the direction marks of scripts', '\u05e9\u200f! \u200e5 \u061c'],
    ['the flags of England, Scotland and Wales', '🏴󠁧󠁢󠁥󠁮󠁧󠁿🏴󠁧󠁢󠁳󠁣󠁴󠁿🏴󠁧󠁢󠁷󠁬󠁳󠁿'],
  ];
  test.each(KEPT)('keeps %s', (_, text) => expect(cleanText(text)).toBe(text));

  test('makes a line break of a carriage return, with a newline or alone', () => {
    expect(cleanText('a\rb\r\nc\n\rd')).toBe('a\nb\nc\n\nd');
  });

  test('replaces lone surrogates', () => expect(cleanText('a\ud800b\udc00')).toBe('a\ufffdb\ufffd'));

  test('leaves nothing to remove, whatever the input', () => {
    const piece = fc.constantFrom(
      ...['\u001b', '[', ']', '31m', '\u0007', '\u200b', '\udb40', '\udc41', '\ud83d', 'a'],
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ unit: 'binary' }))), (pieces) => {
        const clean = cleanText(pieces.join(''));
        expect(clean.isWellFormed()).toBe(true);
        expect(clean).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/u);
      }),
    );
  });
});

describe('cutText', () => {
  test('leaves what fits', () => expect(cutText('abcd', 4)).toBe('abcd'));
  test('ends in an ellipsis, at most the maximum long', () => expect(cutText('abcde', 4)).toBe('abc…'));
  test('never cuts a character in half', () => expect(cutText('ab😀de', 4)).toBe('ab…'));
});

describe('cleanLine', () => {
  test('puts everything on one line and trims it', () => expect(cleanLine(' a\n\r\n\u2028 b\t', 9)).toBe('a b'));
  test('removes before it cuts', () => expect(cleanLine(`${'\u200b'.repeat(99)}abc`, 3)).toBe('abc'));
});

describe('redactor', () => {
  const TOKEN = 'se-Cr/et.4f9c+1e=';
  const redact = redactor(TOKEN);

  test('replaces every occurrence', () => expect(redact(`${TOKEN}x${TOKEN}`)).toBe(`${REDACTED}x${REDACTED}`));
  test('without regard to case', () => expect(redact(TOKEN.toUpperCase())).toBe(REDACTED));
  test('treats no character of the token as a pattern', () => {
    expect(redact(TOKEN.replace('.', 'x'))).toBe(TOKEN.replace('.', 'x'));
  });
  test('leaves everything alone without a token', () => expect(redactor(undefined)('abc')).toBe('abc'));
});
