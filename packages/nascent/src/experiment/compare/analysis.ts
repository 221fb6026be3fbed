import { randomStream } from '../../random.ts';
import type { ComparisonFacts, SearchRun } from '../../trial/search-run.ts';
import { bestSoFarBySeconds, bestSoFarByTrials, type Curve, secondsOf } from './best-so-far.ts';
import { distinctScorePairs, type ScorePairs, type SearchToRetrain, searchToRetrain } from './correlation.ts';
import { everyPair, type FinalRow, finalTable, type PairRow, referenceOf } from './final-table.ts';
import { chosenScore } from './paired-scores.ts';
import type { ScoreKind } from './score-kind.ts';
import { groupByStrategy, type StrategyRuns } from './strategy-runs.ts';
import {
  TOP_K,
  type TopKCurve,
  type TopKDifference,
  topKBySeconds,
  topKByTrials,
  topKDifference,
} from './top-k.ts';
import { verdict } from './verdict.ts';

/** Everything that a report says, as plain data. Scores as they are stored: accuracies are fractions. */
export interface ComparisonAnalysis {
  readonly facts: ComparisonFacts;
  /** The score by which strategies are compared: the final test score where there is one. */
  readonly primary: ScoreKind;
  readonly reference: string;
  readonly rows: readonly FinalRow[];
  readonly verdicts: readonly string[];
  /** Every pair of strategies. */
  readonly pairs: readonly PairRow[];
  readonly bestSoFarByTrials: readonly StrategyCurve[];
  /** Empty where next to no time was charged. */
  readonly bestSoFarBySeconds: readonly StrategyCurve[];
  /** Search-time scores of the best k distinct models, against trials. */
  readonly topKByTrials: readonly StrategyTopKCurve[];
  /** Empty where next to no time was charged. */
  readonly topKBySeconds: readonly StrategyTopKCurve[];
  /** Top-k differences to random search; empty where it takes no part. */
  readonly topK: readonly StrategyTopK[];
  /** Primary scores of the chosen architectures, in order of seed. */
  readonly distribution: readonly { readonly strategy: string; readonly scores: readonly number[] }[];
  /** Null where there are no final scores. */
  readonly correlation: CorrelationFindings | null;
}

export interface StrategyCurve {
  readonly strategy: string;
  readonly curve: Curve;
}

export interface StrategyTopKCurve extends TopKCurve {
  readonly strategy: string;
}

export interface StrategyTopK extends TopKDifference {
  readonly strategy: string;
}

export interface CorrelationFindings {
  /** Which final score. */
  readonly final: ScoreKind;
  readonly overall: SearchToRetrain;
  readonly byStrategy: readonly (SearchToRetrain & { readonly strategy: string })[];
  /** The distinct architectures of all runs. */
  readonly scores: ScorePairs;
}

/** Less is the time of looking a result up, not of training. */
const LEAST_SECONDS_DRAWN = 1;

/**
 * @throws NoRunsError, DuplicateRunError
 */
export function analyseComparison(facts: ComparisonFacts, runs: readonly SearchRun[]): ComparisonAnalysis {
  const groups = groupByStrategy(facts, runs);
  const primary = primaryScore(facts, runs);
  const reference = referenceOf(groups);
  const rows = finalTable(groups, reference, primary, facts.metric);
  return {
    facts,
    primary,
    reference: reference.label,
    rows,
    verdicts: rows
      .filter(({ strategy }) => strategy !== reference.label)
      .map((row) => verdict(row, reference.label, facts.metric)),
    pairs: everyPair(groups, primary, facts.metric),
    bestSoFarByTrials: groups.map(({ label, runs: own }) => ({
      strategy: label,
      curve: bestSoFarByTrials(own, primary, randomStream('report', 'by-trials', label)),
    })),
    bestSoFarBySeconds: bySeconds(groups, facts, ({ label, runs: own }, until) => [
      {
        strategy: label,
        curve: bestSoFarBySeconds(own, primary, until, randomStream('report', 'by-seconds', label)),
      },
    ]),
    topKByTrials: groups.flatMap(({ label, runs: own }) =>
      TOP_K.map((k) => ({
        strategy: label,
        ...topKByTrials(own, k, facts.metric, randomStream('report', 'top-k-by-trials', label, k)),
      })),
    ),
    topKBySeconds: bySeconds(groups, facts, ({ label, runs: own }, until) =>
      TOP_K.map((k) => ({
        strategy: label,
        ...topKBySeconds(own, k, facts.metric, until, randomStream('report', 'top-k-by-seconds', label, k)),
      })),
    ),
    topK: topKDifferences(groups, facts),
    distribution: groups.map(({ label, runs: own }) => ({
      strategy: label,
      scores: own.flatMap((run) => chosenScore(run, primary) ?? []),
    })),
    correlation: correlationFindings(groups, primary, facts),
  };
}

function primaryScore(facts: ComparisonFacts, runs: readonly SearchRun[]): ScoreKind {
  const present = (kind: 'validation' | 'test') =>
    (facts.finals?.[kind] ?? null) !== null && runs.some((run) => chosenScore(run, kind) !== null);
  if (present('test')) return 'test';
  return present('validation') ? 'validation' : 'search';
}

/** What is drawn against time, for each strategy up to the budget or its own longest run; nothing for look-ups. */
function bySeconds<Drawn>(
  groups: readonly StrategyRuns[],
  { budget }: ComparisonFacts,
  draw: (group: StrategyRuns, until: number) => readonly Drawn[],
): Drawn[] {
  const longest = (runs: readonly SearchRun[]) =>
    runs.reduce((most, run) => Math.max(most, secondsOf(run)), 0);
  if (Math.max(...groups.map(({ runs }) => longest(runs))) < LEAST_SECONDS_DRAWN) return [];
  return groups.flatMap((group) => draw(group, budget.seconds ?? longest(group.runs)));
}

function topKDifferences(groups: readonly StrategyRuns[], { metric }: ComparisonFacts): StrategyTopK[] {
  const random = groups.find(({ label }) => label === 'random');
  if (random === undefined) return [];
  return groups.flatMap((group) => {
    if (group === random) return [];
    return TOP_K.flatMap((k) => {
      const stream = randomStream('report', 'top-k', group.label, k);
      const difference = topKDifference(group.runs, random.runs, k, metric, stream);
      return difference === null ? [] : [{ strategy: group.label, ...difference }];
    });
  });
}

function correlationFindings(
  groups: readonly StrategyRuns[],
  primary: ScoreKind,
  { metric }: ComparisonFacts,
): CorrelationFindings | null {
  if (primary === 'search') return null;
  const scores = distinctScorePairs(
    groups.flatMap(({ runs }) => runs),
    primary,
  );
  return {
    final: primary,
    overall: searchToRetrain(scores, metric),
    byStrategy: groups.map(({ label, runs }) => ({
      strategy: label,
      ...searchToRetrain(distinctScorePairs(runs, primary), metric),
    })),
    scores,
  };
}
