import type { Evaluation, Score } from '../evaluation/evaluation.ts';
import { type RewardConfig, rewardOf } from '../reinforce/reward.ts';

/** What a trial earned, and the score that it was computed from. */
export interface Earned {
  readonly reward: number;
  /** Null where the reward comes from no score: the child failed. */
  readonly score: Score | null;
}

/**
 * The reward of an evaluation with the score behind it: the best of the last epochs that the reward reads.
 * Without an evaluation (the child died or threw) the reward is the policy's `failed`.
 * @throws RewardRefusedError, for a test score among others
 */
export function earned(evaluation: Evaluation | null, reward: RewardConfig): Earned {
  if (evaluation === null) return { reward: reward.failed, score: null };
  const value = rewardOf(evaluation, reward);
  const { kind } = evaluation.outcome;
  if (kind !== 'completed' && kind !== 'stopped') return { reward: value, score: null };
  const scores = evaluation.curve.slice(-reward.lastEpochs).map((epoch) => epoch.score);
  return { reward: value, score: scores.reduce((best, score) => (isBetter(score, best) ? score : best)) };
}

function isBetter(a: Score, b: Score): boolean {
  return a.metric === 'perplexity' ? a.value < b.value : a.value > b.value;
}
