import type { RandomStream } from '../../random.ts';

/** How a sign-flip p-value was found. */
export interface SignFlipTest {
  /** Two-sided, in (0, 1]. */
  readonly p: number;
  /** True where all 2ⁿ sign patterns were counted; else a sample of `DRAWN_PATTERNS` of them. */
  readonly exact: boolean;
}

/** Up to so many differences all patterns are counted: 65,536. */
const EXACT_UP_TO = 16;
/** The smallest p that drawn patterns can give is 1 / (DRAWN_PATTERNS + 1). */
export const DRAWN_PATTERNS = 20_000;

/**
 * Permutation test of paired differences: were the two strategies exchangeable, each difference could as well
 * have had the other sign (Fisher 1935, §21). It assumes nothing of the shape of the distribution.
 *
 * p is the share of sign patterns whose sum is at least as far from zero as the observed one. Where patterns are
 * drawn, the observed one is counted among them (Phipson & Smyth 2010), so p is never zero.
 * @param differences at least one, finite
 */
export function signFlipTest(differences: readonly number[], stream: RandomStream): SignFlipTest {
  const observed = Math.abs(differences.reduce((sum, difference) => sum + difference, 0));
  const magnitude = differences.reduce((sum, difference) => sum + Math.abs(difference), 0);
  // The same sum in another order differs in its last bits; without the tolerance ties would count by luck.
  const threshold = observed - 1e-12 * magnitude;
  if (differences.length <= EXACT_UP_TO) {
    return { p: shareOfAllPatterns(differences, threshold), exact: true };
  }
  let atLeast = 1;
  for (let drawn = 0; drawn < DRAWN_PATTERNS; drawn++) {
    if (Math.abs(randomlySignedSum(differences, stream)) >= threshold) atLeast++;
  }
  return { p: atLeast / (DRAWN_PATTERNS + 1), exact: false };
}

function shareOfAllPatterns(differences: readonly number[], threshold: number): number {
  const patterns = 2 ** differences.length;
  let atLeast = 0;
  for (let pattern = 0; pattern < patterns; pattern++) {
    let sum = 0;
    for (const [at, difference] of differences.entries())
      sum += (pattern >> at) & 1 ? difference : -difference;
    if (Math.abs(sum) >= threshold) atLeast++;
  }
  return atLeast / patterns;
}

function randomlySignedSum(differences: readonly number[], stream: RandomStream): number {
  let sum = 0;
  let bits = 0;
  for (let at = 0; at < differences.length; at++) {
    if (at % 32 === 0) bits = stream.integer(2 ** 32);
    sum += bits & 1 ? (differences[at] as number) : -(differences[at] as number);
    bits >>>= 1;
  }
  return sum;
}
