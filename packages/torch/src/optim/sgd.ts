import { tensor } from '../creation.ts';
import { native } from '../native.ts';
import { scope } from '../scope.ts';
import type { Tensor } from '../tensor.ts';
import { handles, requireNumber, requireParameters, zerosFor } from './parameters.ts';
import { loadState } from './state.ts';

export interface SGDOptions {
  readonly learningRate: number;
  /** Share of the velocity that stays at each step, in [0, 1). Default 0: no velocity. */
  readonly momentum?: number;
  /** Look ahead along the velocity (Nesterov 1983, in the form of Sutskever et al. 2013). Default false. */
  readonly nesterov?: boolean;
  /** Added to the gradient, times the parameter (L2 regularisation). Default 0. */
  readonly weightDecay?: number;
}

/**
 * Stochastic gradient descent, by the formula of `torch.optim.SGD` (without dampening):
 *
 *     d = g + weightDecay·w      v ← momentum·v + d
 *     w ← w − learningRate·(nesterov ? d + momentum·v : v)
 *
 * A step is one native call over all parameters; a parameter without a gradient is left alone, with its
 * velocity. The optimiser keeps its velocities until `dispose()`.
 */
export class SGD {
  /** May be changed between steps, by a schedule for example. */
  learningRate: number;
  readonly #parameters: readonly Tensor[];
  readonly #velocities: readonly Tensor[] | null;
  readonly #momentum: number;
  readonly #nesterov: boolean;
  readonly #weightDecay: number;

  /** @throws TorchError if an option or a parameter cannot be meant */
  constructor(parameters: readonly Tensor[], options: SGDOptions) {
    this.#parameters = requireParameters('SGD', parameters);
    this.learningRate = requireNumber('SGD', 'learningRate', options.learningRate);
    this.#momentum = requireNumber('SGD', 'momentum', options.momentum ?? 0, 1);
    this.#nesterov = options.nesterov ?? false;
    this.#weightDecay = requireNumber('SGD', 'weightDecay', options.weightDecay ?? 0);
    this.#velocities = this.#momentum === 0 ? null : zerosFor(this.#parameters);
  }

  /** Updates every parameter that has a gradient. */
  step(): void {
    native().sgdStep(
      handles(this.#parameters),
      this.#velocities === null ? null : handles(this.#velocities),
      this.learningRate,
      this.#momentum,
      this.#nesterov,
      this.#weightDecay,
    );
  }

  /** Forgets the gradients. */
  zeroGrad(): void {
    native().zeroGradients(handles(this.#parameters));
  }

  /**
   * `learning_rate` (float64) and, with momentum, `velocity.<i>` per parameter. The velocities are the
   * optimiser's own, not copies; the rest belongs to the current scope.
   */
  stateDict(): Map<string, Tensor> {
    return new Map([
      ['learning_rate', tensor([this.learningRate], { shape: [], dtype: 'float64' })],
      ...(this.#velocities ?? []).map((velocity, index) => [`velocity.${index}`, velocity] as const),
    ]);
  }

  /** Goes on exactly where the saved optimiser left off, learning rate included. @throws TorchError */
  loadStateDict(saved: ReadonlyMap<string, Tensor>): void {
    scope(() => {
      const own = this.stateDict();
      loadState('SGD', own, saved);
      this.learningRate = own.get('learning_rate')?.item() ?? this.learningRate;
    });
  }

  /** Frees the velocities, not the parameters. */
  dispose(): void {
    for (const velocity of this.#velocities ?? []) velocity.dispose();
  }
}
