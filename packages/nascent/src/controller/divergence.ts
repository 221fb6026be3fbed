import { noGrad, scope, type Tensor } from '@nascent/torch';
import type { Sample } from '../search-space/sample.ts';
import type { SearchSpace } from '../search-space/space.ts';
import type { Controller } from './controller.ts';
import { logSigmoid } from './distribution.ts';
import type { PolicyOptions } from './sampling.ts';
import { distributionsAlong, type StepDistributions } from './scoring.ts';
import { scoringPlan } from './scoring-plan.ts';

/**
 * For each sample, the sum over its steps of KL(current ‖ reference) and of the current policy's entropy, in
 * nats, computed on the host in float64.
 *
 * Averaged over samples drawn from `current` this is an unbiased estimate of the divergence of the whole
 * policies (the chain rule), never negative, and far less noisy than the mean of log-probability differences:
 * only the path is random, each step is summed exactly.
 */
export function divergenceAlong(
  current: Controller,
  reference: Controller,
  space: SearchSpace,
  samples: readonly Sample[],
  options: PolicyOptions = {},
): { readonly divergences: readonly number[]; readonly entropies: readonly number[] } {
  const plan = scoringPlan(current.layout, space, samples);
  const divergences = samples.map(() => 0);
  const entropies = samples.map(() => 0);
  const add = (totals: number[], row: number | undefined, value: number) => {
    if (row !== undefined) totals[row] = (totals[row] ?? 0) + value;
  };
  const here = hostDistributions(() => distributionsAlong(current, plan, options));
  const there = hostDistributions(() => distributionsAlong(reference, plan, options));

  const { columns } = current.layout;
  for (const [at, row] of plan.choices.samples.entries()) {
    for (let column = at * columns; column < (at + 1) * columns; column++) {
      if (plan.choices.allowed[column] !== 1) continue;
      const logP = here.optionLogProbs[column] ?? 0;
      const p = Math.exp(logP);
      add(divergences, row, p * (logP - (there.optionLogProbs[column] ?? 0)));
      add(entropies, row, -p * logP);
    }
  }
  const pairRows = [...plan.anchorPairs.values()].flatMap((pairs) => pairs.samples);
  for (const [at, row] of pairRows.entries()) {
    const logit = here.anchorLogits[at] ?? 0;
    const other = there.anchorLogits[at] ?? 0;
    for (const sign of [1, -1]) {
      const logP = logSigmoid(sign * logit);
      add(divergences, row, Math.exp(logP) * (logP - logSigmoid(sign * other)));
      add(entropies, row, -Math.exp(logP) * logP);
    }
  }
  return { divergences, entropies };
}

function hostDistributions(run: () => StepDistributions) {
  const download = (tensor: Tensor | null): ArrayLike<number> =>
    tensor === null ? [] : (tensor.toArray() as Float32Array | Float64Array);
  return noGrad(() =>
    scope(() => {
      const { optionLogProbs, anchorLogits } = run();
      return { optionLogProbs: download(optionLogProbs), anchorLogits: download(anchorLogits) };
    }),
  );
}
