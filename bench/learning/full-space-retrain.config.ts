import { defineConfig } from 'nascent';
import search from './full-space.config.ts';

// How a winner of full-space.config.ts is finished: more images and epochs, with the paper's augmentation and
// schedule. nascent retrain TOKENS --config bench/learning/full-space-retrain.config.ts
export default defineConfig({
  ...search,
  evaluator: {
    use: 'image-classifier',
    options: {
      dataset: { name: 'cifar10', trainExamples: 8000, validationExamples: 2000 },
      epochs: 4,
      batchSize: 64,
      learningRate: 0.05,
      schedule: 'step',
    },
  },
  workers: 2,
  retrain: {
    grid: {
      learningRate: [0.1, 0.03],
      weightDecay: [1e-4, 1e-3],
      batchNormEpsilon: [1e-5, 1e-3],
      decayAt: [[0.5, 0.75]],
    },
    final: { epochs: 24 },
    checkpointEvery: 3,
  },
});
