#!/usr/bin/env node
import { refuseOldNode } from './node-version.js';

/** The oldest version that will do, put here by the build: `engines` in package.json. */
declare const OLDEST_NODE: string;

// Nothing else is imported before the check, since an old Node could not even read it.
const refusal = refuseOldNode({ version: process.versions.node, path: process.execPath }, OLDEST_NODE);
if (refusal === undefined) {
  void import('./main.js');
} else {
  process.stderr.write(`${refusal}\n`);
  process.exitCode = 1;
}
