import { defineConfig } from 'nascent';
import { strongVariants } from './strong-variants.ts';

// What makes `strong` strong, on NAS-Bench-201: decided by validation accuracy after 200 epochs, seeds 0 to 99.
export default defineConfig({
  space: { use: 'nas-bench-201' },
  evaluator: { use: 'nas-bench-201' },
  strategy: { use: 'policy-gradient' },
  reward: { kind: 'accuracy', lastEpochs: 1 },
  trials: 500,
  budget: { seconds: 12_000 },
  compare: { strategies: strongVariants, seeds: 100, firstSeed: 0 },
});
