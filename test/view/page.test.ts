import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleView } from '../../scripts/bundle-view.js';
import { browserPath } from './support/browser.js';

/** Hosts keep the page in memory, and some show it for every result. */
const MAX_BYTES = 25 * 1024;

describe('the page', () => {
  let folder: string;
  let page: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kling-view-'));
    await bundleView(folder);
    page = readFileSync(join(folder, 'view.html'), 'utf8');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('is small', () => {
    expect(Buffer.byteLength(page)).toBeLessThanOrEqual(MAX_BYTES);
  });

  test('is one document that needs no other file', () => {
    expect(page).toMatch(/^<!doctype html>/);
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page.match(/<style/g)).toHaveLength(1);
    expect(page).not.toMatch(/<link|<img|<iframe|@import|url\(|\bimport\b|sourceMappingURL/);
  });

  test('has no network of its own, no storage, no eval, no inline handlers, and makes no markup from text', () => {
    expect(page).not.toMatch(/\bfetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon/);
    expect(page).not.toMatch(/localStorage|sessionStorage|indexedDB|cookie/);
    expect(page).not.toMatch(/\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write\b/);
    expect(page).not.toMatch(/<[a-z][^>]*\son[a-z]+=/);
  });
});

test('a browser is there where one is required', () => {
  if (browserPath) return;
  process.stderr.write('No Chrome, Chromium or Edge was found: the view was not tested in a browser.\n');
  expect(process.env.REQUIRE_BROWSER, 'REQUIRE_BROWSER is set').toBeUndefined();
});
