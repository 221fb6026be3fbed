import { hammingDistances } from './answer-features.ts';
import { type Kernel, likeliestKernel } from './gaussian-posterior.ts';

/** A kernel over answers. Plain data: it is part of a strategy's state. */
export interface AnswerKernel extends Kernel {
  /** What unequal answers to a decision add to the distance; a decision that is not named adds 1. */
  readonly weights: Readonly<Record<string, number>>;
}

/** In units of the number of features, which is the greatest distance. */
const LENGTH_SCALES = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4];
/** In units of the process's variance. The smallest keeps the matrix positive definite where samples repeat. */
const NOISES = [1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3];
/** One step of a weight, up or down. */
const WEIGHT_STEP = 4;

/** One weight for each feature. */
export function featureWeights(
  decisions: readonly string[],
  weights: AnswerKernel['weights'],
): readonly number[] {
  return decisions.map((decision) => (Object.hasOwn(weights, decision) ? (weights[decision] ?? 1) : 1));
}

/**
 * Chooses a kernel by marginal likelihood: length scale and noise on a grid with all weights 1, then once through the
 * decisions, whether a weight of ¼ or of 4 is likelier.
 *
 * @param samples feature vectors, one for each target
 * @param decisions the decision behind each feature
 * @param targets mean 0, not all equal
 */
export function fitKernel(
  samples: readonly Int32Array[],
  decisions: readonly string[],
  targets: Float64Array,
): AnswerKernel {
  const likeliest = (weights: AnswerKernel['weights'], kernels: readonly [Kernel, ...Kernel[]]) => {
    const distances = hammingDistances(samples, samples, featureWeights(decisions, weights));
    return likeliestKernel({ distances, targets }, kernels);
  };
  const [first, ...others] = LENGTH_SCALES.flatMap((scale) =>
    NOISES.map((noise) => ({ lengthScale: scale * Math.max(1, decisions.length), noise })),
  );
  let weights: Record<string, number> = {};
  let best = likeliest(weights, [first as Kernel, ...others]);
  for (const decision of new Set(decisions)) {
    for (const weight of [1 / WEIGHT_STEP, WEIGHT_STEP]) {
      const changed = { ...weights, [decision]: weight };
      const found = likeliest(changed, [best.kernel]);
      if (found.logLikelihood > best.logLikelihood) [best, weights] = [found, changed];
    }
  }
  return { ...best.kernel, weights };
}
