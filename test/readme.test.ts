import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { expectedReadme } from '../scripts/test-table.js';

test('test/README.md lists the cases as the tests have them; npm run test:table writes it', async () => {
  const readme = await readFile(new URL('README.md', import.meta.url), 'utf8');
  expect(readme).toBe(await expectedReadme());
});
