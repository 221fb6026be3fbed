import { z } from 'zod';
import { InvalidArchitectureError } from '../errors.ts';

/** The image that the network reads; layers are numbered from 1, as in a drawing. */
export const IMAGE = 0;

const count = z.int().positive();
const inputs = z.array(z.int().min(0)).min(1);
const window = {
  windowHeight: count,
  windowWidth: count,
  strideHeight: count,
  strideWidth: count,
  inputs,
};
const filters = {
  filterHeight: count,
  filterWidth: count,
  strideHeight: count,
  strideWidth: count,
  filterCount: count,
  batchNorm: z.boolean(),
  inputs,
};

const layerSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('convolution'), ...filters }),
  z.strictObject({ kind: z.literal('separable-convolution'), ...filters }),
  z.strictObject({ kind: z.literal('max-pooling'), ...window }),
  z.strictObject({ kind: z.literal('average-pooling'), ...window }),
  z.strictObject({
    kind: z.literal('contrast-normalisation'),
    windowHeight: count,
    windowWidth: count,
    inputs,
  }),
  z.strictObject({ kind: z.literal('identity'), inputs }),
]);

const architectureSchema = z.strictObject({
  kind: z.literal('convolutional'),
  version: z.literal(2),
  layers: z.array(layerSchema).min(1),
  outputs: inputs,
  learningRate: z.number().positive().optional(),
});

/** Chains of stride 1 without skip connections: what studies before version 2 stored. */
const chainSchema = z.strictObject({
  kind: z.literal('convolutional'),
  version: z.literal(1),
  layers: z
    .array(
      z.strictObject({
        kind: z.literal('convolution'),
        filterHeight: count,
        filterWidth: count,
        strideHeight: z.literal(1),
        strideWidth: z.literal(1),
        filterCount: count,
      }),
    )
    .min(1),
});

/** What a layer reads: the image (0) or earlier layers (from 1), ascending, joined along depth in this order. */
interface Reading {
  readonly inputs: readonly number[];
}

interface Filters extends Reading {
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly filterCount: number;
  /** Whether batch normalisation stands between the convolution and ReLU; without it the convolution has a bias. */
  readonly batchNorm: boolean;
}

interface Window extends Reading {
  readonly windowHeight: number;
  readonly windowWidth: number;
}

interface Pooling extends Window {
  readonly strideHeight: number;
  readonly strideWidth: number;
}

/** A convolution with SAME padding, batch normalisation and ReLU (Zoph & Le 2017, §4.1). */
export interface ConvolutionLayer extends Filters {
  readonly kind: 'convolution';
}

/** One filter for each channel (with the stride), then a 1×1 convolution; normalisation and ReLU only after the second. */
export interface SeparableConvolutionLayer extends Filters {
  readonly kind: 'separable-convolution';
}

/** SAME padding, of which nothing is ever the maximum. */
export interface MaxPoolingLayer extends Pooling {
  readonly kind: 'max-pooling';
}

/** SAME padding, which does not count in the mean. */
export interface AveragePoolingLayer extends Pooling {
  readonly kind: 'average-pooling';
}

/** Local contrast normalisation (Jarrett et al. 2009) over a window of all channels. */
export interface ContrastNormalisationLayer extends Window {
  readonly kind: 'contrast-normalisation';
}

/** Gives on what it reads. */
export interface IdentityLayer extends Reading {
  readonly kind: 'identity';
}

export type ConvolutionalLayer =
  | ConvolutionLayer
  | SeparableConvolutionLayer
  | MaxPoolingLayer
  | AveragePoolingLayer
  | ContrastNormalisationLayer
  | IdentityLayer;

export type LayerKind = ConvolutionalLayer['kind'];

/**
 * A network of layers from the image to the classifier, which is global average pooling and a linear layer.
 *
 * Repaired already (`repair.ts`): every layer reads something, and every layer's output is read. Plain data with a
 * version: it crosses process and store edges as JSON. Two equal ones are the same network.
 */
export interface ConvolutionalArchitecture {
  readonly kind: 'convolutional';
  readonly version: 2;
  /** At least one; layer i (from 1) reads only the image and layers before it. */
  readonly layers: readonly ConvolutionalLayer[];
  /** What the classifier reads, ascending. */
  readonly outputs: readonly number[];
  /** The learning rate that the controller predicted for this child; absent where the recipe's holds. */
  readonly learningRate?: number;
}

/**
 * Reads an architecture from outside (a store, a file, a message); the chains of version 1 become version 2.
 * @throws InvalidArchitectureError naming the layer and field
 */
export function parseConvolutionalArchitecture(data: unknown): ConvolutionalArchitecture {
  const chain = chainSchema.safeParse(data);
  if (chain.success) return fromChain(chain.data.layers);
  const parsed = architectureSchema.safeParse(data);
  if (!parsed.success) {
    throw new InvalidArchitectureError(
      `This is not a convolutional architecture of version 1 or 2:\n${z.prettifyError(parsed.error)}`,
      { cause: parsed.error },
    );
  }
  const { learningRate, ...rest } = parsed.data;
  checkReading(rest);
  return { ...rest, ...(learningRate === undefined ? {} : { learningRate }) };
}

function fromChain(layers: z.output<typeof chainSchema>['layers']): ConvolutionalArchitecture {
  return {
    kind: 'convolutional',
    version: 2,
    layers: layers.map((layer, i) => ({ ...layer, batchNorm: true, inputs: [i] })),
    outputs: [layers.length],
  };
}

/** @throws InvalidArchitectureError where something is read that does not stand before its reader, or twice, or never */
function checkReading({ layers, outputs }: Pick<ConvolutionalArchitecture, 'layers' | 'outputs'>): void {
  const readers = [...layers.map((layer) => layer.inputs), outputs];
  for (const [i, sources] of readers.entries()) {
    const reader = i < layers.length ? `layer ${i + 1}` : 'the classifier';
    const readable = Math.min(i, layers.length);
    const wrong = sources.find(
      (source, at) => source > readable || (at > 0 && source <= (sources[at - 1] as number)),
    );
    if (wrong === undefined) continue;
    throw new InvalidArchitectureError(
      `${reader} reads ${sources.join(', ')}. Expected the numbers of what stands before it, from 0 (the image) ` +
        `to ${readable}, each once and ascending; ${wrong} is not.`,
    );
  }
  const read = new Set(readers.flat());
  const unread = layers.findIndex((_, i) => !read.has(i + 1));
  if (unread < 0) return;
  throw new InvalidArchitectureError(
    `Nothing reads layer ${unread + 1}. Expected another layer to read it, or the classifier: add ${unread + 1} to outputs.`,
  );
}
