import type { Metric } from '../../evaluation/evaluation.ts';
import type { SampleDescription } from '../statistics/describe-sample.ts';

/** Shown in a table where there is nothing. */
export const NOTHING = '–';

/** What a score is multiplied by to be shown: accuracies are shown in percent. */
export function shownScale(metric: Metric): number {
  return metric === 'accuracy' ? 100 : 1;
}

/** `points` are percentage points of accuracy. */
export function differenceUnit(metric: Metric): string {
  return metric === 'accuracy' ? 'points' : 'perplexity';
}

/** A number with so many decimals and a real minus sign; `−0.00` is `0.00`. */
export function decimal(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text.replace('-', '−');
}

/** `94.15 ± 0.22 (0.01)`: mean ± standard deviation (standard error), as shown. */
export function spreadText(sample: SampleDescription | null, metric: Metric): string {
  if (sample === null) return NOTHING;
  const shown = (value: number) => decimal(value * shownScale(metric), 2);
  if (sample.std === null || sample.standardError === null) return shown(sample.mean);
  return `${shown(sample.mean)} ± ${shown(sample.std)} (${shown(sample.standardError)})`;
}

/** `0.41 [0.38, 0.44]`, as shown. */
export function intervalText(
  mean: number,
  interval: { readonly low: number; readonly high: number } | null,
  scale: number,
): string {
  const shown = (value: number) => decimal(value * scale, 2);
  if (interval === null) return shown(mean);
  return `${shown(mean)} [${shown(interval.low)}, ${shown(interval.high)}]`;
}

/** `p = 0.012`, `p = 3.1e-7`, `p < 1e-20`. */
export function pText(p: number): string {
  return p < 1e-20 ? 'p < 1e-20' : `p = ${pDigits(p)}`;
}

/** The same for a table: `0.012`, `3.1e-7`, `< 1e-20`. */
export function pCell(p: number): string {
  return p < 1e-20 ? '< 1e-20' : pDigits(p);
}

function pDigits(p: number): string {
  if (p >= 0.001) return p.toFixed(p < 0.1 ? 3 : 2);
  return p.toExponential(1);
}
