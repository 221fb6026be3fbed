import type { Tensor } from '../tensor.ts';
import { Module } from './base-module.ts';

/** max(x, 0). */
export class ReLU extends Module {
  readonly #inPlace: boolean;

  /**
   * @param options.inPlace overwrite the input: saves one activation. Only after a layer whose gradient does
   *   not need its own output (convolution, batch norm, linear); autograd refuses otherwise. Default false
   */
  constructor(options: { readonly inPlace?: boolean } = {}) {
    super();
    this.#inPlace = options.inPlace ?? false;
  }

  forward(input: Tensor): Tensor {
    return this.#inPlace ? input.relu_() : input.relu();
  }
}

/** 1 / (1 + e^−x). */
export class Sigmoid extends Module {
  forward(input: Tensor): Tensor {
    return input.sigmoid();
  }
}

/** The hyperbolic tangent. */
export class Tanh extends Module {
  forward(input: Tensor): Tensor {
    return input.tanh();
  }
}
