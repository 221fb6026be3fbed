import type { NetworkDescription } from '../../../search-space/index.ts';
import { type Lane, runBeside, type Skip, skipsOf } from '../lanes.ts';

export type Side = 'left' | 'right';

/** A skip's lane in the gutter on one side of the boxes. */
export interface SideLane extends Lane {
  readonly side: Side;
}

/** Indices of skips on one side, from the boxes outwards. */
type Order = readonly number[];
type Sides = Readonly<Record<Side, Order>>;
interface Arrangement extends Sides {
  readonly crossings: number;
  readonly width: number;
}
/** `[inner][outer]`: how often two lanes cross when they run on one side. */
type Crossings = readonly (readonly number[])[];

const SIDES: readonly Side[] = ['left', 'right'];
/** In practice two or three sweeps are enough. */
const MOST_SWEEPS = 12;

/**
 * Gives each skip a lane in one of two gutters so that few lines cross: lanes are taken out one by one and put back
 * at the best place on either side (sifting; Matuszewski, Schönfeld & Molitor 1999) until none finds a better one;
 * of several starts the best result is taken. Of equally many crossings those in the narrower drawing are preferred.
 * Deterministic.
 */
export function sideLanesOf(description: NetworkDescription): readonly SideLane[] {
  const skips = skipsOf(description);
  const crossings = skips.map((inner) => skips.map((outer) => crossingsOf(inner, outer)));
  const lengthOf = (lane: number) => (skips[lane]?.end ?? 0) - (skips[lane]?.source ?? 0);
  const downwards = [...skips.keys()];
  const shortFirst = downwards.toSorted((a, b) => lengthOf(a) - lengthOf(b));
  const starts = [shortFirst, shortFirst.toReversed(), downwards, downwards.toReversed()];
  const arrangements = starts.map((turns) => sifted(turns, skips, crossings));
  const best = arrangements.reduce((least, other) => (isBetter(other, least) ? other : least));
  return SIDES.flatMap((side) => lanesInOrder(best[side], skips).map((lane) => ({ ...lane, side })));
}

function sifted(turns: Order, skips: readonly Skip[], crossings: Crossings): Arrangement {
  let sides: Sides = { left: [], right: [] };
  let before = Number.POSITIVE_INFINITY;
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    for (const lane of turns) sides = putBack(lane, without(sides, lane), skips, crossings);
    const total = totalOf(sides, crossings);
    if (total >= before) break;
    before = total;
  }
  return { ...sides, crossings: totalOf(sides, crossings), width: widthOf(sides, skips) };
}

function isBetter(a: Arrangement, b: Arrangement): boolean {
  return a.crossings < b.crossings || (a.crossings === b.crossings && a.width < b.width);
}

function totalOf(sides: Sides, crossings: Crossings): number {
  let total = 0;
  for (const side of SIDES) {
    for (const [at, outer] of sides[side].entries()) {
      for (const inner of sides[side].slice(0, at)) total += crossings[inner]?.[outer] ?? 0;
    }
  }
  return total;
}

/** Columns on both sides. */
function widthOf(sides: Sides, skips: readonly Skip[]): number {
  return SIDES.reduce((sum, side) => sum + columnsOf(lanesInOrder(sides[side], skips)), 0);
}

/**
 * How often the level lines of `outer` cross the vertical one of `inner`. A line that arrives where `inner` ends
 * joins it there.
 */
function crossingsOf(inner: Skip, outer: Skip): number {
  const passes = (layer: number) => inner.source < layer && layer < inner.end;
  return [outer.source, ...outer.targets].filter(passes).length;
}

function without({ left, right }: Sides, lane: number): Sides {
  const others = (other: number) => other !== lane;
  return { left: left.filter(others), right: right.filter(others) };
}

function putBack(lane: number, sides: Sides, skips: readonly Skip[], crossings: Crossings): Sides {
  const between = (inner: number, outer: number) => crossings[inner]?.[outer] ?? 0;
  const [left, right] = SIDES.map((side) => {
    // As the innermost lane it is crossed by all others; further out it crosses those that it has passed.
    let count = sides[side].reduce((sum, other) => sum + between(lane, other), 0);
    let best = { at: 0, crossed: count };
    for (const [i, other] of sides[side].entries()) {
      count += between(other, lane) - between(lane, other);
      if (count < best.crossed) best = { at: i + 1, crossed: count };
    }
    return { crossed: best.crossed, sides: { ...sides, [side]: sides[side].toSpliced(best.at, 0, lane) } };
  });
  if (left === undefined || right === undefined) return sides;
  if (left.crossed !== right.crossed) return left.crossed < right.crossed ? left.sides : right.sides;
  return widthOf(right.sides, skips) < widthOf(left.sides, skips) ? right.sides : left.sides;
}

/** Lanes of one side in columns as near to the boxes as their order allows. */
function lanesInOrder(order: Order, skips: readonly Skip[]): readonly Lane[] {
  const placed: Lane[] = [];
  for (const index of order) {
    const skip = skips[index] as Skip;
    let column = 0;
    for (const lane of placed) if (lane.column >= column && runBeside(lane, skip)) column = lane.column + 1;
    placed.push({ ...skip, column });
  }
  return placed;
}

/** Columns that lanes take. */
export function columnsOf(lanes: readonly Lane[]): number {
  return Math.max(-1, ...lanes.map((lane) => lane.column)) + 1;
}
