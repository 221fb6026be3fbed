import { defineConfig } from 'nascent';

// The 6,561 chain networks of NAS-Bench-Macro: eight layers, three blocks each (docs/guide/benchmarks.md).
// The reward is the accuracy of the first of three recorded trainings.
export default defineConfig({
  space: { use: 'nas-bench-macro' },
  evaluator: { use: 'nas-bench-macro' },
  strategy: { use: 'policy-gradient' },
  reward: { kind: 'accuracy', lastEpochs: 1 },
  trials: 250,
});
