import { expect, test } from 'vitest';
import { rehearse } from '../src/rehearsal.js';

test('the rehearsal goes through a lookup to its end, with no network', async () => {
  // In the server its failure stays unseen: the first call would only be slower.
  await expect(rehearse()).resolves.toBeUndefined();
});
