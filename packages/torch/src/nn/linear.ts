import { empty } from '../creation.ts';
import { linear } from '../ops/index.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './base-module.ts';
import { uniform_ } from './init.ts';
import { type ParameterOptions, placement } from './parameter-options.ts';

export interface LinearOptions extends ParameterOptions {
  /** Default true. */
  readonly bias?: boolean;
}

/** x·Wᵀ + b: […, inputs] → […, outputs]. Parameters: `weight` [outputs, inputs], `bias` [outputs]. */
export class Linear extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor | null;

  constructor(inputs: number, outputs: number, options: LinearOptions = {}) {
    super();
    const bound = 1 / Math.sqrt(inputs);
    const make = (shape: readonly number[]) =>
      uniform_(empty(shape, placement(options)), -bound, bound, options.generator);
    this.weight = this.parameter('weight', make([outputs, inputs]));
    this.bias = options.bias === false ? null : this.parameter('bias', make([outputs]));
  }

  forward(input: Tensor): Tensor {
    return linear(input, this.weight, this.bias);
  }
}
