import { z } from 'zod';
import { SpaceOptionsError } from '../errors.ts';
import type { SpaceOptions } from '../sample.ts';
import type { LayerKind } from './architecture.ts';

/** What the layer-type decision may offer, in the order of Zoph & Le 2017, §3.3, and two more. */
export const LAYER_KINDS = [
  'convolution',
  'max-pooling',
  'average-pooling',
  'contrast-normalisation',
  'separable-convolution',
  'identity',
] as const satisfies readonly LayerKind[];

const positive = z.int('is not an integer').positive('is not positive');

function perhapsNone<T extends z.ZodType>(item: T) {
  return z
    .array(item)
    .refine((list) => new Set(list).size === list.length, 'has the same one twice')
    .readonly();
}

function listOf<T extends z.ZodType>(item: T) {
  return perhapsNone(item).refine((list) => list.length > 0, 'is empty: give at least one');
}

/** Defaults: Zoph & Le 2017, §4.1, with stride 1, without skip connections, and convolutions only. */
const optionsSchema = z.strictObject({
  filterHeight: listOf(positive).default([1, 3, 5, 7]),
  filterWidth: listOf(positive).default([1, 3, 5, 7]),
  filterCount: listOf(positive).default([24, 36, 48, 64]),
  stride: listOf(positive).default([1]),
  layerTypes: listOf(z.enum(LAYER_KINDS)).default(['convolution']),
  batchNorm: listOf(z.boolean()).default([true]),
  poolWindow: listOf(positive).default([2, 3]),
  poolStride: listOf(positive).default([1, 2]),
  contrastWindow: listOf(positive).default([3, 5, 9]),
  learningRate: perhapsNone(z.number().positive('is not positive')).default([]),
  skips: z.boolean().default(false),
  blockLayers: positive.default(1),
  poolAfter: perhapsNone(positive)
    .refine((list) => list.every((at, i) => i === 0 || at >= (list[i - 1] ?? 0)), 'is not ascending')
    .default([]),
});

export type ConvolutionalSettings = z.output<typeof optionsSchema>;

/** Options of the convolutional space; those left out are the paper's v1 without skip connections. */
export interface ConvolutionalOptions {
  /** Filter heights and widths in pixels; 1, 3, 5, 7 by default. */
  readonly filterHeight?: readonly number[];
  readonly filterWidth?: readonly number[];
  /** Numbers of filters; 24, 36, 48, 64 by default. */
  readonly filterCount?: readonly number[];
  /** Strides of convolutions, for height and width; asked only where there is another than 1. */
  readonly stride?: readonly number[];
  /** What a layer may be; asked where there are several. Convolutions only, by default. */
  readonly layerTypes?: readonly LayerKind[];
  /** Whether batch normalisation follows a convolution; asked where it may be both. */
  readonly batchNorm?: readonly boolean[];
  /** Sides of square pooling windows, and their strides. */
  readonly poolWindow?: readonly number[];
  readonly poolStride?: readonly number[];
  /** Sides of the square windows of local contrast normalisation. */
  readonly contrastWindow?: readonly number[];
  /** Learning rates, one of which the controller predicts for each child; a single one holds for all. None by default. */
  readonly learningRate?: readonly number[];
  /** Skip connections by anchor points (§3.3). Without them each layer reads the one before. */
  readonly skips?: boolean;
  /** Each prediction becomes a block of so many layers, densely connected inside (v3); 1 by default. */
  readonly blockLayers?: number;
  /** After these predictions (from 1, ascending) everything that goes on is max-pooled, 2×2 with stride 2 (v3). */
  readonly poolAfter?: readonly number[];
}

/** @throws SpaceOptionsError naming the option */
export function parseConvolutionalOptions(options: unknown, space: string): ConvolutionalSettings {
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new SpaceOptionsError(
    `The options of space ${space} are wrong:\n${z.prettifyError(parsed.error)}\n` +
      `Its options are ${Object.keys(optionsSchema.shape).join(', ')}.`,
    { cause: parsed.error },
  );
}

/** The options that differ from those of `base`. Order counts: an answer is an index into its list. */
export function changedOptions(settings: ConvolutionalSettings, base: ConvolutionalSettings): SpaceOptions {
  const before: Readonly<Record<string, unknown>> = base;
  return Object.fromEntries(
    Object.entries(settings).filter(
      ([name, value]) => JSON.stringify(before[name]) !== JSON.stringify(value),
    ),
  );
}
