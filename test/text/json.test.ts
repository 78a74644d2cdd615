import { describe, expect, test } from 'vitest';
import { parseJson } from '../../src/text/json.js';

describe('parseJson', () => {
  test('keeps integers that a number cannot hold, as strings of their digits', () => {
    expect(parseJson('{"a":829836802793406551,"b":[-829836802793406551 , 1],"c": 9007199254740993}')).toEqual({
      a: '829836802793406551',
      b: ['-829836802793406551', 1],
      c: '9007199254740993',
    });
    expect(parseJson('829836802793406551')).toBe('829836802793406551');
  });

  test('leaves other numbers alone', () => {
    for (const text of ['9007199254740991', '1740969535.3331234567890123', '1e999', '1234567890123456789e3']) {
      expect(parseJson(`[829836802793406551,${text}]`)).toEqual(['829836802793406551', JSON.parse(text)]);
    }
  });

  test('leaves the digits in strings alone, whatever stands around them', () => {
    const texts = ['829836802793406551', ':829836802793406551,', '\\":829836802793406551', '"829836802793406551', '\\'];
    for (const text of texts) expect(parseJson(JSON.stringify({ [text]: text, n: 1 }))).toEqual({ [text]: text, n: 1 });
    expect(parseJson(`{"a":"\\\\","b":829836802793406551}`)).toEqual({ a: '\\', b: '829836802793406551' });
  });

  test('is undefined for what is not JSON', () => {
    for (const text of ['', '{', '829836802793406551,', '[00829836802793406551]', '[+829836802793406551]']) {
      expect(parseJson(text)).toBeUndefined();
    }
  });

  test('handles 8 MiB of escapes and quotes quickly', () => {
    const text = '\\"'.repeat(4_000_000);
    expect(parseJson(`["${text}",829836802793406551]`)).toEqual(['"'.repeat(4_000_000), '829836802793406551']);
  });
});
