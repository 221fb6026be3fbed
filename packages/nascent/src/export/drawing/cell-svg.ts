import { cellFormulas, type RecurrentCellArchitecture } from '../../search-space/index.ts';
import { cellTotals, memoryWords } from './cell-words.ts';
import { combinationStyles, drawNodes, MEMORY } from './svg/cell-boxes.ts';
import { placesOf } from './svg/cell-places.ts';
import { drawWires } from './svg/cell-wires.ts';
import { element } from './svg/element.ts';
import { figure, headingOf, MARGIN } from './svg/figure.ts';
import { legendWith } from './svg/legend.ts';
import type { SvgDrawing } from './svg.ts';

const NARROWEST = 390;

/**
 * Draws a recurrent cell as a figure: a tree that grows upwards from x_t and h_{t−1} to h_t, as in the figures of Zoph &
 * Le 2017; each node with its index, below its combination, above its activation; the way of c in a colour, from c_{t−1}
 * at the left through the cell inject, and from between combination and activation to c_t at the right.
 *
 * Like `svgOfNetwork` a standalone document on white; the same cell gives the same bytes. Each wire is one path with the
 * attributes `data-from` and `data-to` (a node, `inject`, `x`, `h`, `c`), each box a group with `data-node`.
 */
export function svgOfCell(cell: RecurrentCellArchitecture, { title, facts = [] }: SvgDrawing): string {
  const places = placesOf(cell);
  const inner = Math.max(places.width, NARROWEST);
  const width = inner + 2 * MARGIN;
  const totals = cellTotals(cell);
  const heading = headingOf(title, [totals, facts.join(' · ')], inner);
  const top = heading.height + 12;
  const legend = legendWith([...combinationStyles(cell), MEMORY], NOTES, inner);
  const below = top + places.height + 16;
  const height = Math.ceil(below + legend.height + MARGIN);

  const formulas = cellFormulas(cell)
    .flat()
    .map(({ name, text }) => `${name} = ${text}`);
  const description = [totals, ...facts, memoryWords(cell), `Formulas: ${formulas.join('; ')}`].join('. ');
  return figure(
    { title, description, width, height },
    heading.text,
    element(
      'g',
      { transform: `translate(${MARGIN + Math.floor((inner - places.width) / 2)} ${top})` },
      `\n${drawWires(cell, places)}\n${drawNodes(cell, places)}\n`,
    ),
    legend.at(MARGIN, below),
  );
}

const NOTES = [
  'Each box, from below: how its two values are joined, element by element, and the activation. ' +
    'Leaves join W x and U h, by matrices W and U of their own.',
  'c enters after the activation of a node, and leaves before one. A wire that is broken is only crossed.',
];
