import type { Metric } from '../../evaluation/evaluation.ts';
import type { ComparisonFacts, RunTrials } from '../../trial/search-run.ts';

/** Which of a trial's scores: the one that the search was shown, or one opened after the run had ended. */
export type ScoreKind = 'search' | 'validation' | 'test';

/** A column of scores, one for each trial; null where there is none. */
export function scoresOf(trials: RunTrials, kind: ScoreKind): readonly (number | null)[] {
  if (kind === 'search') return trials.score;
  return kind === 'validation' ? trials.finalValidation : trials.finalTest;
}

/** 1 where more is better, −1 where less is: a difference times this is positive where the first is better. */
export function direction(metric: Metric): 1 | -1 {
  return metric === 'accuracy' ? 1 : -1;
}

/** For people: `final test accuracy (test200)`. */
export function nameOfKind(facts: ComparisonFacts, kind: ScoreKind): string {
  if (kind === 'search') {
    return facts.scoreSplit === 'validation'
      ? `search-time validation ${facts.metric}`
      : `search-time ${facts.metric} of the benchmark`;
  }
  const column = facts.finals?.[kind] ?? null;
  // A table names its column; of a data set there is only the split, which the kind says already.
  const named = column === null || column === `${kind} split` ? '' : ` (${column})`;
  return `final ${kind} ${facts.metric}${named}`;
}

/** The same with its unit, for an axis. */
export function axisTitle(facts: ComparisonFacts, kind: ScoreKind): string {
  const name = nameOfKind(facts, kind);
  return facts.metric === 'accuracy' ? `${name}, %` : name;
}
