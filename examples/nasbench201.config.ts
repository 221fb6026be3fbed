import { defineConfig } from 'nascent';

// Searches the 15,625 cells of NAS-Bench-201 without training any: their results are looked up in the published
// table (docs/guide/benchmarks.md). The reward is the validation accuracy after 12 epochs.
export default defineConfig({
  space: { use: 'nas-bench-201' },
  evaluator: { use: 'nas-bench-201', options: { dataset: 'cifar10', reward: 'val12' } },
  strategy: { use: 'policy-gradient' },
  reward: { kind: 'accuracy', lastEpochs: 1 },
  trials: 500, // more than the budget allows of the cheapest cells
  budget: { seconds: 12_000 }, // simulated; about 106 average cells
  // The preset `strong` was chosen on seeds 0 to 99: a comparison uses others.
  compare: { strategies: ['paper', 'strong', 'random', 'evolution'], seeds: 20, firstSeed: 100 },
});
