import { avgPool2d, maxPool2d } from '../ops/index.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './base-module.ts';
import { type Padding, type Pair, pair, samePadding } from './padding.ts';

export interface Pool2dOptions {
  /** Default: the kernel's size. */
  readonly stride?: number | Pair;
  /**
   * Default 0. `'same'` is TensorFlow's: ⌈n / stride⌉ outputs, the odd pixel at the bottom and right. Padded
   * pixels are never the maximum and do not count in an average.
   */
  readonly padding?: Padding;
}

/** How libtorch is told a window layout: it pads both sides alike and can let the last window overhang. */
interface Windows {
  readonly padding: Pair;
  readonly ceilMode: boolean;
  /** Outputs to drop at the top and left. */
  readonly skip: Pair;
}

/**
 * SAME without copying the input. The odd pixel after the image is an overhanging last window (ceil mode)
 * where the stride is above 1; at stride 1 libtorch would drop that window, so one pixel more is padded on
 * both sides and the first window is skipped.
 */
function sameWindows(input: Tensor, kernel: Pair, stride: Pair): Windows {
  const axes = [0, 1].map((axis) => {
    const step = stride[axis] ?? 1;
    const { before, after } = samePadding(input.shape.at(axis - 2) ?? 0, kernel[axis] ?? 1, step);
    return before < after && step === 1 ? { padding: after, skip: 1 } : { padding: before, skip: 0 };
  });
  const [rows = { padding: 0, skip: 0 }, columns = rows] = axes;
  return { padding: [rows.padding, columns.padding], ceilMode: true, skip: [rows.skip, columns.skip] };
}

function skipped(output: Tensor, [rows, columns]: Pair): Tensor {
  const below = rows === 0 ? output : output.slice(-2, rows);
  const rest = columns === 0 ? below : below.slice(-1, columns);
  for (const whole of [output, below]) if (whole !== rest) whole.dispose(); // else they would outlive the view
  return rest;
}

abstract class Pool2d extends Module {
  readonly #kernel: Pair;
  readonly #stride: Pair;
  readonly #padding: Pair | 'same';

  constructor(kernel: number | Pair, options: Pool2dOptions = {}) {
    super();
    this.#kernel = pair(kernel);
    this.#stride = pair(options.stride ?? kernel);
    this.#padding = options.padding === 'same' ? 'same' : pair(options.padding ?? 0);
  }

  protected abstract pool(input: Tensor, kernel: Pair, stride: Pair, windows: Windows): Tensor;

  forward(input: Tensor): Tensor {
    const windows =
      this.#padding === 'same'
        ? sameWindows(input, this.#kernel, this.#stride)
        : { padding: this.#padding, ceilMode: false, skip: [0, 0] as const };
    return skipped(this.pool(input, this.#kernel, this.#stride, windows), windows.skip);
  }
}

/** The largest value of each window: [batch, channels, h, w] → [batch, channels, h′, w′]. */
export class MaxPool2d extends Pool2d {
  protected override pool(input: Tensor, kernel: Pair, stride: Pair, { padding, ceilMode }: Windows): Tensor {
    return maxPool2d(input, kernel, { stride, padding, ceilMode });
  }
}

/** The mean of each window, over the pixels that exist: [batch, channels, h, w] → [batch, channels, h′, w′]. */
export class AvgPool2d extends Pool2d {
  protected override pool(input: Tensor, kernel: Pair, stride: Pair, { padding, ceilMode }: Windows): Tensor {
    return avgPool2d(input, kernel, { stride, padding, ceilMode, countIncludePad: false });
  }
}

/** The mean of each channel: [batch, channels, h, w] → [batch, channels]. */
export class GlobalAvgPool2d extends Module {
  forward(input: Tensor): Tensor {
    return input.mean([2, 3]);
  }
}
