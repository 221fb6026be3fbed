import { defineConfig } from 'nascent';

// The 32,768 networks of the NATS-Bench size space: five channel counts (docs/guide/benchmarks.md). The table has one
// accuracy, measured on test images: good for testing strategies, not for claims about generalisation.
export default defineConfig({
  space: { use: 'nats-bench-size' },
  evaluator: { use: 'nats-bench-size' },
  strategy: { use: 'policy-gradient' },
  reward: { kind: 'accuracy', lastEpochs: 1 },
  trials: 250,
});
