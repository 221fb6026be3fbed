import { mean, quantileSorted } from 'simple-statistics';
import type { RandomStream } from '../../random.ts';

/** An estimate with its 95 % interval. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 4000;

function resampledMean(values: readonly number[], stream: RandomStream): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[stream.integer(values.length)] as number;
  return sum / values.length;
}

/** @param resamples the estimate of each resample, at least one */
export function percentileInterval(estimate: number, resamples: readonly number[]): Interval {
  const sorted = [...resamples].sort((a, b) => a - b);
  return { estimate, low: quantileSorted(sorted, 0.025), high: quantileSorted(sorted, 0.975) };
}

/** Mean of `values` (at least one) with its percentile bootstrap interval. */
export function bootstrapMean(values: readonly number[], stream: RandomStream): Interval {
  const resamples = Array.from({ length: RESAMPLES }, () => resampledMean(values, stream));
  return percentileInterval(mean([...values]), resamples);
}

/** mean(`after`) − mean(`before`), two independent groups, with its percentile bootstrap interval. */
export function bootstrapDifference(
  before: readonly number[],
  after: readonly number[],
  stream: RandomStream,
): Interval {
  const resamples = Array.from(
    { length: RESAMPLES },
    () => resampledMean(after, stream) - resampledMean(before, stream),
  );
  return percentileInterval(mean([...after]) - mean([...before]), resamples);
}
