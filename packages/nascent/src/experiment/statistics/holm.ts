/**
 * p-values corrected for how many comparisons were made (Holm 1979, step-down).
 *
 * Calling every comparison with a corrected p below α different is wrong about even one of them with a
 * probability of at most α, however the tests depend on one another.
 * @param p each in [0, 1]
 * @returns in the same order, each in [0, 1] and never below its own p
 */
export function holmCorrection(p: readonly number[]): number[] {
  const order = p.map((_, at) => at).sort((a, b) => (p[a] as number) - (p[b] as number));
  const corrected = new Array<number>(p.length).fill(1);
  let largest = 0;
  for (const [rank, at] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (p.length - rank) * (p[at] as number)));
    corrected[at] = largest;
  }
  return corrected;
}
