/** Random networks of every kind that the convolutional spaces can make, for property tests. */
import fc from 'fast-check';
import { randomStream } from '../src/random.ts';
import {
  builtInSpace,
  type ConvolutionalArchitecture,
  type ConvolutionalSpace,
  convolutional,
  convolutionalPresets,
  LAYER_KINDS,
  type Sample,
  sampleUniformly,
} from '../src/search-space/index.ts';

export interface SampledNetwork {
  readonly space: ConvolutionalSpace;
  readonly layers: number;
  readonly sample: Sample;
  readonly architecture: ConvolutionalArchitecture;
}

/** The presets, and spaces that mix what the presets keep apart. */
export const mixedSpaces: ReadonlyMap<string, ConvolutionalSpace> = new Map([
  ['chain', convolutional()],
  ...[...convolutionalPresets.keys()].map((name): [string, ConvolutionalSpace] => [
    name,
    builtInSpace(name) as ConvolutionalSpace,
  ]),
  [
    'everything',
    convolutional({
      skips: true,
      stride: [1, 2, 3],
      layerTypes: LAYER_KINDS,
      batchNorm: [true, false],
      blockLayers: 2,
      poolAfter: [1, 3, 4],
      learningRate: [0.1, 0.03, 0.01],
    }),
  ],
  [
    'chain of all types',
    convolutional({ layerTypes: LAYER_KINDS, stride: [1, 2, 3], poolStride: [1, 2, 3], poolAfter: [2] }),
  ],
  ['even filters', convolutional({ skips: true, filterHeight: [2, 4], filterWidth: [1, 6], stride: [2, 3] })],
]);

/** A uniform sample of one of these spaces, with 1 to `most` predicted layers. */
export function sampledNetworks(most = 9): fc.Arbitrary<SampledNetwork> {
  return fc
    .tuple(fc.constantFrom(...mixedSpaces.values()), fc.integer({ min: 1, max: most }), fc.integer())
    .map(([space, layers, seed]) => {
      const sample = sampleUniformly(space, { layers }, randomStream(seed));
      return { space, layers, sample, architecture: space.decode(sample) };
    });
}
