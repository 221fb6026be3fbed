import { defineConfig } from 'nascent';

// Small children on a part of CIFAR-10, so that two cores train three dozen of them in about five minutes.
export default defineConfig({
  space: {
    use: 'convolutional',
    options: { filterHeight: [1, 3, 5], filterWidth: [1, 3, 5], filterCount: [8, 16, 24, 32] },
    arguments: { layers: 3 },
  },
  evaluator: {
    use: 'image-classifier',
    options: {
      dataset: { name: 'cifar10', trainExamples: 4000, validationExamples: 1000 },
      epochs: 3,
      batchSize: 50,
      learningRate: 0.1,
      schedule: 'cosine',
      // Augmentation pays in long trainings; three epochs are better spent on the images as they are.
      flip: false,
      upsample: null,
    },
  },
  // With fewer than 1,000 trials this is the preset `strong` (docs/guide/strategies.md).
  strategy: { use: 'policy-gradient' },
  trials: 36,
  workers: 2,
  limits: { secondsPerTrial: 60 },
});
