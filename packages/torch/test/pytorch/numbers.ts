import { type DType, type Tensor, tensor } from '@nascent/torch';

/** The same sequence as `Numbers` of shared_numbers.py. */
export class Numbers {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  unit(): number {
    this.#state = (Math.imul(1664525, this.#state) + 1013904223) >>> 0;
    return (this.#state >>> 8) / 2 ** 23 - 1;
  }

  tensor(shape: readonly number[], scale = 1, dtype: DType = 'float32'): Tensor {
    const size = shape.reduce((product, length) => product * length, 1);
    return tensor(
      Float64Array.from({ length: size }, () => this.unit() * scale),
      { shape, dtype },
    );
  }

  labels(count: number, classes: number): Tensor {
    const values = Array.from({ length: count }, () => Math.trunc(((this.unit() + 1) / 2) * classes));
    return tensor(values, { dtype: 'int64' });
  }
}
