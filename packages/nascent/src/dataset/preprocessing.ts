import { z } from 'zod';
import type { ImageDataset } from './image-dataset.ts';
import { channelStatistics } from './standardise.ts';

const perChannel = z.number().array().min(1);

/**
 * What is done to an image's bytes before a network sees them. It belongs to the trained network: whoever
 * exports that exports this as well. Of pixels scaled to [0, 1]; mean and deviation have the shape [channels].
 *
 * - `per-channel`: (pixel − mean) / deviation of its channel
 * - `per-image`: (pixel − μ) / max(σ, 1 / √n), where μ, σ (population) are of the n values of this one image,
 *   all its channels together
 */
export const preprocessingSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('per-channel'),
    mean: perChannel,
    deviation: z.number().positive().array().min(1),
  }),
  z.strictObject({ kind: z.literal('per-image') }),
]);

export type Preprocessing =
  | {
      readonly kind: 'per-channel';
      readonly mean: readonly number[];
      readonly deviation: readonly number[];
    }
  | { readonly kind: 'per-image' };

/**
 * The preprocessing of a network that is trained on the images at `indices`; for `per-channel` it is measured on
 * them, and on no others.
 */
export function measurePreprocessing(
  kind: Preprocessing['kind'],
  dataset: Pick<ImageDataset, 'images' | 'channels' | 'height' | 'width'>,
  indices: Int32Array,
): Preprocessing {
  return kind === 'per-image' ? { kind } : { kind, ...channelStatistics(dataset, indices) };
}
