import jStat from 'jstat';
import type { RandomStream } from '../../random.ts';
import { describeSample } from './describe-sample.ts';
import { type SignFlipTest, signFlipTest } from './sign-flip.ts';

/** What paired differences say of two strategies. */
export interface PairedComparison {
  readonly pairs: number;
  /** Mean difference, in the unit of the differences. */
  readonly mean: number;
  /** Of the differences, with n − 1; null for one pair. */
  readonly std: number | null;
  /** 95 % interval of the mean difference, by Student's t; null for one pair. */
  readonly interval: { readonly low: number; readonly high: number } | null;
  /** Student's paired t-test, two-sided; null for one pair. */
  readonly tTest: { readonly t: number; readonly degrees: number; readonly p: number } | null;
  /** A second opinion that assumes no normal distribution; null for one pair. */
  readonly signFlip: SignFlipTest | null;
  /** Paired effect size: mean / std of the differences (Cohen 1988, d_z); null where the std is 0 or unknown. */
  readonly dz: number | null;
}

/** Two-sided p of Student's t. Accurate to about nine digits; 0 below 1e-300. */
export function studentTwoSidedP(t: number, degrees: number): number {
  return Math.min(1, 2 * jStat.studentt.cdf(-Math.abs(t), degrees));
}

/**
 * @param differences one for each pair, finite
 * @param stream for the sign patterns where there are too many to count
 * @returns null where there are no pairs
 */
export function comparePaired(differences: readonly number[], stream: RandomStream): PairedComparison | null {
  const described = describeSample(differences);
  if (described === null) return null;
  const { count: pairs, mean, std, standardError } = described;
  if (std === null || standardError === null) {
    return { pairs, mean, std, interval: null, tTest: null, signFlip: null, dz: null };
  }
  const degrees = pairs - 1;
  const margin = jStat.studentt.inv(0.975, degrees) * standardError;
  return {
    pairs,
    mean,
    std,
    interval: { low: mean - margin, high: mean + margin },
    tTest: { degrees, ...tAndP(mean, standardError, degrees) },
    signFlip: signFlipTest(differences, stream),
    dz: std === 0 ? null : mean / std,
  };
}

function tAndP(mean: number, standardError: number, degrees: number): { t: number; p: number } {
  // Equal differences have no spread to measure them by: t is 0 where there is no difference, else without bound.
  if (standardError === 0) return mean === 0 ? { t: 0, p: 1 } : { t: Math.sign(mean) * Infinity, p: 0 };
  const t = mean / standardError;
  return { t, p: studentTwoSidedP(t, degrees) };
}
