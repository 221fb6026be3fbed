import { gradients, type Tensor, tensor } from '@nascent/torch';
import type { Controller } from '../controller/controller.ts';
import { score } from '../controller/scoring.ts';
import type { Sample } from '../search-space/sample.ts';
import type { SearchSpace } from '../search-space/space.ts';

export interface PolicyGradientOptions {
  /** The temperature under which the samples were drawn; 1 by default. */
  readonly temperature?: number;
  /** Weight β of the mean entropy that is added to the objective; 0 by default, as in the paper. */
  readonly entropyBonus?: number;
}

/**
 * The REINFORCE gradient of one minibatch (Zoph & Le 2017, §3.2), with its sign turned for an optimiser that
 * minimises:
 *
 *   −∇J = −1/m · Σ_k Σ_t ∇ log P(a_t | a_1..a_{t−1}) · (R_k − b)  −  β/m · Σ_k Σ_t ∇ H_t
 *
 * Only recorded answers get credit. The entropy term differentiates each step's own entropy along the recorded
 * path, not the path's probability, as is usual.
 * @param advantages R_k − b, one for each sample
 * @returns [parameters], owned by the current scope
 * @throws what the space throws for a foreign sample or an invalid answer
 */
export function lossGradient(
  controller: Controller,
  space: SearchSpace,
  samples: readonly Sample[],
  advantages: readonly number[],
  { temperature = 1, entropyBonus = 0 }: PolicyGradientOptions = {},
): Tensor {
  const { parameters } = controller;
  const { logProbs, entropies } = score(controller, space, samples, { temperature });
  const weights = advantages.map((advantage) => -advantage / samples.length);
  const weighted = tensor(
    parameters.dtype === 'float64' ? Float64Array.from(weights) : Float32Array.from(weights),
    { shape: [samples.length], dtype: parameters.dtype, device: parameters.device },
  );
  let loss = logProbs.mul(weighted).sum();
  if (entropyBonus !== 0) loss = loss.sub(entropies.mean().mul(entropyBonus));
  const [gradient] = gradients(loss, [parameters]);
  if (gradient === undefined) throw new Error('unreachable: one input has one gradient');
  return gradient;
}
