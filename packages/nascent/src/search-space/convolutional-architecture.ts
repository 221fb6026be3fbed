import { z } from 'zod';
import { InvalidArchitectureError } from './errors.ts';

const count = z.int().positive();

const convolutionLayer = z.strictObject({
  kind: z.literal('convolution'),
  filterHeight: count,
  filterWidth: count,
  strideHeight: z.literal(1),
  strideWidth: z.literal(1),
  filterCount: count,
});

const convolutionalArchitecture = z.strictObject({
  kind: z.literal('convolutional'),
  version: z.literal(1),
  layers: z.array(convolutionLayer).min(1),
});

/** A convolution with SAME padding, followed by batch normalisation and ReLU (Zoph & Le 2017, §4.1). */
export interface ConvolutionLayer {
  readonly kind: 'convolution';
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly strideHeight: 1;
  readonly strideWidth: 1;
  readonly filterCount: number;
}

/**
 * A chain of convolutions from the image to the classifier (global average pooling, then a linear layer).
 * Plain data with a version: it crosses process and store edges as JSON.
 */
export interface ConvolutionalArchitecture {
  readonly kind: 'convolutional';
  readonly version: 1;
  /** At least one; layer i reads layer i − 1, layer 0 the image. */
  readonly layers: readonly ConvolutionLayer[];
}

/**
 * Reads an architecture from outside (a store, a file, a message).
 * @throws InvalidArchitectureError naming the layer and field
 */
export function parseConvolutionalArchitecture(data: unknown): ConvolutionalArchitecture {
  const parsed = convolutionalArchitecture.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new InvalidArchitectureError(
    `This is not a convolutional architecture of version 1:\n${z.prettifyError(parsed.error)}`,
    { cause: parsed.error },
  );
}
