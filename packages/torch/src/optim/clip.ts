import { native } from '../native.ts';
import type { Tensor } from '../tensor.ts';
import { handles, requireNumber } from './parameters.ts';

/**
 * Scales all gradients together so that their common Euclidean norm is at most `maxNorm` (Pascanu et al. 2013),
 * in place, by the formula of `torch.nn.utils.clip_grad_norm_`. Parameters without a gradient do not count.
 * @param gradients clipped instead of the parameters' own
 * @returns the norm before clipping. Where it is not finite nothing is scaled: the caller decides
 */
export function clipGradNorm(
  parameters: readonly Tensor[],
  maxNorm: number,
  gradients?: readonly Tensor[],
): number {
  requireNumber('clipGradNorm', 'maxNorm', maxNorm);
  return native().clipGradients(
    handles(parameters),
    gradients === undefined ? null : handles(gradients),
    maxNorm,
  );
}
