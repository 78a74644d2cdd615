#!/usr/bin/env node
import { accessSync, constants } from 'node:fs';
import * as module from 'node:module';
import { join } from 'node:path';

/**
 * Keeps compiled code from one start to the next, where Node can (22.8 and later). It lies beside the code, not in the
 * temporary folder: whoever could plant something there could change the code itself. A folder that cannot be written
 * to is left alone.
 */
function enableCompileCache(): void {
  if (!('enableCompileCache' in module) || typeof module.enableCompileCache !== 'function') return;
  const folder = join(import.meta.dirname, '..');
  try {
    accessSync(folder, constants.W_OK);
    module.enableCompileCache(join(folder, '.cache'));
  } catch {
    // Started without the cache, it is only slower.
  }
}

enableCompileCache();
// Loaded after the cache is there: a static import would be evaluated before it.
void import('./main.js');
