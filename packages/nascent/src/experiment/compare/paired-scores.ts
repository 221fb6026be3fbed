import type { Metric } from '../../evaluation/evaluation.ts';
import { randomStream } from '../../random.ts';
import type { SearchRun } from '../../trial/search-run.ts';
import { comparePaired, type PairedComparison } from '../statistics/paired-comparison.ts';
import { chosenTrial } from './best-so-far.ts';
import { direction, type ScoreKind, scoresOf } from './score-kind.ts';
import { pairBySeed, type StrategyRuns } from './strategy-runs.ts';

/** The score of the architecture that a run has chosen; null where there is none. */
export function chosenScore({ trials }: SearchRun, kind: ScoreKind): number | null {
  const chosen = chosenTrial(trials);
  return chosen === null ? null : (scoresOf(trials, kind)[chosen] ?? null);
}

/**
 * Two strategies by the scores of what they chose, paired by seed; differences are positive where `a` is better.
 * Seeds that one of the two has no score for are left out.
 * @returns null where there is no pair
 */
export function comparePairedScores(
  a: StrategyRuns,
  b: StrategyRuns,
  kind: ScoreKind,
  metric: Metric,
): PairedComparison | null {
  const differences = pairBySeed(a.runs, b.runs).flatMap((pair) => {
    const ours = chosenScore(pair.a, kind);
    const theirs = chosenScore(pair.b, kind);
    return ours === null || theirs === null ? [] : [direction(metric) * (ours - theirs)];
  });
  return comparePaired(differences, randomStream('report', 'sign-flip', a.label, b.label, kind));
}
