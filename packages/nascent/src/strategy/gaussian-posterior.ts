import { eye, fromBuffer, noGrad, scope, tensor } from '@nascent/torch';
import { cholesky, diagonals, solveLower } from './engine-operators.ts';

/**
 * Gaussian process regression (Rasmussen & Williams 2006, §2.2 and §5.4) with the kernel
 * σ² (exp(−distance ÷ lengthScale) + noise · [same observation]), computed by libtorch in float64.
 *
 * σ² has a closed form, the likeliest value given the rest: yᵀ K⁻¹ y ÷ n.
 */
export interface Kernel {
  /** In units of distance, positive. */
  readonly lengthScale: number;
  /** Variance of an observation's noise, in units of σ²; positive. */
  readonly noise: number;
}

export interface Observations {
  /** [n, n], row after row; zero from each to itself. */
  readonly distances: Float64Array;
  /** [n], mean about 0, not all 0. */
  readonly targets: Float64Array;
}

export interface Likelihood {
  readonly kernel: Kernel;
  /** ln p(targets | kernel) at the likeliest σ². */
  readonly logLikelihood: number;
}

/** Numbers in one batch of covariance matrices: bounds memory to some 10 MB. */
const BATCH_NUMBERS = 1_000_000;

/** The likeliest of some kernels, of equal ones the first. @param kernels at least one */
export function likeliestKernel(observed: Observations, kernels: readonly [Kernel, ...Kernel[]]): Likelihood {
  const n = observed.targets.length;
  const batch = Math.max(1, Math.floor(BATCH_NUMBERS / n ** 2));
  let best: Likelihood = { kernel: kernels[0], logLikelihood: Number.NEGATIVE_INFINITY };
  for (let from = 0; from < kernels.length; from += batch) {
    const some = kernels.slice(from, from + batch);
    for (const [i, logLikelihood] of logLikelihoods(observed, some).entries()) {
      const kernel = some[i];
      if (kernel !== undefined && logLikelihood > best.logLikelihood) best = { kernel, logLikelihood };
    }
  }
  return best;
}

function logLikelihoods({ distances, targets }: Observations, kernels: readonly Kernel[]): readonly number[] {
  const n = targets.length;
  const column = (values: readonly number[]) => tensor(values, { dtype: 'float64' }).reshape([-1, 1, 1]);
  return noGrad(() =>
    scope(() => {
      const correlation = fromBuffer(distances, [1, n, n])
        .div(column(kernels.map(({ lengthScale }) => -lengthScale)))
        .exp();
      const noise = eye(n, { dtype: 'float64' }).mul(column(kernels.map((kernel) => kernel.noise)));
      const factor = cholesky(correlation.add(noise));
      const y = fromBuffer(targets, [1, n, 1]).expand([kernels.length, n, 1]);
      const variance = solveLower(factor, y).square().mean([1, 2]);
      // ½ ln |K| is the sum of ln over the diagonal of K's Cholesky factor.
      const halfLogDeterminant = diagonals(factor).log().sum(1);
      const normalising = variance.mul(2 * Math.PI * Math.E).log();
      return normalising
        .mul(-n / 2)
        .sub(halfLogDeterminant)
        .toNumbers();
    }),
  );
}

/**
 * What the process believes of points that have not been observed, without an observation's noise.
 * @param distancesTo [n, points], row after row, from each observation to each point
 * @returns [points] each
 */
export function posterior(
  { distances, targets }: Observations,
  distancesTo: Float64Array,
  { lengthScale, noise }: Kernel,
): { readonly mean: readonly number[]; readonly deviation: readonly number[] } {
  const n = targets.length;
  const points = distancesTo.length / n;
  return noGrad(() =>
    scope(() => {
      const covariance = (between: Float64Array, shape: readonly number[]) =>
        fromBuffer(between, shape).div(-lengthScale).exp();
      const factor = cholesky(covariance(distances, [n, n]).add(eye(n, { dtype: 'float64' }).mul(noise)));
      const weighted = solveLower(factor, fromBuffer(targets, [n, 1]));
      const projected = solveLower(factor, covariance(distancesTo, [n, points]));
      const mean = projected.mul(weighted).sum(0);
      // Rounding may leave a little below 0 where a point has been observed without noise.
      const variance = projected.square().sum(0).neg().add(1).clamp({ min: 0 }).mul(weighted.square().mean());
      return { mean: mean.toNumbers(), deviation: variance.sqrt().toNumbers() };
    }),
  );
}
