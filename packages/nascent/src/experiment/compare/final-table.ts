import type { Metric } from '../../evaluation/evaluation.ts';
import { NOT_MOVED } from '../../strategy/movement.ts';
import type { SearchRun } from '../../trial/search-run.ts';
import { describeSample, type SampleDescription } from '../statistics/describe-sample.ts';
import { holmCorrection } from '../statistics/holm.ts';
import type { PairedComparison } from '../statistics/paired-comparison.ts';
import { secondsOf } from './best-so-far.ts';
import { chosenScore, comparePairedScores } from './paired-scores.ts';
import type { ScoreKind } from './score-kind.ts';
import type { StrategyRuns } from './strategy-runs.ts';

/** One strategy's line of the final table. Scores as they are stored: accuracies are fractions. */
export interface FinalRow {
  readonly strategy: string;
  readonly description: string;
  readonly seeds: number;
  /** Means over runs. */
  readonly trials: number;
  readonly distinctArchitectures: number;
  /** Share of trials whose result the run had already, in [0, 1]. */
  readonly repeats: number;
  readonly seconds: number;
  /** Scores of the chosen architectures (best reward, earliest of equals) over runs; null where there are none. */
  readonly scores: Readonly<Record<ScoreKind, SampleDescription | null>>;
  /** By the report's primary score; null for the reference and where no seed is shared. */
  readonly againstReference: TestedDifference | null;
  readonly policy: PolicyMovement | null;
  /** Wall-clock milliseconds of the strategy itself, for each trial; null where they are not known. */
  readonly strategyMsPerTrial: number | null;
}

/** A comparison with its p-value corrected for how many there were. */
export interface TestedDifference {
  readonly comparison: PairedComparison;
  /** Of the t-test, by Holm; null where there is no test. */
  readonly correctedP: number | null;
  /** How many comparisons were corrected for. */
  readonly family: number;
}

export interface PolicyMovement {
  /** KL(final ‖ initial policy), nats per sample, over the runs that tell it. */
  readonly kl: SampleDescription | null;
  /** Runs that have a policy. */
  readonly runs: number;
  /** Of those, how many say that the controller has not moved. */
  readonly notMoved: number;
}

/** Which strategy the others are compared with: random search where it takes part, else the first. */
export function referenceOf(groups: readonly StrategyRuns[]): StrategyRuns {
  const first = groups.find(({ label }) => label === 'random') ?? groups[0];
  if (first === undefined) throw new RangeError('a comparison has at least one strategy');
  return first;
}

/** @param primary the score by which strategies are compared */
export function finalTable(
  groups: readonly StrategyRuns[],
  reference: StrategyRuns,
  primary: ScoreKind,
  metric: Metric,
): readonly FinalRow[] {
  const differences = correctFamily(
    groups.map((group) =>
      group === reference ? null : comparePairedScores(group, reference, primary, metric),
    ),
  );
  return groups.map((group, at) => ({
    strategy: group.label,
    description: group.description,
    seeds: group.runs.length,
    ...howItSearched(group.runs),
    scores: {
      search: scoresOver(group.runs, 'search'),
      validation: scoresOver(group.runs, 'validation'),
      test: scoresOver(group.runs, 'test'),
    },
    againstReference: differences[at] ?? null,
    policy: policyMovement(group.runs),
  }));
}

/** Two strategies of a comparison, `a` before `b`; the difference is positive where `a` is better. */
export interface PairRow extends TestedDifference {
  readonly a: string;
  readonly b: string;
}

/** Every pair of strategies that shares a seed, corrected for how many pairs there are. */
export function everyPair(
  groups: readonly StrategyRuns[],
  primary: ScoreKind,
  metric: Metric,
): readonly PairRow[] {
  const pairs = groups.flatMap((a, at) => groups.slice(at + 1).map((b) => ({ a, b })));
  const tested = correctFamily(pairs.map(({ a, b }) => comparePairedScores(a, b, primary, metric)));
  return pairs.flatMap(({ a, b }, at) => {
    const difference = tested[at] ?? null;
    return difference === null ? [] : [{ a: a.label, b: b.label, ...difference }];
  });
}

function correctFamily(comparisons: readonly (PairedComparison | null)[]): (TestedDifference | null)[] {
  const tested = comparisons.flatMap((comparison) => comparison?.tTest?.p ?? []);
  const corrected = holmCorrection(tested);
  let next = 0;
  return comparisons.map((comparison) => {
    if (comparison === null) return null;
    const correctedP = comparison.tTest === null ? null : (corrected[next++] ?? null);
    return { comparison, correctedP, family: tested.length };
  });
}

function howItSearched(
  runs: readonly SearchRun[],
): Pick<FinalRow, 'trials' | 'distinctArchitectures' | 'repeats' | 'seconds' | 'strategyMsPerTrial'> {
  const sum = (amount: (run: SearchRun) => number) => runs.reduce((total, run) => total + amount(run), 0);
  const trials = sum((run) => run.trials.reward.length);
  const strategyMs = sum((run) => run.strategyMs);
  return {
    trials: trials / runs.length,
    distinctArchitectures: sum((run) => new Set(run.trials.architecture).size) / runs.length,
    repeats: trials === 0 ? 0 : sum((run) => run.trials.repeat.filter(Boolean).length) / trials,
    seconds: sum(secondsOf) / runs.length,
    strategyMsPerTrial: trials === 0 || strategyMs === 0 ? null : strategyMs / trials,
  };
}

function scoresOver(runs: readonly SearchRun[], kind: ScoreKind): SampleDescription | null {
  return describeSample(runs.flatMap((run) => chosenScore(run, kind) ?? []));
}

function policyMovement(runs: readonly SearchRun[]): PolicyMovement | null {
  const withPolicy = runs.filter(({ policy }) => policy.kl !== null || policy.updates > 0);
  if (withPolicy.length === 0) return null;
  return {
    kl: describeSample(withPolicy.flatMap(({ policy }) => policy.kl ?? [])),
    runs: withPolicy.length,
    notMoved: withPolicy.filter(({ policy }) => policy.note?.includes(NOT_MOVED)).length,
  };
}
