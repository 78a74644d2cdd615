import { afterAll, afterEach, expect } from 'vitest';
import { processes } from './processes.js';

// Runs in every test file, so that no case can forget it: no server shows a secret, and none is left behind.
afterEach(() => {
  for (const process of processes) {
    process.checkSecrets();
    if (process.ended) processes.delete(process);
  }
});

afterAll(() => {
  expect([...processes].filter(({ ended }) => !ended)).toHaveLength(0);
});
