import { nativeBytes, peakNativeBytes } from '@nascent/torch';
import { ImageTensors, type Recipe, recipeSchema, trainClassifier } from '../src/child/index.ts';
import { ConvolutionalNetwork } from '../src/child/network/convolutional-network.ts';
import { randomStream } from '../src/random.ts';
import {
  type ConvolutionalArchitecture,
  convolutional,
  type ImageInput,
  LAYER_KINDS,
  type NetworkPlan,
  sampleUniformly,
} from '../src/search-space/index.ts';

export interface MeasuredTraining {
  readonly precision: Recipe['precision'];
  /** Images of a training batch. */
  readonly batchSize: number;
  /** Images scored after the epoch, in one batch: at most that of `accuracyOf`. */
  readonly scored: number;
}

/**
 * Trains a network for two steps and scores it.
 * @returns the most bytes of tensors held at once, besides what was held before
 */
export async function measuredTrainingBytes(
  plan: NetworkPlan,
  { precision, batchSize, scored }: MeasuredTraining,
): Promise<number> {
  const examples = Math.max(2 * batchSize, scored);
  const data = imagesOfNoise(plan.image, examples);
  const before = nativeBytes();
  peakNativeBytes({ reset: true });
  const network = new ConvolutionalNetwork(plan, { seed: 0 });
  const indices = Int32Array.from({ length: examples }, (_, i) => i);
  const recipe = recipeSchema.parse({ epochs: 1, batchSize, learningRate: 1e-3, precision });
  await trainClassifier(
    network,
    { data, train: indices.subarray(0, 2 * batchSize), validation: indices.subarray(0, scored) },
    recipe,
    { seed: 0, signal: new AbortController().signal, limitMs: null, report: () => undefined },
  );
  const peak = peakNativeBytes() - before;
  network.dispose();
  data.dispose();
  return peak;
}

/** Images of random bytes, for the caller to dispose. */
export function imagesOfNoise(
  { channels, height, width, classes }: ImageInput,
  examples: number,
): ImageTensors {
  const stream = randomStream(0, 'noise');
  const bytes = (length: number, below: number) => Uint8Array.from({ length }, () => stream.integer(below));
  return new ImageTensors(
    {
      name: 'noise',
      part: 'train',
      images: bytes(examples * channels * height * width, 256),
      labels: bytes(examples, classes),
      classes: Array.from({ length: classes }, (_, label) => `${label}`),
      channels,
      height,
      width,
      checksum: '',
    },
    {
      preprocessing: {
        kind: 'per-channel',
        mean: new Array<number>(channels).fill(0.5),
        deviation: new Array<number>(channels).fill(0.25),
      },
    },
  );
}

const spaces = [
  convolutional({ skips: true }),
  convolutional({ skips: true, stride: [1, 2, 3] }),
  convolutional({ layerTypes: [...LAYER_KINDS], stride: [1, 2], batchNorm: [true, false], skips: true }),
  convolutional({ skips: true, blockLayers: 2, poolAfter: [1, 2] }),
];

/** Random networks of four spaces in turn: skips; strides as well; every type of layer; blocks with fixed pooling. */
export function variousArchitecture(number: number): ConvolutionalArchitecture {
  const space = spaces[number % spaces.length] ?? convolutional();
  const layers = 2 + (number % 7);
  return space.decode(sampleUniformly(space, { layers }, randomStream(17, 'various', number)));
}
