import { normalQuantiles } from './engine-operators.ts';

/** How rewards become the targets of a regression. */
export type RewardScore = 'rank' | 'standardised';

/**
 * Rewards on a scale on which a Gaussian process can fit them: mean 0, variance 1.
 *
 * `standardised` is linear. `rank` takes the normal quantile of (rank − ½) ÷ n, equal rewards sharing their mean rank,
 * and standardises that: children that fail badly then do not squeeze the good ones together.
 *
 * @returns null where all rewards are equal
 */
export function rewardScores(rewards: readonly number[], score: RewardScore): Float64Array | null {
  const values = score === 'rank' ? normalQuantiles(shares(rewards)) : rewards;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const centred = Float64Array.from(values, (value) => value - mean);
  const deviation = Math.sqrt(centred.reduce((sum, value) => sum + value ** 2, 0) / values.length);
  if (rewards.every((reward) => reward === rewards[0]) || deviation === 0) return null;
  return centred.map((value) => value / deviation);
}

/** (mean rank − ½) ÷ n of each, ranks counted from 1. */
function shares(rewards: readonly number[]): readonly number[] {
  const ascending = [...rewards].sort((a, b) => a - b);
  const ranks = new Map<number, { sum: number; count: number }>();
  for (const [i, reward] of ascending.entries()) {
    const before = ranks.get(reward) ?? { sum: 0, count: 0 };
    ranks.set(reward, { sum: before.sum + i + 1, count: before.count + 1 });
  }
  return rewards.map((reward) => {
    const { sum, count } = ranks.get(reward) ?? { sum: 1, count: 1 };
    return (sum / count - 0.5) / rewards.length;
  });
}
