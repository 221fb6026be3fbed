import type { NetworkDescription } from '../../search-space/index.ts';
import { boxColumn, drawBoxes, PITCH, sentenceOf } from './svg/box-column.ts';
import { figure, headingOf, MARGIN } from './svg/figure.ts';
import { legendOf } from './svg/legend.ts';
import { drawLines, gutterOf } from './svg/lines.ts';
import { sideLanesOf } from './svg/side-lanes.ts';
import { networkTotals } from './totals.ts';

export interface SvgDrawing {
  /** Stands above the drawing, and is its name for screen readers. */
  readonly title: string;
  /** What else is known of the network, for example `validation accuracy 91.2 %`; stands below the totals. */
  readonly facts?: readonly string[];
}

const NARROWEST = 340;

/**
 * Draws a network as a figure: a column of boxes with number, label, output size and parameters, skip connections in
 * lanes on both sides that never cross a box, the totals and a legend.
 *
 * A standalone SVG document on white, in pixels, without ids, styles, scripts or fonts of its own, so that it may
 * also stand inside of a page with others. The same network gives the same bytes. Each edge is one path with the
 * attributes `data-from` and `data-to`, each box a group with `data-layer`; layer 0 is the input.
 */
export function svgOfNetwork(network: NetworkDescription, { title, facts = [] }: SvgDrawing): string {
  const lanes = sideLanesOf(network);
  const boxes = boxColumn(network);
  const [leftGutter, rightGutter] = [gutterOf(lanes, 'left'), gutterOf(lanes, 'right')];
  const needed = leftGutter + boxes.width + rightGutter;
  const inner = Math.ceil(Math.max(needed, NARROWEST));
  const width = inner + 2 * MARGIN;

  const totals = networkTotals(network);
  const heading = headingOf(title, [totals, facts.join(' · ')], inner);
  const column = boxes.at(MARGIN + leftGutter + Math.floor((inner - needed) / 2), heading.height + 30);
  const below = column.top + network.layers.length * PITCH + 2;
  const legend = legendOf(network, inner);
  const height = Math.ceil(below + legend.height + MARGIN);

  const reading = network.layers.map(sentenceOf).join('; ');
  const description = [totals, ...facts, `Layers: ${reading}`].join('. ');
  return figure(
    { title, description, width, height },
    heading.text,
    drawLines(network, lanes, column),
    drawBoxes(network, column),
    legend.at(MARGIN, below),
  );
}
