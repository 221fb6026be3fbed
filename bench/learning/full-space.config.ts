import { defineConfig } from 'nascent';

// The whole space (skips, strides, six types of layer), with children really trained on a part of CIFAR-10:
// npx nascent compare bench/learning/full-space.config.ts --out DIR     (docs/experiments/full-space)
export default defineConfig({
  space: { use: 'cnn-full', arguments: { layers: 6 } },
  evaluator: {
    use: 'image-classifier',
    options: {
      dataset: { name: 'cifar10', trainExamples: 3000, validationExamples: 2000 },
      epochs: 3,
      batchSize: 64,
      learningRate: 0.05,
      schedule: 'cosine',
      // Three epochs are too few for augmentation to pay.
      flip: false,
      upsample: null,
      // With these the slowest child took 26 s on a core of its own (42 s beside other work).
      maxFlops: 20_000_000,
      memoryMiB: 1000,
    },
  },
  strategy: { use: 'policy-gradient' },
  trials: 100,
  workers: 2,
  limits: { secondsPerTrial: 120 },
  compare: { strategies: ['strong', 'random'], seeds: 2, firstSeed: 1 },
});
