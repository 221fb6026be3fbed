import type { NetworkDescription } from '../../../search-space/index.ts';
import { BOX_HEIGHT, type BoxColumn, topOf } from './box-column.ts';
import { element, numeral } from './element.ts';
import { columnsOf, type Side, type SideLane } from './side-lanes.ts';

const INK = '#333333';
const LINE = { fill: 'none', stroke: INK, 'stroke-width': 1.3 };
/** Pixels: between lanes, from a box to its first lane, of a lane's bends. */
const [SPACING, FIRST, BEND] = [9, 22, 5];
/** An arrow's length and half its breadth; the line ends inside of it, so that the tip stays sharp. */
const [ARROW, BREADTH, INSIDE] = [8, 3.6, 5];
/** A crossed lane is broken so far above and below the crossing line, except so near to its middle. */
const [GAP, CLEAR] = [3.5, 1];
/** Where lines enter a box at its side, and where they leave it, below its upper edge. */
const [ARRIVAL, DEPARTURE] = [8.5, 18.5];

/** How much room lanes need beside the boxes. */
export function gutterOf(lanes: readonly SideLane[], side: Side): number {
  const columns = columnsOf(lanes.filter((lane) => lane.side === side));
  return columns === 0 ? 0 : FIRST + (columns - 1) * SPACING + 2;
}

/**
 * The lines from layer to layer. From a layer to the next one it goes straight down; all others leave their source
 * at a side, run down its lane and bend into each layer that reads it. There is one path for each edge; it begins
 * where it leaves the source's other edges and ends where it meets the target's, so that nothing is drawn twice. A
 * bend is a junction; where one line only crosses another it goes over it as on a bridge.
 */
export function drawLines(
  { layers }: NetworkDescription,
  lanes: readonly SideLane[],
  column: BoxColumn,
): string {
  const places = lanes.map((lane) => placeOf(lane, column));
  const paths = layers.flatMap(({ inputs }, target) =>
    inputs.map((source) => {
      const place = source === target - 1 ? undefined : places.find(({ lane }) => lane.source === source);
      const d = place === undefined ? straight(source, column) : around(place, target, places, column);
      return element('path', { d, 'data-from': source, 'data-to': target });
    }),
  );
  const gaps = places.flatMap((inner) => gapsOf(inner, places, column));
  return [
    element('g', LINE, ...paths),
    element('g', { ...LINE, stroke: '#ffffff', 'stroke-width': 3.2 }, ...gaps),
    element('g', { fill: INK, stroke: 'none' }, ...arrows(layers, places, column)),
  ].join('\n');
}

interface Place {
  readonly lane: SideLane;
  /** Of the lane's vertical line. */
  readonly x: number;
  /** Of the boxes' edge on its side. */
  readonly edge: number;
  /** 1 where the boxes lie to the right of the lane, −1 where they lie to the left. */
  readonly inwards: 1 | -1;
}

function placeOf(lane: SideLane, { left, right }: BoxColumn): Place {
  const inwards = lane.side === 'left' ? 1 : -1;
  const edge = lane.side === 'left' ? left : right;
  return { lane, edge, inwards, x: edge - inwards * (FIRST + lane.column * SPACING) };
}

function straight(source: number, column: BoxColumn): string {
  const top = topOf(column, source) + BOX_HEIGHT;
  const x = middleOf(column);
  return `M${numeral(x)} ${numeral(top)}V${numeral(topOf(column, source + 1) - INSIDE)}`;
}

function middleOf({ left, right }: BoxColumn): number {
  return (left + right) / 2;
}

function around(
  { lane, x, edge, inwards }: Place,
  target: number,
  places: readonly Place[],
  column: BoxColumn,
): string {
  const n = numeral;
  const bend = (toX: number, toY: number) =>
    `A${BEND} ${BEND} 0 0 ${inwards === 1 ? 0 : 1} ${n(toX)} ${n(toY)}`;
  const before = lane.targets[lane.targets.indexOf(target) - 1];
  const out = topOf(column, lane.source) + DEPARTURE;
  const into = topOf(column, target) + ARRIVAL;
  const start =
    before === undefined
      ? `M${n(edge)} ${n(out)}H${n(x + inwards * BEND)}${bend(x, out + BEND)}`
      : `M${n(x)} ${n(topOf(column, before) + ARRIVAL - BEND)}`;
  const met = places.some(
    (other) =>
      other.lane.side === lane.side && other.lane.column > lane.column && other.lane.targets.includes(target),
  );
  const end = met ? '' : `H${n(edge - inwards * INSIDE)}`;
  return `${start}V${n(into - BEND)}${bend(x + inwards * BEND, into)}${end}`;
}

/** Breaks this lane above and below the level lines that cross it without joining it. */
function gapsOf({ lane, x }: Place, places: readonly Place[], column: BoxColumn): readonly string[] {
  const passes = (layer: number) => lane.source < layer && layer < lane.end;
  const heights = new Set<number>();
  for (const outer of places) {
    if (outer.lane.side !== lane.side || outer.lane.column <= lane.column) continue;
    if (passes(outer.lane.source)) heights.add(topOf(column, outer.lane.source) + DEPARTURE);
    for (const target of outer.lane.targets) {
      if (passes(target) && !lane.targets.includes(target)) heights.add(topOf(column, target) + ARRIVAL);
    }
  }
  const n = numeral;
  return [...heights].map((y) =>
    element('path', { d: `M${n(x)} ${n(y - GAP)}v${GAP - CLEAR}M${n(x)} ${n(y + CLEAR)}v${GAP - CLEAR}` }),
  );
}

/** One arrow for each side of a box at which lines enter it. */
function arrows(
  layers: NetworkDescription['layers'],
  places: readonly Place[],
  column: BoxColumn,
): readonly string[] {
  const shapes = new Set<string>();
  for (const [target, { inputs }] of layers.entries()) {
    const [x, top] = [middleOf(column), topOf(column, target)];
    if (inputs.includes(target - 1))
      shapes.add(`M${numeral(x)} ${numeral(top)}l${-BREADTH} ${-ARROW}h${2 * BREADTH}Z`);
    for (const { lane, edge, inwards } of places) {
      if (!lane.targets.includes(target)) continue;
      const tip = `M${numeral(edge)} ${numeral(top + ARRIVAL)}`;
      shapes.add(`${tip}l${-inwards * ARROW} ${-BREADTH}v${2 * BREADTH}Z`);
    }
  }
  return [...shapes].map((d) => element('path', { d }));
}
