import { defineConfig } from 'nascent';

// A search of the whole space (skips, strides, six types of layer) with really trained children, on a part of CIFAR-10:
// docs/experiments/full-space.
export default defineConfig({
  space: {
    use: 'convolutional',
    options: {
      skips: true,
      stride: [1, 2, 3],
      layerTypes: [
        'convolution',
        'max-pooling',
        'average-pooling',
        'contrast-normalisation',
        'separable-convolution',
        'identity',
      ],
      batchNorm: [true, false],
    },
    arguments: { layers: 6 },
  },
  evaluator: {
    use: 'image-classifier',
    options: {
      dataset: { name: 'cifar10', trainExamples: 4000, validationExamples: 2000 },
      epochs: 4,
      batchSize: 64,
      learningRate: 0.05,
      schedule: 'cosine',
      // Four epochs are too few for augmentation to pay.
      flip: false,
      upsample: null,
      whitening: 'per-channel',
      maxFlops: 30_000_000,
    },
  },
  strategy: { use: 'policy-gradient' },
  trials: 100,
  workers: 1,
});
