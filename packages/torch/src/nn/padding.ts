/** Padding of a convolution or pooling: pixels on both sides, per axis, or TensorFlow's SAME. */
export type Padding = number | readonly [height: number, width: number] | 'same';
export type Pair = readonly [height: number, width: number];

/** Pixels before and after along one axis. */
export interface AxisPadding {
  readonly before: number;
  readonly after: number;
}

/** A number means both axes. */
export function pair(value: number | Pair): Pair {
  return typeof value === 'number' ? [value, value] : value;
}

/**
 * TensorFlow's SAME along one axis: the output has ⌈length / stride⌉ pixels, and where the padding is odd
 * the extra pixel stands after (at the bottom or right).
 */
export function samePadding(length: number, kernel: number, stride: number, dilation = 1): AxisPadding {
  const outputs = Math.ceil(length / stride);
  const total = Math.max((outputs - 1) * stride + dilation * (kernel - 1) + 1 - length, 0);
  const before = Math.floor(total / 2);
  return { before, after: total - before };
}
