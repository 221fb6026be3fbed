import { native } from '../native.ts';
import { aten } from '../operator.ts';
import { Tensor } from '../tensor.ts';
import type { Size2d } from './convolution.ts';

const op = {
  maxPool2d: aten('max_pool2d'),
  avgPool2d: aten('avg_pool2d'),
  adaptiveAvgPool2d: aten('adaptive_avg_pool2d'),
};

export interface PoolOptions {
  /** Default: the window's size. */
  readonly stride?: Size2d;
  /** Default 0, at most half the window. */
  readonly padding?: Size2d;
  /** Round the number of outputs up. Default false. */
  readonly ceilMode?: boolean;
}

/** The greatest value of each window. @param input [batch, channels, height, width] */
export function maxPool2d(
  input: Tensor,
  window: Size2d,
  options: PoolOptions & { readonly dilation?: Size2d } = {},
): Tensor {
  const { stride = window, padding = 0, dilation = 1, ceilMode = false } = options;
  return new Tensor(op.maxPool2d.tensor(input.handle, window, stride, padding, dilation, ceilMode));
}

/** The mean of each window. @param options.countIncludePad whether the zeros around count as values; default true */
export function avgPool2d(
  input: Tensor,
  window: Size2d,
  options: PoolOptions & { readonly countIncludePad?: boolean } = {},
): Tensor {
  const { stride = window, padding = 0, ceilMode = false, countIncludePad = true } = options;
  return new Tensor(op.avgPool2d.tensor(input.handle, window, stride, padding, ceilMode, countIncludePad));
}

/** Means over equal parts, so that the output has the given size; 1 is global average pooling. */
export function adaptiveAvgPool2d(input: Tensor, outputSize: Size2d): Tensor {
  return new Tensor(op.adaptiveAvgPool2d.tensor(input.handle, outputSize));
}

/**
 * The sum of each channel divided by `area`: global average pooling, also of an image that stands in a larger one of
 * zeros. float32 from bfloat16 on the CPU. Its gradient cannot be differentiated again where the input is pixel-major.
 * @param input [batch, channels, height, width]
 * @param area in pixels; the input's own by default
 * @returns [batch, channels]
 */
export function channelMeans(input: Tensor, area?: number): Tensor {
  const [, , height = 1, width = 1] = input.shape;
  return new Tensor(native().channelMeans(input.handle, area ?? height * width));
}
