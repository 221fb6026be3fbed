import { TorchError } from '../errors.ts';
import type { Generator } from '../generator.ts';
import { dropout } from '../ops/index.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './base-module.ts';

/**
 * In training mode sets each element to zero with the given probability and scales the others by
 * 1 / (1 − probability) (Srivastava et al. 2014); in evaluation mode returns its input itself.
 */
export class Dropout extends Module {
  readonly probability: number;
  readonly #generator: Generator | undefined;

  /**
   * @param probability of dropping, in [0, 1]
   * @param options.generator draws the mask; default: the engine's global generator
   * @throws TorchError if the probability lies outside [0, 1]
   */
  constructor(probability: number, options: { readonly generator?: Generator } = {}) {
    super();
    if (!(probability >= 0 && probability <= 1)) {
      throw new TorchError(
        'BAD_ARGUMENT',
        `Dropout: the probability of dropping is ${probability}; give a number between 0 and 1.`,
      );
    }
    this.probability = probability;
    this.#generator = options.generator;
  }

  forward(input: Tensor): Tensor {
    if (!this.training || this.probability === 0) return input;
    return dropout(input, this.probability, true, this.#generator);
  }
}
