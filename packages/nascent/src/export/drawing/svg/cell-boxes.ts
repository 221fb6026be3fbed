import type { CellNode, Combination, RecurrentCellArchitecture } from '../../../search-space/index.ts';
import { labelOfNode } from '../cell-words.ts';
import { BORDER, FONT } from './box-column.ts';
import {
  BAND,
  bottomOf,
  CELL_HEIGHT,
  type CellPlaces,
  leftOf,
  middleOf,
  type Place,
  rightOf,
} from './cell-places.ts';
import { element, escaped } from './element.ts';
import type { KindStyle } from './kinds.ts';

/** Combinations have colours of the palette of layers (`kinds.ts`); they only repeat what the box says in words. */
const STYLES: Readonly<Record<Combination, KindStyle>> = {
  add: { name: 'add', band: '#0072b2', ink: '#ffffff', fill: '#e6f1f8' },
  elem_mult: { name: 'elem_mult', band: '#e69f00', ink: '#000000', fill: '#fdf4e0' },
  max: { name: 'max', band: '#009e73', ink: '#000000', fill: '#e2f4ef' },
};

/** The way of c through the cell, and the box of the cell inject. */
export const MEMORY: KindStyle = { name: 'memory cell c', band: '#d55e00', ink: '#000000', fill: '#fbebe0' };

/** The combinations that a cell has, for the legend. */
export function combinationStyles({ nodes, inject }: RecurrentCellArchitecture): readonly KindStyle[] {
  const used = new Set([...nodes, inject].map(({ combination }) => combination));
  return Object.entries(STYLES).flatMap(([name, style]) => (used.has(name as Combination) ? [style] : []));
}

/** A box for each node, with its index, and that of the cell inject; each says in its title what it does. */
export function drawNodes(cell: RecurrentCellArchitecture, { nodes, inject }: CellPlaces): string {
  return [
    ...cell.nodes.map((node, i) => drawNode(node, i, nodes[i] as Place)),
    drawInject(cell, inject),
  ].join('\n');
}

function drawNode(node: CellNode, index: number, place: Place): string {
  const { band, ink, fill } = STYLES[node.combination];
  const [left, end] = [leftOf(place), leftOf(place) + BAND];
  const { top, height } = place;
  return element(
    'g',
    { 'data-node': index },
    element('title', {}, escaped(`node ${index}: ${labelOfNode(node)}`)),
    ...halves(place, end, fill),
    element('path', {
      d: `M${end} ${top}H${left + 4}a4 4 0 0 0 -4 4v${height - 8}a4 4 0 0 0 4 4H${end}Z`,
      fill: band,
    }),
    frame(place, end, BORDER),
    text(index, (left + end) / 2, top + height / 2, ink),
    ...words(node, place, end),
  );
}

function drawInject({ inject, injectIndex }: RecurrentCellArchitecture, place: Place): string {
  const left = leftOf(place);
  return element(
    'g',
    { 'data-node': 'inject' },
    element('title', {}, escaped(`cell inject, after node ${injectIndex}: ${labelOfNode(inject)}`)),
    ...halves(place, left, MEMORY.fill),
    frame(place, left, MEMORY.band),
    ...words(inject, place, left),
  );
}

/** White above, where the activation stands; tinted below, where the combination stands. */
function halves(place: Place, from: number, fill: string): readonly string[] {
  const { top, width, height } = place;
  const [right, middle, bottom] = [rightOf(place), top + CELL_HEIGHT, bottomOf(place)];
  const lower = `M${from} ${middle}H${right}V${bottom - 4}a4 4 0 0 1 -4 4H${from === leftOf(place) ? `${from + 4}a4 4 0 0 1 -4 -4` : from}Z`;
  return [
    element('rect', { x: leftOf(place), y: top, width, height, rx: 4, fill: '#ffffff' }),
    element('path', { d: lower, fill }),
  ];
}

function frame(place: Place, from: number, stroke: string): string {
  const { top, width, height } = place;
  return [
    element('path', {
      d: `M${from} ${top + CELL_HEIGHT}H${rightOf(place)}${from === leftOf(place) ? '' : `M${from} ${top}v${height}`}`,
      fill: 'none',
      stroke,
      'stroke-width': 0.6,
    }),
    element('rect', { x: leftOf(place), y: top, width, height, rx: 4, class: 'frame', fill: 'none', stroke }),
  ].join('');
}

function words({ combination, activation }: CellNode, place: Place, from: number): readonly string[] {
  const x = (from + rightOf(place)) / 2;
  return [
    text(activation, x, middleOf(place, 'activation'), '#000000'),
    text(combination, x, middleOf(place, 'combination'), '#000000'),
  ];
}

function text(content: string | number, x: number, middle: number, fill: string): string {
  return element(
    'text',
    { x, y: middle + FONT / 3, 'text-anchor': 'middle', fill },
    escaped(String(content)),
  );
}
