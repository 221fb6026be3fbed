import type { Metric } from '../../evaluation/evaluation.ts';
import { randomStream } from '../../random.ts';
import type { SearchRun } from '../../trial/search-run.ts';
import type { Interval } from '../statistics/bootstrap.ts';
import { kendallTauInterval } from '../statistics/kendall.ts';
import { direction, type ScoreKind, scoresOf } from './score-kind.ts';

/** Kendall's τ-b over some architectures; `tau` is null where it is undefined. */
export interface Correlation {
  readonly architectures: number;
  readonly tau: Interval | null;
}

/** How well search-time scores order architectures by what they are worth when fully trained. */
export interface SearchToRetrain {
  readonly all: Correlation;
  /** Among the best tenth by search-time score: there a search has to choose. */
  readonly top: Correlation;
}

/** Both scores of some architectures, index by index. */
export interface ScorePairs {
  readonly search: readonly number[];
  readonly final: readonly number[];
}

/**
 * Search-to-retrain correlation of any architectures: those of a comparison, all cells of a table, or children
 * that were really trained again.
 * @param metric says which search-time scores are the best tenth
 */
export function searchToRetrain({ search, final }: ScorePairs, metric: Metric): SearchToRetrain {
  const count = Math.ceil(search.length / 10);
  const order = [...search.keys()].sort(
    (a, b) => direction(metric) * ((search[b] as number) - (search[a] as number)) || a - b,
  );
  const best = order.slice(0, count);
  return {
    all: correlation(search, final),
    top: correlation(
      best.map((at) => search[at] as number),
      best.map((at) => final[at] as number),
    ),
  };
}

function correlation(search: readonly number[], final: readonly number[]): Correlation {
  const tau = kendallTauInterval(search, final, randomStream('report', 'kendall'));
  return { architectures: search.length, tau };
}

/**
 * The distinct architectures of some runs that have both scores; where one was evaluated several times, the first
 * search-time score counts, as a search would have seen it.
 */
export function distinctScorePairs(runs: readonly SearchRun[], final: ScoreKind): ScorePairs {
  const search: number[] = [];
  const finals: number[] = [];
  const seen = new Set<string>();
  for (const { trials } of runs) {
    const finalScores = scoresOf(trials, final);
    for (const [at, architecture] of trials.architecture.entries()) {
      const searchScore = trials.score[at] ?? null;
      const finalScore = finalScores[at] ?? null;
      if (searchScore === null || finalScore === null || seen.has(architecture)) continue;
      seen.add(architecture);
      search.push(searchScore);
      finals.push(finalScore);
    }
  }
  return { search, final: finals };
}
