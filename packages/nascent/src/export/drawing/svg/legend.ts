import { textWidth } from '../../../experiment/compare/charts/text-width.ts';
import type { NetworkDescription } from '../../../search-space/index.ts';
import { BORDER, GREY_INK, SMALL_FONT } from './box-column.ts';
import { element, escaped } from './element.ts';
import { styleOf } from './kinds.ts';

const [ROW, SWATCH, GAP] = [17, 18, 16];

/** The kinds of layers in the order in which they first occur, and what the drawing means, within a width. */
export function legendOf(
  network: NetworkDescription,
  width: number,
): { readonly height: number; at(left: number, top: number): string } {
  const kinds = [...new Set(network.layers.map(({ kind }) => kind))];
  const entries: { readonly kind: string; readonly x: number; readonly row: number }[] = [];
  let [x, row] = [0, 0];
  for (const kind of kinds) {
    const length = SWATCH + 6 + textWidth(styleOf(kind).name, SMALL_FONT);
    if (x > 0 && x + length > width) [x, row] = [0, row + 1];
    entries.push({ kind, x, row });
    x += length + GAP;
  }
  const rows = row + 1;
  const lines = notesOf(network).flatMap((note) => wrapped(note, width, SMALL_FONT));
  return {
    height: rows * ROW + 4 + lines.length * 14,
    at: (left, top) =>
      [
        ...entries.map((entry) => drawEntry(entry.kind, left + entry.x, top + entry.row * ROW)),
        ...lines.map((line, i) =>
          element(
            'text',
            { x: left, y: top + rows * ROW + 12 + 14 * i, 'font-size': SMALL_FONT, fill: GREY_INK },
            escaped(line),
          ),
        ),
      ].join('\n'),
  };
}

function drawEntry(kind: string, x: number, y: number): string {
  const { band, fill, name } = styleOf(kind);
  return [
    element('rect', { x, y, width: SWATCH, height: 11, fill, stroke: 'none' }),
    element('rect', { x, y, width: 8, height: 11, fill: band, stroke: 'none' }),
    element('rect', { x, y, width: SWATCH, height: 11, fill: 'none', stroke: BORDER, 'stroke-width': 0.8 }),
    element(
      'text',
      { x: x + SWATCH + 6, y: y + 9.5, 'font-size': SMALL_FONT, fill: '#000000' },
      escaped(name),
    ),
  ].join('');
}

function notesOf({ layers }: NetworkDescription): readonly string[] {
  // The nodes of a cell say themselves that they add; what else reads several layers joins them.
  const joins = layers.some(({ inputs, kind }) => inputs.length > 1 && kind !== 'cell-node');
  return [
    'Output: channels×height×width. Lines lead from a layer to those that read it.',
    ...(joins ? ['Several inputs are padded with zeros to the largest and joined along channels.'] : []),
  ];
}

/** Breaks a text between words. @param width in pixels */
export function wrapped(text: string, width: number, fontSize: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text === '' ? [] : text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || textWidth(`${last} ${word}`, fontSize) > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
