import type { Metric } from '../../evaluation/evaluation.ts';
import type { RandomStream } from '../../random.ts';
import type { RunTrials, SearchRun } from '../../trial/search-run.ts';
import { bootstrapBand } from '../statistics/bootstrap-band.ts';
import { type Curve, secondsGrid, trialsCompleteAt } from './best-so-far.ts';
import { direction } from './score-kind.ts';
import { pairBySeed } from './strategy-runs.ts';

/** The paper's figure shows the best, the best 5 and the best 15 models (§4.2). */
export const TOP_K = [1, 5, 15] as const;

/** One strategy's top-k difference to random search. */
export interface TopKDifference {
  readonly k: number;
  readonly pairs: number;
  /** Mean over seeds, positive where the strategy is better, against trials. */
  readonly curve: Curve;
}

/** Points of a curve against seconds. */
const SECONDS_STEPS = 40;

/** One strategy's top-k mean: mean over its runs, in the score's own unit. */
export interface TopKCurve {
  readonly k: number;
  readonly curve: Curve;
}

/** The paper looks every 400 sampled models (§4.2); shorter searches are looked at some 20 times. */
export function topKCheckpoints(longest: number): number[] {
  const step = longest >= 4000 ? 400 : roundStep(longest / 25);
  const checkpoints: number[] = [];
  for (let trial = step; trial < longest; trial += step) checkpoints.push(trial);
  return longest > 0 ? [...checkpoints, longest] : checkpoints;
}

/** The smallest of 1, 2, 5, 10, 20, 50, … that is not below `least`. */
function roundStep(least: number): number {
  for (let decade = 1; ; decade *= 10) {
    for (const digit of [1, 2, 5]) if (digit * decade >= least) return digit * decade;
  }
}

/**
 * Mean search-time score of the k best distinct models among a run's first n trials, for each n of `checkpoints`.
 * Two samples that build the same architecture are one model; its first score counts. A run that has ended keeps
 * the models that it has.
 * @returns NaN where there are fewer than k distinct models with a score
 */
export function topKMeans(
  trials: RunTrials,
  k: number,
  checkpoints: readonly number[],
  metric: Metric,
): Float64Array {
  const sign = direction(metric);
  const best: number[] = []; // sign × score, the best first, at most k
  const seen = new Set<string>();
  let at = 0;
  return Float64Array.from(checkpoints, (checkpoint) => {
    for (; at < Math.min(checkpoint, trials.score.length); at++) {
      const score = trials.score[at] ?? null;
      const architecture = trials.architecture[at] as string;
      if (score === null || seen.has(architecture)) continue;
      seen.add(architecture);
      insertDescending(best, sign * score, k);
    }
    return best.length < k ? Number.NaN : (sign * best.reduce((sum, value) => sum + value, 0)) / k;
  });
}

/** Top-k means of a strategy's runs against trials, up to the longest of them. */
export function topKByTrials(
  runs: readonly SearchRun[],
  k: number,
  metric: Metric,
  stream: RandomStream,
): TopKCurve {
  const x = topKCheckpoints(longestOf(runs));
  const curves = runs.map(({ trials }) => topKMeans(trials, k, x, metric));
  return { k, curve: { x, points: bootstrapBand(curves, stream) } };
}

/**
 * Top-k means of a strategy's runs against the seconds charged: of the trials that are complete by then.
 * @param until the last second drawn
 */
export function topKBySeconds(
  runs: readonly SearchRun[],
  k: number,
  metric: Metric,
  until: number,
  stream: RandomStream,
): TopKCurve {
  const x = secondsGrid(until, SECONDS_STEPS);
  const curves = runs.map(({ trials }) => topKMeans(trials, k, trialsCompleteAt(trials, x), metric));
  return { k, curve: { x, points: bootstrapBand(curves, stream) } };
}

/** Trials of the longest run. */
function longestOf(runs: readonly SearchRun[]): number {
  return runs.reduce((most, { trials }) => Math.max(most, trials.score.length), 0);
}

function insertDescending(best: number[], value: number, most: number): void {
  const place = best.findIndex((held) => held < value);
  if (place >= 0) best.splice(place, 0, value);
  else if (best.length < most) best.push(value);
  best.length = Math.min(best.length, most);
}

/**
 * The paper's figure (§4.2): the top-k mean of a strategy minus that of random search, paired by seed, with the
 * sign that makes positive better for any metric.
 * @returns null where the two have no seed in common
 */
export function topKDifference(
  strategy: readonly SearchRun[],
  random: readonly SearchRun[],
  k: number,
  metric: Metric,
  stream: RandomStream,
): TopKDifference | null {
  const pairs = pairBySeed(strategy, random);
  if (pairs.length === 0) return null;
  const longest = Math.min(longestOf(pairs.map(({ a }) => a)), longestOf(pairs.map(({ b }) => b)));
  const x = topKCheckpoints(longest);
  const sign = direction(metric);
  const curves = pairs.map(({ a, b }) => {
    const ours = topKMeans(a.trials, k, x, metric);
    const theirs = topKMeans(b.trials, k, x, metric);
    return ours.map((value, at) => sign * (value - (theirs[at] as number)));
  });
  return { k, pairs: pairs.length, curve: { x, points: bootstrapBand(curves, stream) } };
}
