import { writeFile } from 'node:fs/promises';
import { generatedFiles } from './docs/generated.js';

for (const [path, text] of await generatedFiles()) {
  await writeFile(path, text);
  console.log(`wrote ${path}`);
}
