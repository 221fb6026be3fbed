import type { NetworkDescription } from '../../search-space/index.ts';
import { boxColumn, drawBoxes, FONT, fitted, GREY_INK, PITCH, sentenceOf } from './svg/box-column.ts';
import { element, escaped } from './svg/element.ts';
import { legendOf, wrapped } from './svg/legend.ts';
import { drawLines, gutterOf } from './svg/lines.ts';
import { sideLanesOf } from './svg/side-lanes.ts';
import { networkTotals } from './totals.ts';

export interface SvgDrawing {
  /** Stands above the drawing, and is its name for screen readers. */
  readonly title: string;
  /** What else is known of the network, for example `validation accuracy 91.2 %`; stands below the totals. */
  readonly facts?: readonly string[];
}

const [MARGIN, NARROWEST, TITLE_FONT, FACT_FONT] = [16, 340, 15, 11.5];

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
  const lines = [totals, facts.join(' · ')].flatMap((fact) => wrapped(fact, inner, FACT_FONT));
  const heading = MARGIN + TITLE_FONT + 17 * lines.length;
  const column = boxes.at(MARGIN + leftGutter + Math.floor((inner - needed) / 2), heading + 30);
  const below = column.top + network.layers.length * PITCH + 2;
  const legend = legendOf(network, inner);
  const height = Math.ceil(below + legend.height + MARGIN);

  const reading = network.layers.map(sentenceOf).join('; ');
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'font-family': 'Helvetica, Arial, Liberation Sans, sans-serif',
      'font-size': FONT,
    },
    ...[
      element('title', {}, escaped(title)),
      element('desc', {}, escaped([totals, ...facts, `Layers: ${reading}`].join('. '))),
      element('rect', { width, height, fill: '#ffffff' }),
      element(
        'text',
        { x: MARGIN, y: MARGIN + TITLE_FONT - 3, 'font-size': TITLE_FONT, 'font-weight': 'bold' },
        // Bold letters are somewhat wider.
        escaped(fitted(title, inner / 1.1, TITLE_FONT)),
      ),
      ...lines.map((line, i) =>
        element(
          'text',
          { x: MARGIN, y: MARGIN + TITLE_FONT + 14 + 17 * i, 'font-size': FACT_FONT, fill: GREY_INK },
          escaped(line),
        ),
      ),
      drawLines(network, lanes, column),
      drawBoxes(network, column),
      legend.at(MARGIN, below),
    ].map((part) => `\n${part}`),
    '\n',
  )}\n`;
}
