import type { RandomStream } from '../../random.ts';
import { type Interval, percentileInterval } from './bootstrap.ts';

/**
 * Kendall's τ-b: do two scores put the same things in the same order? 1: always, 0: no relation, −1: reversed.
 * Pairs that are tied in one of the scores are left out of its part of the denominator (Kendall 1945).
 *
 * O(n log n), after Knight 1966.
 * @returns null where it is undefined: fewer than two points, or one of the scores is the same everywhere
 */
export function kendallTau(x: readonly number[], y: readonly number[]): number | null {
  return weightedTau(rankPoints(x, y), null);
}

/**
 * τ-b with its 95 % percentile bootstrap interval over the points.
 * A point that is drawn twice is tied with itself in both scores, and so drops out of τ-b.
 * @returns null where τ-b is undefined
 */
export function kendallTauInterval(
  x: readonly number[],
  y: readonly number[],
  stream: RandomStream,
): Interval | null {
  const points = rankPoints(x, y);
  const estimate = weightedTau(points, null);
  if (estimate === null) return null;
  const count = points.y.length;
  // Bounds the work to a second or two: 2,000 resamples of up to 2,000 points, at least 200 of more.
  const resamples = Math.min(2000, Math.max(200, Math.round(4e6 / count)));
  const drawn: number[] = [];
  const times = new Uint32Array(count);
  for (let i = 0; i < resamples; i++) {
    times.fill(0);
    for (let j = 0; j < count; j++) {
      const at = stream.integer(count);
      times[at] = (times[at] as number) + 1;
    }
    const tau = weightedTau(points, times);
    if (tau !== null) drawn.push(tau); // all points drawn tied: says nothing
  }
  return percentileInterval(estimate, drawn);
}

/** Points in the order of x, with the ranks of both scores counted from 0, equal scores on equal ranks. */
interface RankedPoints {
  readonly x: Int32Array;
  readonly y: Int32Array;
  readonly ranksOfY: number;
}

function rankPoints(x: readonly number[], y: readonly number[]): RankedPoints {
  const rankX = denseRanks(x);
  const rankY = denseRanks(y);
  const order = Int32Array.from(x.keys()).sort((a, b) => (rankX[a] as number) - (rankX[b] as number));
  return {
    x: order.map((at) => rankX[at] as number),
    y: order.map((at) => rankY[at] as number),
    ranksOfY: rankY.reduce((most, rank) => Math.max(most, rank + 1), 0),
  };
}

function denseRanks(values: readonly number[]): Int32Array {
  const distinct = Float64Array.from(new Set(values)).sort();
  const rankOf = new Map([...distinct].map((value, rank) => [value, rank]));
  return Int32Array.from(values, (value) => rankOf.get(value) as number);
}

/** τ-b of points that each occur `times` times (once where it is null). */
function weightedTau({ x, y, ranksOfY }: RankedPoints, times: Uint32Array | null): number | null {
  const weight = (at: number): number => (times === null ? 1 : (times[at] as number));
  const below = new Float64Array(ranksOfY + 1); // Fenwick tree over the ranks of y of the points passed
  const ofRank = new Float64Array(ranksOfY);
  const upTo = (rank: number): number => {
    let sum = 0;
    for (let node = rank; node > 0; node -= node & -node) sum += below[node] as number;
    return sum;
  };
  let concordantLessDiscordant = 0;
  let passed = 0;
  let pairsTiedInX = 0;
  for (let start = 0; start < x.length; ) {
    let end = start;
    let group = 0;
    for (; end < x.length && x[end] === x[start]; end++) {
      const rank = y[end] as number;
      const smaller = upTo(rank);
      const larger = passed - smaller - (ofRank[rank] as number);
      concordantLessDiscordant += weight(end) * (smaller - larger);
      group += weight(end);
    }
    for (let at = start; at < end; at++) {
      const rank = y[at] as number;
      ofRank[rank] = (ofRank[rank] as number) + weight(at);
      for (let node = rank + 1; node <= ranksOfY; node += node & -node) {
        below[node] = (below[node] as number) + weight(at);
      }
    }
    passed += group;
    pairsTiedInX += pairsOf(group);
    start = end;
  }
  const pairsTiedInY = ofRank.reduce((sum, count) => sum + pairsOf(count), 0);
  const pairs = pairsOf(passed);
  const denominator = Math.sqrt((pairs - pairsTiedInX) * (pairs - pairsTiedInY));
  return denominator > 0 ? concordantLessDiscordant / denominator : null;
}

function pairsOf(count: number): number {
  return (count * (count - 1)) / 2;
}
