import type { Stopped } from '../../evaluation/evaluation.ts';
import {
  bestScore,
  isBetter,
  type LearningCurve,
  meanScoreUntil,
  type OtherCurve,
  scoreWords,
} from './learning-curve.ts';
import type { MedianRule } from './rule.ts';

/**
 * The median stopping rule of Vizier (Golovin et al. 2017, §3.2.2): a child is stopped at epoch e if its best score by
 * e is strictly worse than the median, over the trials trained to the end, of their mean score up to e.
 *
 * Two bounds are ours: the rule says nothing before epoch `after`, nor before `warmUpTrials` trials were trained to
 * the end.
 * @param curve of the child, up to the epoch that it has just finished
 * @returns null: it goes on
 */
export function medianVerdict(
  { after, warmUpTrials }: MedianRule,
  curve: LearningCurve,
  others: readonly OtherCurve[],
): Stopped | null {
  const last = curve.at(-1);
  const best = bestScore(curve);
  if (last === undefined || best === null || last.epoch < after) return null;
  const means = others
    .filter(({ completed }) => completed)
    .flatMap((other) => meanScoreUntil(other.curve, last.epoch) ?? []);
  if (means.length < warmUpTrials) return null;
  const middle = median(means);
  const { metric } = last.score;
  if (!isBetter(middle, best, metric)) return null;
  const detail =
    `best ${scoreWords(best, metric)} by epoch ${last.epoch}, worse than ${scoreWords(middle, metric)}, the median of ` +
    `the running averages of ${means.length} completed trials`;
  return { kind: 'stopped', epoch: last.epoch, rule: 'median', detail };
}

/** Of an even number of values the mean of the two in the middle. @param values at least one */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}
