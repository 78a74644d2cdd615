import { expect, test } from 'vitest';
import { browserPath } from './support/browser.js';
import { viewHtml } from './support/view-host.js';

test('the page is one small document that needs no other file', async () => {
  const page = await viewHtml();
  // Hosts keep it in memory, and some show it for every result.
  expect(Buffer.byteLength(page)).toBeLessThanOrEqual(30 * 1024);
  expect(page).toMatch(/^<!doctype html>/);
  expect(page).not.toMatch(/<link|<img|<iframe|@import|url\(|\bimport\b|sourceMappingURL/);
});

test('a browser is there where one is required', () => {
  if (browserPath) return;
  process.stderr.write('No Chrome, Chromium or Edge was found: the view was not tested in a browser.\n');
  expect(process.env.REQUIRE_BROWSER, 'REQUIRE_BROWSER is set').toBeUndefined();
});
