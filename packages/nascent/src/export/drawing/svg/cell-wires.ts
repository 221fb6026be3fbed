import { type RecurrentCellArchitecture, treeOf } from '../../../search-space/index.ts';
import { FONT } from './box-column.ts';
import { MEMORY } from './cell-boxes.ts';
import {
  bottomOf,
  type CellPlaces,
  leftOf,
  middleOf,
  type NodePlace,
  type Place,
  rightOf,
} from './cell-places.ts';
import { element, numeral as n } from './element.ts';

const INK = '#333333';
const WIRE = { fill: 'none', stroke: INK, 'stroke-width': 1.3 };
const MEMORY_WIRE = { fill: 'none', stroke: MEMORY.band, 'stroke-width': 1.6 };
/** An arrow's length and half its breadth; the line ends inside of it, so that the tip stays sharp. */
const [ARROW, BREADTH, INSIDE] = [8, 3.6, 5];
const BEND = 5;
/** How far from a node's right side c_t rises, and how much room the names of c_{t−1} and c_t have. */
const [RISE, MEMORY_IN, MEMORY_OUT] = [8, 34, 18];

interface Wire {
  readonly from: string | number;
  readonly to: string | number;
  /** Of the arrow, which points upwards. */
  readonly tip: Point;
  /** Up to below the tip. */
  readonly path: string;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * The wires of a cell: x_t and h_{t−1} into each leaf, from node to node, h_t out of the root; then, over them, the way
 * of c. Where it crosses a wire, the wire is broken. Each wire is one path with `data-from` and `data-to`.
 */
export function drawWires(cell: RecurrentCellArchitecture, places: CellPlaces): string {
  const { nodes, inputs, bends } = places;
  const wires = [...inputWires(cell, places), ...treeWires(cell, places)];
  const root = nodes.at(-1) as NodePlace;
  const names = nodes
    .slice(0, cell.base)
    .flatMap((leaf) => [
      stateName('x', 't', entryOf(leaf, -1), inputs.baseline, 'middle'),
      stateName('h', 't−1', entryOf(leaf, 1), inputs.baseline, 'middle'),
    ]);
  return [
    element(
      'g',
      WIRE,
      ...wires.map(({ path, from, to }) => element('path', { d: path, 'data-from': from, 'data-to': to })),
    ),
    element('g', { fill: INK, stroke: 'none' }, ...wires.map(({ tip }) => arrow(tip, 'up'))),
    drawMemory(cell, places),
    element(
      'g',
      { fill: '#000000' },
      ...names,
      stateName('h', 't', root.x, (bends.at(-1) ?? 0) - 5, 'middle'),
    ),
  ].join('\n');
}

/** x_t and h_{t−1} into each leaf. */
function inputWires({ base }: RecurrentCellArchitecture, { nodes, inputs }: CellPlaces): readonly Wire[] {
  const into = (leaf: NodePlace, from: 'x' | 'h'): Wire => {
    const tip = { x: entryOf(leaf, from === 'x' ? -1 : 1), y: bottomOf(leaf) };
    return { from, to: leaf.node, tip, path: straightUp({ x: tip.x, y: inputs.start }, tip) };
  };
  return nodes.slice(0, base).flatMap((leaf) => [into(leaf, 'x'), into(leaf, 'h')]);
}

/** From node to node, into the cell inject, and out of the root. */
function treeWires(cell: RecurrentCellArchitecture, places: CellPlaces): readonly Wire[] {
  const { nodes, inject, bends } = places;
  const { children, root } = treeOf(cell.base);
  const place = (node: number) => nodes[node] as NodePlace;
  const bendOf = (node: number) => bends[place(node).level] ?? 0;
  /** Where a node's value leaves: through the cell inject, if it has one. */
  const outletOf = (node: number): Point => ({
    x: place(node).x,
    y: node === cell.injectIndex ? inject.top : place(node).top,
  });
  const join = (from: number, to: number, side: -1 | 1): Wire => {
    const tip = { x: entryOf(place(to), side), y: bottomOf(place(to)) };
    return { from, to, tip, path: upAndOver(outletOf(from), tip, bendOf(from)) };
  };
  const { x, top } = place(cell.injectIndex);
  const intoInject = { x, y: bottomOf(inject) };
  const output = { x: place(root).x, y: bendOf(root) };
  return [
    ...children.flatMap(([left, right], i) => [join(left, cell.base + i, -1), join(right, cell.base + i, 1)]),
    { from: cell.injectIndex, to: 'inject', tip: intoInject, path: straightUp({ x, y: top }, intoInject) },
    { from: root, to: 'h', tip: output, path: straightUp(outletOf(root), output) },
  ];
}

/** c_{t−1} from the left into the cell inject, c_t from between combination and activation of its node to the right. */
function drawMemory(cell: RecurrentCellArchitecture, { nodes, inject, track, width }: CellPlaces): string {
  const enters = middleOf(inject, 'combination');
  const enteringEnd = leftOf(inject);
  const entering = `M${n(MEMORY_IN)} ${n(enters)}H${n(enteringEnd - INSIDE)}`;

  const from = nodes[cell.cellIndex] as NodePlace;
  const [start, level, end] = [rightOf(from), middleOf(from, 'combination'), width - MEMORY_OUT];
  const leaves = track ?? level;
  const leaving =
    track === null
      ? `M${n(start)} ${n(level)}H${n(end - INSIDE)}`
      : `M${n(start)} ${n(level)}H${n(start + RISE - BEND)}${arc(0, start + RISE, level - BEND)}` +
        `V${n(track + BEND)}${arc(1, start + RISE + BEND, track)}H${n(end - INSIDE)}`;
  // What is crossed is crossed by level lines alone.
  const over = [
    `M${n(MEMORY_IN)} ${n(enters)}H${n(enteringEnd - ARROW)}`,
    ...(track === null ? [] : [`M${n(start + RISE + BEND)} ${n(track)}H${n(end - ARROW)}`]),
  ];
  return [
    element(
      'g',
      { fill: 'none', stroke: '#ffffff', 'stroke-width': 6.5 },
      ...over.map((d) => element('path', { d })),
    ),
    element(
      'g',
      MEMORY_WIRE,
      element('path', { d: entering, 'data-from': 'c', 'data-to': 'inject' }),
      element('path', { d: leaving, 'data-from': cell.cellIndex, 'data-to': 'c' }),
    ),
    element(
      'g',
      { fill: MEMORY.band, stroke: 'none' },
      arrow({ x: enteringEnd, y: enters }, 'right'),
      arrow({ x: end, y: leaves }, 'right'),
    ),
    stateName('c', 't−1', MEMORY_IN - 5, enters + FONT / 3, 'end'),
    stateName('c', 't', end + 4, leaves + FONT / 3, 'start'),
  ].join('\n');
}

/** Where the left (−1) and the right (1) value enter a node from below. */
function entryOf({ x, width }: Place, side: -1 | 1): number {
  return x + (side * width) / 4;
}

function straightUp(from: Point, tip: Point): string {
  return `M${n(from.x)} ${n(from.y)}V${n(tip.y + INSIDE)}`;
}

/** Up to the bend, level, and up again. */
function upAndOver(from: Point, tip: Point, bend: number): string {
  const right = tip.x > from.x;
  const step = right ? BEND : -BEND;
  return (
    `M${n(from.x)} ${n(from.y)}V${n(bend + BEND)}${arc(right ? 1 : 0, from.x + step, bend)}` +
    `H${n(tip.x - step)}${arc(right ? 0 : 1, tip.x, bend - BEND)}V${n(tip.y + INSIDE)}`
  );
}

/** A quarter of a circle. @param sweep 1 clockwise */
function arc(sweep: 0 | 1, x: number, y: number): string {
  return `A${BEND} ${BEND} 0 0 ${sweep} ${n(x)} ${n(y)}`;
}

function arrow({ x, y }: Point, towards: 'up' | 'right'): string {
  const back =
    towards === 'up' ? `l${-BREADTH} ${ARROW}h${2 * BREADTH}` : `l${-ARROW} ${-BREADTH}v${2 * BREADTH}`;
  return element('path', { d: `M${n(x)} ${n(y)}${back}Z` });
}

/** `h` with its time as a subscript. */
function stateName(
  letter: 'x' | 'h' | 'c',
  time: 't' | 't−1',
  x: number,
  y: number,
  anchor: 'start' | 'middle' | 'end',
): string {
  const below = element('tspan', { dy: 3, 'font-size': 9 }, time);
  return element(
    'text',
    {
      x,
      y,
      'text-anchor': anchor,
      'font-style': 'italic',
      'font-size': 13,
      ...(letter === 'c' ? { fill: MEMORY.band } : {}),
    },
    letter,
    below,
  );
}
