import { randomStream } from '../random.ts';
import { bootstrapDifference, bootstrapMean, type Interval } from './statistics/bootstrap.ts';

/** Did the rewards of a study rise? Its first third of trials beside its last. */
export interface LearningProgress {
  readonly first: Interval;
  readonly last: Interval;
  /** Mean of the last third minus mean of the first. */
  readonly difference: Interval;
  /** False where the interval of the difference contains 0: then nobody may call the two means different. */
  readonly distinguishable: boolean;
  /** Trials in each third. */
  readonly trials: number;
  /** The finding as a sentence. */
  readonly words: string;
}

/**
 * @param rewards of terminal trials, in order of trial number
 * @param seed the study's: the same study always prints the same intervals
 * @returns null where a third has fewer than three trials; an interval of two is no interval
 */
export function learningProgress(rewards: readonly number[], seed: number): LearningProgress | null {
  const trials = Math.floor(rewards.length / 3);
  if (trials < 3) return null;
  const before = rewards.slice(0, trials);
  const after = rewards.slice(-trials);
  const difference = bootstrapDifference(before, after, randomStream(seed, 'bootstrap', 'difference'));
  const distinguishable = difference.low > 0 || difference.high < 0;
  return {
    first: bootstrapMean(before, randomStream(seed, 'bootstrap', 'first')),
    last: bootstrapMean(after, randomStream(seed, 'bootstrap', 'last')),
    difference,
    distinguishable,
    trials,
    words: distinguishable
      ? `The last third ${difference.estimate > 0 ? 'earns more' : 'earns less'} than the first.`
      : `The first and the last third cannot be told apart with ${trials} trials each.`,
  };
}
