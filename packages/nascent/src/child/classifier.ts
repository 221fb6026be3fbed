import { autocast, type Device, type Synchronous, type Tensor } from '@nascent/torch';
import type { Recipe } from './recipe.ts';

/** A network from standardised images [B, C, H, W] to logits [B, classes]. */
export interface Classifier {
  /** Switches batch norm between the batch's statistics and the running ones. */
  train(on: boolean): unknown;
  parameters(): Tensor[];
  forward(images: Tensor): Tensor;
}

/** Runs `compute`, which works on `device`, in the precision of the recipe. */
export function inPrecision<T>(
  device: Device,
  precision: Recipe['precision'],
  compute: () => T,
  ...synchronous: Synchronous<T>
): T {
  return precision === 'bfloat16'
    ? autocast({ dtype: 'bfloat16', device }, compute, ...synchronous)
    : compute();
}

/**
 * Whether batches are laid out pixel-major: measured a fifth faster on the CPU in float32 and needed there for
 * bfloat16 (bench/speed); on other devices only bfloat16 gains by it.
 */
export function usesChannelsLast(device: Device, precision: Recipe['precision']): boolean {
  return device === 'cpu' || precision === 'bfloat16';
}
