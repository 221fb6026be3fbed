import type { Tensor } from '../tensor.ts';
import { Module } from './base-module.ts';

/** Everything but the batch in one axis: [batch, …] → [batch, n]. A view where the input is contiguous. */
export class Flatten extends Module {
  forward(input: Tensor): Tensor {
    const [batch = 0, ...rest] = input.shape;
    return input.reshape([batch, rest.reduce((product, length) => product * length, 1)]);
  }
}
