#!/usr/bin/env node
import { accessSync, constants } from 'node:fs';
import * as module from 'node:module';
import { join } from 'node:path';

/**
 * Keeps compiled code from one start to the next, if Node supports it (22.8 and later). The cache lives beside the code
 * and not in the temporary folder, where other users could plant code; whoever can write here can change the code itself
 * anyway. If the folder is not writable, there is no cache.
 */
function enableCompileCache(): void {
  if (!('enableCompileCache' in module) || typeof module.enableCompileCache !== 'function') return;
  const folder = join(import.meta.dirname, '..');
  try {
    accessSync(folder, constants.W_OK);
    module.enableCompileCache(join(folder, '.cache'));
  } catch {
    // Without the cache, the start is only slower.
  }
}

enableCompileCache();
// Imported dynamically, because a static import would be evaluated before the cache is enabled.
void import('./main.js');
