import { defineConfig } from 'nascent';

// Small children, really trained on a part of CIFAR-10, so that 2,000 trials of four strategies cost minutes and not
// days: npx nascent compare bench/learning/real-training.config.ts --out DIR
export default defineConfig({
  space: {
    use: 'convolutional',
    options: { filterHeight: [1, 3, 5], filterWidth: [1, 3, 5], filterCount: [4, 8, 12, 16] },
    arguments: { layers: 3 },
  },
  evaluator: {
    use: 'image-classifier',
    options: {
      dataset: { name: 'cifar10', trainExamples: 1200, validationExamples: 1000 },
      epochs: 2,
      batchSize: 50,
      learningRate: 0.1,
      schedule: 'cosine',
    },
  },
  strategy: { use: 'policy-gradient' },
  reward: { kind: 'accuracy', lastEpochs: 1 },
  trials: 100,
  workers: 2,
  limits: { secondsPerTrial: 60 },
  compare: { strategies: ['paper', 'strong', 'random', 'evolution'], seeds: 5, firstSeed: 1 },
});
