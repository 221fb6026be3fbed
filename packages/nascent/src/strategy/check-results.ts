import { replay } from '../search-space/replay.ts';
import type { SearchSpace } from '../search-space/space.ts';
import { type StrategyResult, StrategyRewardError } from './strategy.ts';

/**
 * Refuses results that a strategy could not learn from, before anything has changed.
 * @returns the results in the order of their trials' numbers, so that the order inside one `tell` does not count
 * @throws ForeignSampleError, InvalidSampleError, StrategyRewardError
 */
export function checkedResults(
  space: SearchSpace,
  results: readonly StrategyResult[],
): readonly StrategyResult[] {
  for (const { number, sample, reward } of results) {
    replay(space, sample);
    if (!Number.isFinite(reward)) throw new StrategyRewardError(number, reward);
  }
  return [...results].sort((a, b) => a.number - b.number);
}
