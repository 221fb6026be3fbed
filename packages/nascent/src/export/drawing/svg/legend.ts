import { textWidth } from '../../../experiment/compare/charts/text-width.ts';
import type { NetworkDescription } from '../../../search-space/index.ts';
import { BORDER, GREY_INK, SMALL_FONT } from './box-column.ts';
import { element, escaped } from './element.ts';
import { type KindStyle, styleOf } from './kinds.ts';

const [ROW, SWATCH, GAP] = [17, 18, 16];

/** What stands below a drawing. */
export interface Legend {
  readonly height: number;
  at(left: number, top: number): string;
}

/** A colour and what it means. */
export type LegendEntry = Pick<KindStyle, 'name' | 'band' | 'fill'>;

/** The kinds of layers in the order in which they first occur, and what the drawing means, within a width. */
export function legendOf(network: NetworkDescription, width: number): Legend {
  const kinds = [...new Set(network.layers.map(({ kind }) => kind))];
  return legendWith(kinds.map(styleOf), notesOf(network), width);
}

/** Colours side by side, and below them what the drawing means, within a width. */
export function legendWith(styles: readonly LegendEntry[], notes: readonly string[], width: number): Legend {
  const entries: { readonly style: LegendEntry; readonly x: number; readonly row: number }[] = [];
  let [x, row] = [0, 0];
  for (const style of styles) {
    const length = SWATCH + 6 + textWidth(style.name, SMALL_FONT);
    if (x > 0 && x + length > width) [x, row] = [0, row + 1];
    entries.push({ style, x, row });
    x += length + GAP;
  }
  const rows = row + 1;
  const lines = notes.flatMap((note) => wrapped(note, width, SMALL_FONT));
  return {
    height: rows * ROW + 4 + lines.length * 14,
    at: (left, top) =>
      [
        ...entries.map((entry) => drawEntry(entry.style, left + entry.x, top + entry.row * ROW)),
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

function drawEntry({ band, fill, name }: LegendEntry, x: number, y: number): string {
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
