import { tensor } from '../creation.ts';
import { TorchError } from '../errors.ts';
import { native } from '../native.ts';
import { scope } from '../scope.ts';
import type { Tensor } from '../tensor.ts';
import { handles, requireNumber, requireParameters, zerosFor } from './parameters.ts';
import { loadState } from './state.ts';

export interface AdamOptions {
  readonly learningRate: number;
  /** Decay of the running mean and of the running square, each in [0, 1). Default [0.9, 0.999]. */
  readonly betas?: readonly [mean: number, square: number];
  /** Added to the root of the running square. Default 1e-8. */
  readonly epsilon?: number;
  /** Default 0. */
  readonly weightDecay?: number;
  /**
   * `gradient` adds the decay to the gradient (L2, `torch.optim.Adam`); `decoupled` shrinks the weights
   * beside the step (Loshchilov & Hutter 2019, `torch.optim.AdamW`). Default `gradient`.
   */
  readonly decay?: 'gradient' | 'decoupled';
}

/**
 * Adam (Kingma & Ba 2015, algorithm 1), by the formula of `torch.optim.Adam`:
 *
 *     m ← β₁m + (1 − β₁)g      v ← β₂v + (1 − β₂)g²
 *     w ← w − learningRate / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
 *
 * t counts the steps of each parameter: one without a gradient is left alone and its t stands still. A step is
 * one native call. The optimiser keeps m and v until `dispose()`.
 */
export class Adam {
  /** May be changed between steps. */
  learningRate: number;
  readonly #parameters: readonly Tensor[];
  readonly #means: readonly Tensor[];
  readonly #squares: readonly Tensor[];
  readonly #steps: Float64Array;
  readonly #betas: readonly [number, number];
  readonly #epsilon: number;
  readonly #weightDecay: number;
  readonly #decoupled: boolean;

  /** @throws TorchError if an option or a parameter cannot be meant */
  constructor(parameters: readonly Tensor[], options: AdamOptions) {
    this.#parameters = requireParameters('Adam', parameters);
    this.learningRate = requireNumber('Adam', 'learningRate', options.learningRate);
    const [mean, square] = options.betas ?? [0.9, 0.999];
    this.#betas = [requireNumber('Adam', 'betas[0]', mean, 1), requireNumber('Adam', 'betas[1]', square, 1)];
    this.#epsilon = requireNumber('Adam', 'epsilon', options.epsilon ?? 1e-8);
    this.#weightDecay = requireNumber('Adam', 'weightDecay', options.weightDecay ?? 0);
    this.#decoupled = options.decay === 'decoupled';
    const moments = zerosFor([...this.#parameters, ...this.#parameters]);
    this.#means = moments.slice(0, this.#parameters.length);
    this.#squares = moments.slice(this.#parameters.length);
    this.#steps = new Float64Array(this.#parameters.length);
  }

  /**
   * Updates every parameter that has a gradient.
   * @param gradients used instead of the parameters' own, one for each
   */
  step(gradients?: readonly Tensor[]): void {
    if (gradients !== undefined && gradients.length !== this.#parameters.length) {
      throw new TorchError(
        'BAD_ARGUMENT',
        `Adam: step was given ${gradients.length} gradients for ${this.#parameters.length} parameters; give one for each.`,
      );
    }
    native().adamStep(
      handles(this.#parameters),
      gradients === undefined ? null : handles(gradients),
      handles(this.#means),
      handles(this.#squares),
      this.learningRate,
      this.#betas[0],
      this.#betas[1],
      this.#epsilon,
      this.#weightDecay,
      this.#steps,
      this.#decoupled,
    );
  }

  /** Forgets the gradients. */
  zeroGrad(): void {
    native().zeroGradients(handles(this.#parameters));
  }

  /**
   * `learning_rate` (float64), `steps` (float64, one per parameter), `mean.<i>` and `square.<i>`. The last
   * two are the optimiser's own tensors, not copies; the rest belongs to the current scope.
   */
  stateDict(): Map<string, Tensor> {
    return new Map([
      ['learning_rate', tensor([this.learningRate], { shape: [], dtype: 'float64' })],
      ['steps', tensor(this.#steps, { dtype: 'float64' })],
      ...this.#means.map((mean, index) => [`mean.${index}`, mean] as const),
      ...this.#squares.map((square, index) => [`square.${index}`, square] as const),
    ]);
  }

  /** Goes on exactly where the saved optimiser left off, learning rate included. @throws TorchError */
  loadStateDict(saved: ReadonlyMap<string, Tensor>): void {
    scope(() => {
      const own = this.stateDict();
      loadState('Adam', own, saved);
      this.learningRate = own.get('learning_rate')?.item() ?? this.learningRate;
      this.#steps.set(own.get('steps')?.toNumbers() ?? this.#steps);
    });
  }

  /** Frees m and v, not the parameters. */
  dispose(): void {
    for (const state of [...this.#means, ...this.#squares]) state.dispose();
  }
}
