import { type ConvolutionalOptions, LAYER_KINDS } from './options.ts';

/** What the paper says of the network that it found in a variant of its space (Zoph & Le 2017, table 1). */
export interface PublishedNetwork {
  /** As the paper counts them: a block of three is three. */
  readonly layers: number;
  readonly parameters: number;
  /** On CIFAR-10's test images. */
  readonly testErrorPercent: number;
}

/** A convolutional space under a name of its own. */
export interface ConvolutionalPreset {
  readonly about: string;
  /** The space's defaults, which options in a config replace. */
  readonly options: ConvolutionalOptions;
  /** How many layers to predict for a network as deep as the paper's. */
  readonly layers: number;
  /** Null for a space of ours. */
  readonly published: PublishedNetwork | null;
}

const V3: ConvolutionalOptions = {
  skips: true,
  filterCount: [6, 12, 24, 36],
  blockLayers: 3,
  // The paper pools at layers 13 and 24 of 39. The first of these stands inside a block, so we pool before it.
  poolAfter: [4, 8],
};

/** The variants of the paper's CNN experiment (§4.1, table 1), and the whole space of §3.3. */
export const convolutionalPresets: ReadonlyMap<string, ConvolutionalPreset> = new Map<
  string,
  ConvolutionalPreset
>([
  [
    'cnn-v1',
    {
      about: 'Convolutions with skip connections, stride 1.',
      options: { skips: true },
      layers: 15,
      published: { layers: 15, parameters: 4_200_000, testErrorPercent: 5.5 },
    },
  ],
  [
    'cnn-v2',
    {
      about: 'The same, and strides 1, 2 or 3 of each layer, for height and width.',
      options: { skips: true, stride: [1, 2, 3] },
      layers: 20,
      published: { layers: 20, parameters: 2_500_000, testErrorPercent: 6.01 },
    },
  ],
  [
    'cnn-v3',
    {
      about:
        'Densely connected blocks of three narrow convolutions, skip connections between blocks, two fixed poolings.',
      options: V3,
      layers: 13,
      published: { layers: 39, parameters: 7_100_000, testErrorPercent: 4.47 },
    },
  ],
  [
    'cnn-v3-more-filters',
    {
      about: 'The same with 40 more filters in every layer.',
      options: { ...V3, filterCount: [46, 52, 64, 76] },
      layers: 13,
      published: { layers: 39, parameters: 37_400_000, testErrorPercent: 3.65 },
    },
  ],
  [
    'cnn-full',
    {
      about:
        'Skip connections, strides, six types of layer, batch normalisation or not; the learning rate as an option.',
      options: {
        skips: true,
        stride: [1, 2, 3],
        layerTypes: LAYER_KINDS,
        batchNorm: [true, false],
      },
      layers: 15,
      published: null,
    },
  ],
]);
