import { defineConfig } from 'nascent';

// The synchronous side of bench/scale/README.md: the same search as simulated-trials.ts --table, by one process.
export default defineConfig({
  space: { use: 'nas-bench-201' },
  evaluator: { use: 'nas-bench-201', options: { dataset: 'cifar10', reward: 'val12' } },
  strategy: { use: 'policy-gradient', options: { preset: 'paper' } },
  reward: { kind: 'accuracy', lastEpochs: 1 },
  trials: 8000,
  compare: { strategies: ['paper', 'random'], seeds: 3, firstSeed: 1 },
});
