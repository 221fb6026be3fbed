import { autocast, type Synchronous, type Tensor } from '@nascent/torch';
import type { Recipe } from './recipe.ts';

/** A network from standardised images [B, C, H, W] to logits [B, classes]. */
export interface Classifier {
  /** Switches batch norm between the batch's statistics and the running ones. */
  train(on: boolean): unknown;
  parameters(): Tensor[];
  forward(images: Tensor): Tensor;
}

/** Runs `compute` in the precision of the recipe. */
export function inPrecision<T>(
  precision: Recipe['precision'],
  compute: () => T,
  ...synchronous: Synchronous<T>
): T {
  return precision === 'bfloat16' ? autocast({ dtype: 'bfloat16' }, compute, ...synchronous) : compute();
}

/** Whether batches are laid out pixel-major: measured faster in bfloat16, slower in float32 (bench/speed). */
export function usesChannelsLast(precision: Recipe['precision']): boolean {
  return precision === 'bfloat16';
}
