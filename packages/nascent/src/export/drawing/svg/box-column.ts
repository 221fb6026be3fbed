import { textWidth } from '../../../experiment/compare/charts/text-width.ts';
import type { LayerDescription, NetworkDescription } from '../../../search-space/index.ts';
import { exact } from '../numbers.ts';
import { element, escaped } from './element.ts';
import { styleOf } from './kinds.ts';

/** Pixels. */
export const BOX_HEIGHT = 26;
/** From the top of one box to the top of the next. */
export const PITCH = 43;
export const FONT = 12;
export const SMALL_FONT = 10.5;
export const GREY_INK = '#555555';
export const BORDER = '#4d4d4d';
const [PADDING, GAP, BAND_PADDING, LONGEST_LABEL] = [10, 22, 7, 420];

/** Where the boxes stand and how wide the columns inside of them are. */
export interface BoxColumn {
  readonly left: number;
  readonly right: number;
  /** Of the first box. */
  readonly top: number;
  readonly texts: readonly BoxText[];
  /** The x of the four columns: band's end, label's start, output's end, parameters' end. */
  readonly bandEnd: number;
  readonly labelStart: number;
  readonly outputEnd: number;
  readonly parametersEnd: number;
}

interface BoxText {
  readonly number: string;
  readonly label: string;
  readonly output: string;
  readonly parameters: string;
}

const HEADINGS = { label: 'layer', output: 'output', parameters: 'parameters' } as const;

/** Widths that follow from the texts; `at(left, top)` puts the column somewhere. */
export function boxColumn({ layers }: NetworkDescription): {
  readonly width: number;
  at(left: number, top: number): BoxColumn;
} {
  const texts = layers.map(
    (layer, i): BoxText => ({
      number: String(i),
      label: fitted(layer.label, LONGEST_LABEL, FONT),
      output: layer.output.join('×'),
      parameters: layer.parameters === 0 ? '' : exact(layer.parameters),
    }),
  );
  const widest = (pick: (text: BoxText) => string, heading = '') =>
    Math.max(textWidth(heading, SMALL_FONT), ...texts.map((text) => textWidth(pick(text), FONT)));
  const band = Math.ceil(widest((text) => text.number) + 2 * BAND_PADDING);
  const label = band + PADDING + widest((text) => text.label, HEADINGS.label);
  const output = label + GAP + widest((text) => text.output, HEADINGS.output);
  const parameters = output + GAP + widest((text) => text.parameters, HEADINGS.parameters);
  const width = Math.ceil(parameters + PADDING);
  return {
    width,
    at: (left, top) => ({
      left,
      right: left + width,
      top,
      texts,
      bandEnd: left + band,
      labelStart: left + band + PADDING,
      outputEnd: left + output,
      parametersEnd: left + parameters,
    }),
  };
}

/** The y of a box's upper edge. */
export function topOf(column: BoxColumn, layer: number): number {
  return column.top + layer * PITCH;
}

/** Cuts a text that is wider than it may be and ends it with …. */
export function fitted(text: string, width: number, fontSize: number): string {
  if (textWidth(text, fontSize) <= width) return text;
  const letters = [...text];
  while (letters.length > 0 && textWidth(`${letters.join('')}…`, fontSize) > width) letters.pop();
  return `${letters.join('')}…`;
}

/** The headings above the boxes and the boxes; each box is a group that says in its title what the layer reads. */
export function drawBoxes({ layers }: NetworkDescription, column: BoxColumn): string {
  const heading = { 'font-size': SMALL_FONT, fill: GREY_INK, y: column.top - 7 };
  const end = { 'text-anchor': 'end' };
  return [
    element('text', { ...heading, x: column.labelStart }, HEADINGS.label),
    element('text', { ...heading, ...end, x: column.outputEnd }, HEADINGS.output),
    element('text', { ...heading, ...end, x: column.parametersEnd }, HEADINGS.parameters),
    ...layers.map((layer, i) => drawBox(layer, i, column)),
  ].join('\n');
}

function drawBox(layer: LayerDescription, i: number, column: BoxColumn): string {
  const { left, right, bandEnd } = column;
  const [top, width] = [topOf(column, i), right - left];
  const { band, ink, fill } = styleOf(layer.kind);
  const text = column.texts[i] as BoxText;
  const line = { y: top + BOX_HEIGHT / 2 + FONT / 3 };
  const end = { ...line, 'text-anchor': 'end', fill: '#000000' };
  const bandPath = `M${bandEnd} ${top}H${left + 4}a4 4 0 0 0 -4 4v${BOX_HEIGHT - 8}a4 4 0 0 0 4 4H${bandEnd}Z`;
  const frame = { x: left, y: top, width, height: BOX_HEIGHT, rx: 4 };
  return element(
    'g',
    { 'data-layer': i },
    element('title', {}, escaped(sentenceOf(layer, i))),
    element('rect', { ...frame, fill, stroke: 'none' }),
    element('path', { d: bandPath, fill: band }),
    element('path', { d: `M${bandEnd} ${top}v${BOX_HEIGHT}`, stroke: BORDER, 'stroke-width': 0.6 }),
    element('rect', { ...frame, class: 'frame', fill: 'none', stroke: BORDER }),
    element(
      'text',
      { ...line, x: (left + bandEnd) / 2, 'text-anchor': 'middle', fill: ink },
      escaped(text.number),
    ),
    element('text', { ...line, x: column.labelStart, fill: '#000000' }, escaped(text.label)),
    element('text', { ...end, x: column.outputEnd }, escaped(text.output)),
    ...(text.parameters === ''
      ? []
      : [element('text', { ...end, x: column.parametersEnd }, escaped(text.parameters))]),
  );
}

/** `4 conv 3×3, 36 filters · bn · relu: reads 0, 2, 3`. */
export function sentenceOf({ label, inputs }: LayerDescription, i: number): string {
  return `${i} ${label}${inputs.length === 0 ? '' : `: reads ${inputs.join(', ')}`}`;
}
