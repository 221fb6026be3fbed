import { defineConfig } from 'nascent';
import { strongVariants } from './strong-variants.ts';

// The same variants on NAS-Bench-Macro: one training is the reward, the mean of three the final score.
export default defineConfig({
  space: { use: 'nas-bench-macro' },
  evaluator: { use: 'nas-bench-macro' },
  strategy: { use: 'policy-gradient' },
  reward: { kind: 'accuracy', lastEpochs: 1 },
  trials: 100,
  compare: { strategies: strongVariants, seeds: 100, firstSeed: 0 },
});
