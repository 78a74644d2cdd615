import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Processes are spawned and real seconds pass, on machines with two slow cores.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Most files wait more than they compute.
    maxWorkers: 2,
    sequence: { shuffle: true },
    // A dot for each test; failures are told in full at the end, and on GitHub also beside the code.
    reporters: process.env.GITHUB_ACTIONS ? ['dot', 'github-actions'] : ['dot'],
  },
});
