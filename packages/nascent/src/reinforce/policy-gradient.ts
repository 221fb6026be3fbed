import { cat, gradients, type Tensor, tensor } from '@nascent/torch';
import type { Controller } from '../controller/controller.ts';
import { score } from '../controller/scoring.ts';
import type { Sample } from '../search-space/sample.ts';
import type { SearchSpace } from '../search-space/space.ts';

export interface PolicyGradientOptions {
  /** The temperature under which the samples were drawn; 1 by default. */
  readonly temperature?: number;
  /** Weight β of the mean entropy that is added to the objective; 0 by default, as in the paper. */
  readonly entropyBonus?: number;
  /** Samples whose mean log-likelihood is added to the objective (Abolafia et al. 2018); none by default. */
  readonly elites?: readonly Sample[];
  /** Clips the importance ratio (Schulman et al. 2017); absent: the REINFORCE gradient. */
  readonly clip?: {
    /** The ratio counts only inside [1 − ε, 1 + ε]. */
    readonly epsilon: number;
    /** log P of each sample under the policy that the ratio is taken to. */
    readonly before: readonly number[];
  };
}

/**
 * The REINFORCE gradient of one minibatch (Zoph & Le 2017, §3.2), with its sign turned for an optimiser that
 * minimises:
 *
 *   −∇J = −1/m · Σ_k Σ_t ∇ log P(a_t | a_1..a_{t−1}) · (R_k − b)  −  1/|E| · Σ_{e∈E} ∇ log P(e)  −  β · ∇ mean H
 *
 * Only recorded answers get credit. E are the elites. The entropy term differentiates each step's own entropy along
 * the recorded paths of minibatch and elites, not the paths' probability, as is usual. With `clip` the first term is
 * PPO's: −1/m · Σ_k ∇ min(r_k A_k, clamp(r_k, 1 − ε, 1 + ε) A_k) with r_k = P(k) ÷ P_before(k).
 * @param advantages A_k = R_k − b, one for each sample
 * @returns [parameters], owned by the current scope
 * @throws what the space throws for a foreign sample or an invalid answer
 */
export function lossGradient(
  controller: Controller,
  space: SearchSpace,
  samples: readonly Sample[],
  advantages: readonly number[],
  { temperature = 1, entropyBonus = 0, elites = [], clip }: PolicyGradientOptions = {},
): Tensor {
  const { parameters } = controller;
  // One pass of the controller over both.
  const { logProbs, entropies } = score(controller, space, [...samples, ...elites], { temperature });
  const [drawn, best] = logProbs.split([samples.length, elites.length]);
  if (drawn === undefined || best === undefined) throw new Error('unreachable: a split in two has two parts');
  const terms: Tensor[] = [];
  if (samples.length > 0) {
    const weights = advantages.map((advantage) => advantage / samples.length);
    const gained =
      clip === undefined ? drawn.mul(vector(weights, parameters)) : clipped(drawn, weights, clip);
    terms.push(gained.sum());
  }
  if (elites.length > 0) terms.push(best.mean());
  if (entropyBonus !== 0) terms.push(entropies.mean().mul(entropyBonus));
  const loss = cat(
    terms.map((term) => term.reshape([1])),
    0,
  )
    .sum()
    .mul(-1);
  const [gradient] = gradients(loss, [parameters]);
  if (gradient === undefined) throw new Error('unreachable: one input has one gradient');
  return gradient;
}

/** min(r·A, clamp(r)·A), without a minimum: a positive A caps r from above, a negative one from below. */
function clipped(
  logProbs: Tensor,
  weights: readonly number[],
  { epsilon, before }: NonNullable<PolicyGradientOptions['clip']>,
): Tensor {
  const ratio = logProbs.sub(vector(before, logProbs)).exp();
  const gains = vector(
    weights.map((weight) => Math.max(0, weight)),
    logProbs,
  );
  const losses = vector(
    weights.map((weight) => Math.min(0, weight)),
    logProbs,
  );
  return ratio
    .clamp({ max: 1 + epsilon })
    .mul(gains)
    .add(ratio.clamp({ min: 1 - epsilon }).mul(losses));
}

function vector(values: readonly number[], { dtype, device }: Tensor): Tensor {
  return tensor(dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values), {
    shape: [values.length],
    dtype,
    device,
  });
}
