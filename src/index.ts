#!/usr/bin/env node
import * as module from 'node:module';
import { join } from 'node:path';

// Keeps compiled code from one start to the next, if Node supports it (22.8 and later) and may write here. The cache lies
// beside the code and not in the temporary folder, where other users could plant code.
if ('enableCompileCache' in module && typeof module.enableCompileCache === 'function') {
  module.enableCompileCache(join(import.meta.dirname, '..', '.cache'));
}
// Imported dynamically, because a static import would be evaluated before the cache is enabled.
void import('./main.js');
