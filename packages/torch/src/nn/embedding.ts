import { empty } from '../creation.ts';
import { embedding } from '../ops/index.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './base-module.ts';
import { normal_ } from './init.ts';
import { type ParameterOptions, placement } from './parameter-options.ts';

/** A table of vectors looked up by index: int64 […] → […, width]. Parameter: `weight` [entries, width]. */
export class Embedding extends Module {
  readonly weight: Tensor;

  constructor(entries: number, width: number, options: ParameterOptions = {}) {
    super();
    const table = normal_(empty([entries, width], placement(options)), 0, 1, options.generator);
    this.weight = this.parameter('weight', table);
  }

  /** @param index int64, each in [0, entries) */
  forward(index: Tensor): Tensor {
    return embedding(this.weight, index);
  }
}
