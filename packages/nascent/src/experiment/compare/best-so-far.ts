import type { RandomStream } from '../../random.ts';
import type { RunTrials, SearchRun } from '../../trial/search-run.ts';
import { type BandPoint, bootstrapBand } from '../statistics/bootstrap-band.ts';
import { type ScoreKind, scoresOf } from './score-kind.ts';

/** A mean over runs with its band, at each x; a point is null where too few runs have a value. */
export interface Curve {
  readonly x: readonly number[];
  readonly points: readonly (BandPoint | null)[];
}

/** At most about so many points in a curve: more cannot be seen. */
const POINTS = 120;

/**
 * The incumbent after each trial: the trained trial with the best reward so far, the earliest of equals. It is
 * chosen by what the search was shown, never by a final score. A child that failed or was stopped early (it has no
 * score, but may have a reward) is the incumbent only while there is no other.
 * @returns for each trial the index of the incumbent
 */
export function incumbents(trials: RunTrials): Int32Array {
  let best = 0;
  return Int32Array.from(trials.reward, (reward, at) => {
    const [trained, before] = [trials.score[at] !== null, trials.score[best] !== null];
    const better = trained === before ? reward > (trials.reward[best] as number) : trained;
    if (better) best = at;
    return best;
  });
}

/** Index of the architecture that a run has chosen in the end; null for a run without trials. */
export function chosenTrial(trials: RunTrials): number | null {
  return incumbents(trials).at(-1) ?? null;
}

/**
 * The incumbent's score against trials. A run that has ended keeps its last incumbent, up to the longest run of
 * `runs`.
 */
export function bestSoFarByTrials(runs: readonly SearchRun[], kind: ScoreKind, stream: RandomStream): Curve {
  const longest = runs.reduce((most, { trials }) => Math.max(most, trials.reward.length), 0);
  const x = trialGrid(longest);
  const curves = runs.map(({ trials }) => {
    const values = incumbentScores(trials, kind);
    return Float64Array.from(x, (trial) => values[Math.min(trial, values.length) - 1] ?? Number.NaN);
  });
  return { x, points: bootstrapBand(curves, stream) };
}

/**
 * The incumbent's score against the seconds charged: a step function, undefined before a run's first trial is
 * complete.
 * @param until the last second drawn; a run that has ended keeps its last incumbent
 */
export function bestSoFarBySeconds(
  runs: readonly SearchRun[],
  kind: ScoreKind,
  until: number,
  stream: RandomStream,
): Curve {
  const x = secondsGrid(until, POINTS);
  const curves = runs.map(({ trials }) => {
    const values = incumbentScores(trials, kind);
    return Float64Array.from(trialsCompleteAt(trials, x), (complete) => values[complete - 1] ?? Number.NaN);
  });
  return { x, points: bootstrapBand(curves, stream) };
}

/** From 0 to `until` in so many steps. */
export function secondsGrid(until: number, steps: number): number[] {
  return Array.from({ length: steps + 1 }, (_, i) => (until * i) / steps);
}

/** How many of a run's trials are complete at each second of an ascending grid. */
export function trialsCompleteAt({ seconds }: RunTrials, grid: readonly number[]): number[] {
  let complete = 0;
  let spent = 0;
  return grid.map((second) => {
    // The tolerance lets a run that ends exactly at its budget have its last trial on the last point.
    for (; complete < seconds.length; complete++) {
      const next = spent + (seconds[complete] as number);
      if (next > second * (1 + 1e-12)) break;
      spent = next;
    }
    return complete;
  });
}

/** Seconds charged to a run. */
export function secondsOf({ trials }: SearchRun): number {
  return trials.seconds.reduce((sum, seconds) => sum + seconds, 0);
}

/** After each trial; NaN where the incumbent has no such score. */
function incumbentScores(trials: RunTrials, kind: ScoreKind): Float64Array {
  const scores = scoresOf(trials, kind);
  return Float64Array.from(incumbents(trials), (at) => scores[at] ?? Number.NaN);
}

function trialGrid(longest: number): number[] {
  const step = Math.max(1, Math.ceil(longest / POINTS));
  const grid: number[] = [];
  for (let trial = 1; trial < longest; trial += step) grid.push(trial);
  return longest > 0 ? [...grid, longest] : grid;
}
