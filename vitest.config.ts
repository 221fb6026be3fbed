import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// Unit tests read the sources, so that a failing line is the line you edit.
const alias = {
  '@nascent/torch': source('./packages/torch/src/index.ts'),
  nascent: source('./packages/nascent/src/index.ts'),
};

// Set before any worker process loads the engine: with OpenMP's default wait policy the threads of
// OpenBLAS and OpenMP fight over the cores, and two test files at once run ten times slower.
process.env['OMP_WAIT_POLICY'] ??= 'passive';
// Two files run at once on two cores; whoever tests threads sets them itself.
process.env['OMP_NUM_THREADS'] ??= '1';

export default defineConfig({
  resolve: { alias },
  test: {
    pool: 'forks', // the addon belongs to one process; a native crash ends one test file only
    maxWorkers: 2,
    testTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: { name: 'torch', include: ['packages/torch/{src,test}/**/*.test.ts'] },
      },
      {
        extends: true,
        test: { name: 'nascent', include: ['packages/nascent/{src,test}/**/*.test.ts'] },
      },
    ],
  },
});
