import { aten } from '../operator.ts';
import { Tensor } from '../tensor.ts';

const op = { conv2d: aten('conv2d'), pad: aten('constant_pad_nd') };

/** One number for both, or [height, width]. */
export type Size2d = number | readonly [height: number, width: number];

export interface Conv2dOptions {
  /** [out] */
  readonly bias?: Tensor | null;
  /** Default 1. */
  readonly stride?: Size2d;
  /** Zeros on both sides of each axis, default 0. For unequal sides `pad` first, or use nn's `Conv2d`. */
  readonly padding?: Size2d;
  /** Default 1. */
  readonly dilation?: Size2d;
  /** Default 1. */
  readonly groups?: number;
}

/**
 * Two-dimensional cross-correlation.
 * @param input [batch, in, height, width]
 * @param weight [out, in ÷ groups, filterHeight, filterWidth]
 * @returns [batch, out, outHeight, outWidth]
 */
export function conv2d(input: Tensor, weight: Tensor, options: Conv2dOptions = {}): Tensor {
  const { bias, stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  return new Tensor(
    op.conv2d.tensor(input.handle, weight.handle, bias?.handle ?? null, stride, padding, dilation, groups),
  );
}

/**
 * Surrounds the last dimensions with a value; negative amounts crop.
 * @param amounts [left, right] of the last dimension, then [top, bottom] of the one before, …
 */
export function pad(input: Tensor, amounts: readonly number[], value = 0): Tensor {
  return new Tensor(op.pad.tensor(input.handle, amounts, value));
}
