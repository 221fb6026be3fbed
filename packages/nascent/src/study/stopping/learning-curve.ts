import type { EpochReport, Metric } from '../../evaluation/evaluation.ts';

/** What a child reported, in order of epoch. Epochs rise; there need not be a report of each. */
export type LearningCurve = readonly EpochReport[];

/** A child that was trained before the one that is judged, or is being trained beside it. */
export interface OtherCurve {
  readonly curve: LearningCurve;
  /** Whether it was trained to the end. */
  readonly completed: boolean;
}

/** @returns the best score; null for an empty curve */
export function bestScore(curve: LearningCurve): number | null {
  const [first, ...rest] = curve;
  if (first === undefined) return null;
  const { metric } = first.score;
  return rest.reduce(
    (best, { score }) => (isBetter(score.value, best, metric) ? score.value : best),
    first.score.value,
  );
}

/** The running average. @returns the mean of the scores up to an epoch, itself included; null where there are none */
export function meanScoreUntil(curve: LearningCurve, epoch: number): number | null {
  let sum = 0;
  let count = 0;
  for (const report of curve) {
    if (report.epoch > epoch) break;
    sum += report.score.value;
    count++;
  }
  return count === 0 ? null : sum / count;
}

/** Strictly better: more accuracy, less perplexity. */
export function isBetter(a: number, b: number, metric: Metric): boolean {
  return metric === 'perplexity' ? a < b : a > b;
}

/** For people: `accuracy 41.20 %`, `perplexity 81.20`. */
export function scoreWords(value: number, metric: Metric): string {
  return metric === 'accuracy'
    ? `accuracy ${(100 * value).toFixed(2)} %`
    : `${metric} ${value.toPrecision(4)}`;
}
