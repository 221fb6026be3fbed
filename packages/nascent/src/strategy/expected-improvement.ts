import { normalDistribution } from './engine-operators.ts';

/**
 * E[max(0, f − best)] for f normal (Jones et al. 1998, eq. 15).
 * @param mean of f at each point
 * @param deviation standard deviation of f at each point, ≥ 0
 * @param best the value to improve on
 */
export function expectedImprovement(
  mean: readonly number[],
  deviation: readonly number[],
  best: number,
): readonly number[] {
  const z = mean.map((mu, i) => (mu - best) / (deviation[i] || Number.MIN_VALUE));
  const below = normalDistribution(z);
  return mean.map((mu, i) => {
    const sigma = deviation[i] ?? 0;
    if (sigma === 0) return Math.max(0, mu - best);
    const density = Math.exp((z[i] ?? 0) ** 2 / -2) / Math.sqrt(2 * Math.PI);
    return (mu - best) * (below[i] ?? 0) + sigma * density;
  });
}
