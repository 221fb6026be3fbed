import { NascentError } from '../../errors.ts';
import type { ComparisonFacts, SearchRun } from '../../trial/search-run.ts';

/** All runs of one strategy, in order of seed. */
export interface StrategyRuns {
  readonly label: string;
  /** How it is configured, for people. */
  readonly description: string;
  readonly runs: readonly SearchRun[];
}

/** A comparison of nothing. */
export class NoRunsError extends NascentError {
  constructor() {
    super('COMPARISON_EMPTY', 'there are no runs to compare; run at least one strategy with one seed first.');
  }
}

/** Two runs that would be the same member of a pair. */
export class DuplicateRunError extends NascentError {
  constructor(strategy: string, seed: number) {
    super(
      'COMPARISON_DUPLICATE_RUN',
      `two runs of "${strategy}" have the seed ${seed}; runs are paired by seed, so each strategy may have a ` +
        'seed once. Give one of them another label, or leave it out.',
    );
  }
}

/**
 * The runs by strategy, in the order of the report; strategies of which no run has ended are left out.
 * @throws NoRunsError, DuplicateRunError
 */
export function groupByStrategy(facts: ComparisonFacts, runs: readonly SearchRun[]): readonly StrategyRuns[] {
  if (runs.length === 0) throw new NoRunsError();
  const labels = new Set([...facts.strategies.keys(), ...runs.map(({ strategy }) => strategy)]);
  const groups: StrategyRuns[] = [];
  for (const label of labels) {
    const own = runs.filter(({ strategy }) => strategy === label).sort((a, b) => a.seed - b.seed);
    for (const [at, { seed }] of own.entries()) {
      if (own[at + 1]?.seed === seed) throw new DuplicateRunError(label, seed);
    }
    const description = facts.strategies.get(label) ?? label;
    if (own.length > 0) groups.push({ label, description, runs: own });
  }
  return groups;
}

/** The runs of two strategies that have a seed in common, in order of seed. */
export function pairBySeed(
  a: readonly SearchRun[],
  b: readonly SearchRun[],
): readonly { readonly seed: number; readonly a: SearchRun; readonly b: SearchRun }[] {
  const ofSeed = new Map(b.map((run) => [run.seed, run]));
  return a.flatMap((run) => {
    const other = ofSeed.get(run.seed);
    return other === undefined ? [] : [{ seed: run.seed, a: run, b: other }];
  });
}
