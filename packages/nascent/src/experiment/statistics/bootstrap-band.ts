import type { RandomStream } from '../../random.ts';

/** A mean curve at one point. */
export interface BandPoint {
  readonly mean: number;
  /** 95 % percentile bootstrap interval of the mean; null for a single curve. */
  readonly band: { readonly low: number; readonly high: number } | null;
  /** How many curves have a value here. */
  readonly count: number;
}

const RESAMPLES = 1000;

/**
 * The mean of several curves with a 95 % percentile bootstrap band, each point for itself.
 *
 * Whole curves are resampled, once for all points, so that the band of a curve does not jump from point to point.
 * @param curves of equal length; NaN where a curve has no value
 * @returns for each point; null where fewer than half of the curves have a value, which would be a mean over a
 *   selection
 */
export function bootstrapBand(
  curves: readonly Float64Array[],
  stream: RandomStream,
): readonly (BandPoint | null)[] {
  const points = curves[0]?.length ?? 0;
  const times = curves.length < 2 ? [] : drawMultiplicities(curves.length, stream);
  return Array.from({ length: points }, (_, at) => {
    const values = Float64Array.from(curves, (curve) => curve[at] ?? Number.NaN);
    const present = values.filter((value) => !Number.isNaN(value));
    if (present.length === 0 || 2 * present.length < curves.length) return null;
    const mean = present.reduce((sum, value) => sum + value, 0) / present.length;
    const band = present.length < 2 ? null : bandOf(values, times);
    return { mean, band, count: present.length };
  });
}

/** How often each curve was drawn, for each resample. */
function drawMultiplicities(count: number, stream: RandomStream): Uint16Array[] {
  return Array.from({ length: RESAMPLES }, () => {
    const times = new Uint16Array(count);
    for (let i = 0; i < count; i++) {
      const at = stream.integer(count);
      times[at] = (times[at] as number) + 1;
    }
    return times;
  });
}

function bandOf(values: Float64Array, resamples: readonly Uint16Array[]): { low: number; high: number } {
  const means = new Float64Array(resamples.length);
  let filled = 0;
  for (const times of resamples) {
    let sum = 0;
    let drawn = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (Number.isNaN(value)) continue;
      sum += (times[i] as number) * value;
      drawn += times[i] as number;
    }
    if (drawn > 0) means[filled++] = sum / drawn; // else only curves without a value were drawn
  }
  const sorted = means.subarray(0, filled).sort();
  return { low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
}

/** Of numbers in ascending order, at least one: the least that `share` of them do not exceed. */
function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
}
