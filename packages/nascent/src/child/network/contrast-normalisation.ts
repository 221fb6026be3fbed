import { AvgPool2d, Module, type Tensor } from '@nascent/torch';

/** Below this a patch counts as flat: keeps the square root's gradient finite. */
export const CONTRAST_EPSILON = 1e-4;

/**
 * Local contrast normalisation (Jarrett et al. 2009, §2.1), over a window of all channels:
 *
 *     v = x − mean(x)            the mean over the window's pixels that exist and over all channels
 *     σ = √(mean(v²) + 10⁻⁴)     likewise
 *     y = v / max(σ, mean of σ over the image)
 *
 * We differ: the window is a box, where theirs is a Gaussian, so that every export has an operator for it.
 * No parameters; [batch, channels, h, w] → the same.
 */
export class ContrastNormalisation extends Module {
  readonly #window: AvgPool2d;

  constructor(window: readonly [height: number, width: number]) {
    super();
    this.#window = new AvgPool2d(window, { stride: 1, padding: 'same' });
  }

  // Autograd holds what it needs; where it needs nothing, as in evaluation, nothing outlives this.
  forward(input: Tensor): Tensor {
    const mean = this.#local(input);
    const centred = input.sub(mean);
    const squares = centred.square();
    const variance = this.#local(squares);
    squares.dispose();
    const deviation = variance.add(CONTRAST_EPSILON).sqrt();
    const divisor = deviation.maximum(deviation.mean([1, 2, 3], true));
    const output = centred.div(divisor);
    for (const made of [mean, centred, variance, deviation, divisor]) made.dispose();
    return output;
  }

  /** [batch, channels, h, w] → [batch, 1, h, w] */
  #local(values: Tensor): Tensor {
    const flat = values.mean(1, true);
    const local = this.#window.forward(flat);
    flat.dispose();
    return local;
  }
}
