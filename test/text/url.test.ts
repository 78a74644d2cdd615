import { expect, test } from 'vitest';
import { isHttpUrl, safeUrl } from '../../src/text/url.js';

test('a URL is shown percent-encoded, without surrounding white space', () => {
  expect(safeUrl(' HTTPS://CDN.example/a b\u202e"<.mp4\n')).toBe('https://cdn.example/a%20b%E2%80%AE%22%3C.mp4');
});

test.each(['ftp://a', 'javascript:alert(1)', 'data:a,b', '//cdn.example/a', 'https:', 'https://', '', 5, null])(
  '%j is no http(s) URL',
  (value) => {
    expect(isHttpUrl(value)).toBe(false);
    expect(safeUrl(value)).toBeUndefined();
  },
);

test('a URL of more than 4,096 characters is not shown, even if only the encoding makes it that long', () => {
  expect(safeUrl(`https://a/${'x'.repeat(4000)}`)).toHaveLength(4010);
  for (const url of [`https://a/${'x'.repeat(4096)}`, `https://a/${'镜'.repeat(1000)}`]) {
    expect(isHttpUrl(url)).toBe(true);
    expect(safeUrl(url)).toBeUndefined();
  }
});
