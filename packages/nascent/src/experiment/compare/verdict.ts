import type { Metric } from '../../evaluation/evaluation.ts';
import type { FinalRow, TestedDifference } from './final-table.ts';
import { decimal, differenceUnit, intervalText, pText, shownScale } from './score-text.ts';

/** Corrected p-values below it are called a difference. */
export const SIGNIFICANCE = 0.05;

/** What may be said of a difference. */
export type Finding = 'better' | 'worse' | 'no difference shown' | 'not tested';

export function findingOf({ comparison, correctedP }: TestedDifference): Finding {
  if (correctedP === null) return 'not tested';
  if (correctedP >= SIGNIFICANCE) return 'no difference shown';
  return comparison.mean > 0 ? 'better' : 'worse';
}

/** The finding of a row as a sentence. Nothing is called different without a test and an interval. */
export function verdict(row: FinalRow, reference: string, metric: Metric): string {
  const { strategy, againstReference } = row;
  if (againstReference === null) {
    return `${strategy} and ${reference}: no seed in common with a score in both, so they are not compared.`;
  }
  const { comparison } = againstReference;
  const unit = differenceUnit(metric);
  const scale = shownScale(metric);
  const finding = findingOf(againstReference);
  if (finding === 'not tested') {
    const found = `${decimal(comparison.mean * scale, 2)} ${unit}`;
    return (
      `${strategy} and ${reference}: one paired seed. Its difference of ${found} has no interval and no ` +
      'test, and says nothing of the two strategies.'
    );
  }
  const pairs = `${comparison.pairs} paired seeds`;
  // "Beats" and "is behind" carry the sign already.
  const turned = finding === 'worse' ? -1 : 1;
  const { low, high } = comparison.interval ?? { low: Number.NaN, high: Number.NaN };
  const interval = turned === 1 ? { low, high } : { low: -high, high: -low };
  const amount = intervalText(turned * comparison.mean, interval, scale).replace(' [', ` ${unit} [`);
  const evidence = `${amount}, ${pText(againstReference.correctedP ?? 1)}, ${pairs}`;
  const doubt = secondOpinion(againstReference);
  if (finding === 'better') return `${strategy} beats ${reference} by ${evidence}.${doubt}`;
  if (finding === 'worse') return `${strategy} is behind ${reference} by ${evidence}.${doubt}`;
  return `No difference shown between ${strategy} and ${reference}: ${evidence}.${doubt}`;
}

/** Where the sign-flip test sees it otherwise, the sentence says so. Empty where both agree. */
function secondOpinion({ comparison, correctedP }: TestedDifference): string {
  const { signFlip, pairs } = comparison;
  if (signFlip === null || correctedP === null || correctedP >= SIGNIFICANCE) return '';
  const least = 2 / 2 ** pairs;
  if (least >= SIGNIFICANCE) {
    return (
      ` The sign-flip test cannot confirm it: with ${pairs} pairs its p is never below ` +
      `${decimal(least, 3)}.`
    );
  }
  return signFlip.p >= SIGNIFICANCE ? ` The sign-flip test does not confirm it (${pText(signFlip.p)}).` : '';
}
