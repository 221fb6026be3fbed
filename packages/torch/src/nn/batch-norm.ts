import { ones, zeros } from '../creation.ts';
import { batchNorm, batchNormRelu } from '../ops/index.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './base-module.ts';
import { type ParameterOptions, placement } from './parameter-options.ts';

export interface BatchNorm2dOptions extends ParameterOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** Weight of the newest batch in the running statistics. Default 0.1, as in PyTorch. */
  readonly momentum?: number;
  /** Followed by ReLU, in one pass where that is possible (`batchNormRelu`). Default false. */
  readonly relu?: boolean;
}

/**
 * Batch normalisation over [batch, channels, h, w] per channel (Ioffe & Szegedy 2015), as in PyTorch: in
 * training mode the batch's own statistics (biased variance), while the running ones (unbiased variance)
 * follow; in evaluation mode the running ones.
 * Parameters: `weight`, `bias`; buffers: `running_mean`, `running_var`; each [channels]. PyTorch's
 * `num_batches_tracked` is accepted in a state dict and ignored.
 */
export class BatchNorm2d extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly runningMean: Tensor;
  readonly runningVariance: Tensor;
  readonly #epsilon: number;
  readonly #momentum: number;
  readonly #relu: boolean;

  constructor(channels: number, options: BatchNorm2dOptions = {}) {
    super();
    const where = placement(options);
    this.weight = this.parameter('weight', ones([channels], where));
    this.bias = this.parameter('bias', zeros([channels], where));
    this.runningMean = this.buffer('running_mean', zeros([channels], where));
    this.runningVariance = this.buffer('running_var', ones([channels], where));
    this.#epsilon = options.epsilon ?? 1e-5;
    this.#momentum = options.momentum ?? 0.1;
    this.#relu = options.relu ?? false;
  }

  forward(input: Tensor): Tensor {
    return (this.#relu ? batchNormRelu : batchNorm)(input, {
      weight: this.weight,
      bias: this.bias,
      runningMean: this.runningMean,
      runningVar: this.runningVariance,
      training: this.training,
      momentum: this.#momentum,
      epsilon: this.#epsilon,
    });
  }

  protected override ignoresEntry(name: string): boolean {
    return name === 'num_batches_tracked';
  }
}
