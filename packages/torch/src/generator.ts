import { tensor } from './creation.ts';
import { native } from './native.ts';
import { scope } from './scope.ts';
import { Tensor } from './tensor.ts';

const collected = new FinalizationRegistry<number>((handle) => native().releaseGenerator(handle));

/**
 * A source of random numbers on the CPU, apart from the global one. The same seed gives the same numbers.
 *
 * Everything random takes one: `randn(shape, { generator })`, `t.uniform_(a, b, generator)`, `dropout`.
 */
export class Generator {
  /** Its number in the addon. For this package and the escape hatch only. */
  readonly handle: number;

  /** @param seed an integer in [0, 2^53) */
  constructor(seed: number) {
    this.handle = native().makeGenerator(seed);
    collected.register(this, this.handle);
  }

  /** Starts again from a seed. */
  seed(seed: number): void {
    native().seedGenerator(this.handle, seed);
  }

  /** The whole state (5,056 bytes); `setState` continues exactly from it. */
  getState(): Uint8Array {
    const { handle } = this;
    return scope(() => new Tensor(native().generatorState(handle)).toArray() as Uint8Array);
  }

  /** @throws TorchError OPERATOR_FAILED when the bytes are no state */
  setState(state: Uint8Array): void {
    const { handle } = this;
    scope(() => native().setGeneratorState(handle, tensor(state).handle));
  }
}

/** Seeds libtorch's global generators. Prefer a Generator of your own where numbers must be repeatable. */
export function manualSeed(seed: number): void {
  native().manualSeed(seed);
}
