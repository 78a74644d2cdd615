import { expect, test } from 'vitest';
import { hrefOf } from '../../src/text/url.js';

test('a URL is shown percent-encoded, without surrounding white space', () => {
  expect(hrefOf(' HTTPS://CDN.example/a b\u202e"<.mp4\n')).toBe('https://cdn.example/a%20b%E2%80%AE%22%3C.mp4');
});

test.each(['ftp://a', 'javascript:alert(1)', 'data:a,b', '//cdn.example/a', 'https:', 'https://', '', 5, null])(
  '%j is no http(s) URL',
  (value) => expect(hrefOf(value)).toBeUndefined(),
);
