import type { Tensor } from '../tensor.ts';
import { type Layer, Module } from './base-module.ts';

/**
 * Layers applied one after the other; children are named `0`, `1`, ….
 *
 * What one layer hands to the next is freed as soon as the next is done (autograd keeps what it needs): a
 * layer inside must not return a tensor that it goes on using, such as a parameter of its own.
 */
export class Sequential extends Module {
  readonly #layers: readonly Layer[];

  constructor(layers: readonly Layer[]) {
    super();
    this.#layers = layers.map((layer, index) => this.child(`${index}`, layer));
  }

  forward(input: Tensor): Tensor {
    let current = input;
    for (const layer of this.#layers) {
      const next = layer.forward(current);
      if (current !== next && current !== input) current.dispose();
      current = next;
    }
    return current;
  }
}
