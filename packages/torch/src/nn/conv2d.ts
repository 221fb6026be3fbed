import { empty } from '../creation.ts';
import { conv2d, pad } from '../ops/index.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './base-module.ts';
import { fans, uniform_ } from './init.ts';
import { type Padding, type Pair, pair, samePadding } from './padding.ts';
import { type ParameterOptions, placement } from './parameter-options.ts';

export interface Conv2dLayerOptions extends ParameterOptions {
  /** Default 1. */
  readonly stride?: number | Pair;
  /** Default 0. `'same'` is TensorFlow's: ⌈n / stride⌉ outputs, the odd pixel at the bottom and right. */
  readonly padding?: Padding;
  /** Default 1. */
  readonly dilation?: number | Pair;
  /** Default 1. */
  readonly groups?: number;
  /** Default true. Leave it out before batch norm. */
  readonly bias?: boolean;
}

/**
 * A two-dimensional convolution (cross-correlation): [batch, in, h, w] → [batch, out, h′, w′].
 * Parameters: `weight` [out, in / groups, kernel h, kernel w], `bias` [out].
 */
export class Conv2d extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor | null;
  readonly #kernel: Pair;
  readonly #stride: Pair;
  readonly #padding: Pair | 'same';
  readonly #dilation: Pair;
  readonly #groups: number;

  constructor(inputs: number, outputs: number, kernel: number | Pair, options: Conv2dLayerOptions = {}) {
    super();
    this.#kernel = pair(kernel);
    this.#stride = pair(options.stride ?? 1);
    this.#padding = options.padding === 'same' ? 'same' : pair(options.padding ?? 0);
    this.#dilation = pair(options.dilation ?? 1);
    this.#groups = options.groups ?? 1;
    const shape = [outputs, inputs / this.#groups, ...this.#kernel];
    const bound = 1 / Math.sqrt(fans(shape).fanIn);
    const make = (lengths: readonly number[]) =>
      uniform_(empty(lengths, placement(options)), -bound, bound, options.generator);
    this.weight = this.parameter('weight', make(shape));
    this.bias = options.bias === false ? null : this.parameter('bias', make([outputs]));
  }

  forward(input: Tensor): Tensor {
    if (this.#padding !== 'same') return this.#convolve(input, this.#padding);
    const [height = 0, width = 0] = input.shape.slice(-2);
    const rows = samePadding(height, this.#kernel[0], this.#stride[0], this.#dilation[0]);
    const columns = samePadding(width, this.#kernel[1], this.#stride[1], this.#dilation[1]);
    if (rows.before === rows.after && columns.before === columns.after) {
      return this.#convolve(input, [rows.before, columns.before]); // no copy of the input
    }
    const padded = pad(input, [columns.before, columns.after, rows.before, rows.after], 0);
    const output = this.#convolve(padded, [0, 0]);
    padded.dispose(); // autograd holds what it needs
    return output;
  }

  #convolve(input: Tensor, padding: Pair): Tensor {
    return conv2d(input, this.weight, {
      bias: this.bias,
      stride: this.#stride,
      padding,
      dilation: this.#dilation,
      groups: this.#groups,
    });
  }
}
