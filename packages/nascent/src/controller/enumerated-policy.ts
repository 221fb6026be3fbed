import { noGrad, scope } from '@nascent/torch';
import { enumerate } from '../search-space/enumerate.ts';
import type { Sample, SpaceArguments } from '../search-space/sample.ts';
import type { SearchSpace } from '../search-space/space.ts';
import type { Controller } from './controller.ts';
import type { ControllerLayout } from './layout.ts';
import { distributionsAlong, scoresAlong } from './scoring.ts';
import { scoringPlan } from './scoring-plan.ts';

/** Samples scored at once: large enough to be fast, small enough for memory. */
const CHUNK = 1024;

/** A small space's whole policy: every sample, and the exact probability of each under given weights. */
export interface EnumeratedPolicy {
  readonly samples: readonly Sample[];
  /** In the order of `samples`; sums to 1 up to the controller's rounding. */
  probabilities(controller: Controller): Float64Array;
  /** Σ P(sample)·R(sample), with the rewards in the order of `samples`. */
  expectedReward(controller: Controller, rewards: readonly number[]): number;
}

/** For spaces of at most some ten thousand samples: all of them are replayed once and kept. */
export function enumeratedPolicy(
  layout: ControllerLayout,
  space: SearchSpace,
  args: SpaceArguments,
): EnumeratedPolicy {
  const samples = [...enumerate(space, args)];
  const plans = Array.from({ length: Math.ceil(samples.length / CHUNK) }, (_, chunk) =>
    scoringPlan(layout, space, samples.slice(chunk * CHUNK, (chunk + 1) * CHUNK)),
  );
  const probabilities = (controller: Controller): Float64Array => {
    const chunks = plans.map((plan) =>
      noGrad(() =>
        scope(() => {
          const { logProbs } = scoresAlong(plan, distributionsAlong(controller, plan), controller);
          return Array.from(logProbs.toArray() as Float32Array | Float64Array, Math.exp);
        }),
      ),
    );
    return Float64Array.from(chunks.flat());
  };
  return {
    samples,
    probabilities,
    expectedReward: (controller, rewards) =>
      probabilities(controller).reduce((sum, probability, at) => sum + probability * (rewards[at] ?? 0), 0),
  };
}
