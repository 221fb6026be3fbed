import pc from 'picocolors';
import type { LayerDescription, NetworkDescription } from '../../search-space/index.ts';
import { lengthOf, padded, printable, shortened, wrapped } from './fit-text.ts';
import { type BoxLines, drawGutter, gutterWidth } from './gutter.ts';
import { type Lane, lanesOf } from './lanes.ts';
import { exact, runsOf } from './numbers.ts';
import { networkTotals } from './totals.ts';

export interface TerminalDrawing {
  /** Columns of the terminal; the drawing uses no more (and never fewer than 40). */
  readonly width: number;
  /** Whether to use ANSI colours. */
  readonly color: boolean;
}

type Paint = (text: string) => string;
type Colors = ReturnType<typeof pc.createColors>;

/** How wide the boxes are inside, and how their text is laid out. */
interface Layout {
  readonly inside: number;
  readonly labels: number;
  readonly outputs: number;
  readonly counts: number;
  /** Whether output size and parameters have a line of their own under the label. */
  readonly twoLines: boolean;
  /** Skip connections as lanes in the gutter; null where there is no room, then layers name their inputs. */
  readonly lanes: readonly Lane[] | null;
}

const GAP = 3;
const SIDES = 4; // a border and a space on each side

/**
 * Draws a network for a terminal: a box for each layer with its label, output size and parameters, lines from
 * each layer to the next, skip connections as lanes in a gutter on the left, and the totals.
 *
 * In a narrow terminal sizes move under the labels and labels are shortened; where even lanes have no room,
 * each layer names the layers it reads.
 *
 * @returns lines separated by \n, without a final one
 */
export function drawNetwork(description: NetworkDescription, { width, color }: TerminalDrawing): string {
  const colors = pc.createColors(color);
  const { layers } = description;
  const texts = layers.map(textOf);
  const columns = Math.max(40, width);
  const layout = layoutOf(description, texts, columns);

  const lines: string[] = [];
  const boxes: BoxLines[] = [];
  for (const [i, layer] of layers.entries()) {
    const text = texts[i] ?? textOf(layer, i);
    const numbered =
      layout.lanes === null ? { ...text, label: numberOf(i) + text.label } : { ...text, reads: '' };
    const box = boxOf(numbered, layout, {
      above: layer.inputs.includes(i - 1),
      below: layers[i + 1]?.inputs.includes(i) === true,
      skipped: layout.lanes?.some((lane) => lane.source === i) === true,
    });
    boxes.push({ arrival: lines.length + 1, departure: lines.length + box.length - 1 });
    lines.push(...box.map((line) => paintBox(line, paintOf(layer, colors))));
  }
  const gutter = drawGutter(layout.lanes ?? [], boxes, lines.length);
  return [
    ...lines.map((line, i) => (gutter[i] === '' ? line : colors.dim(gutter[i] ?? '') + line)),
    '',
    ...totals(description).flatMap((line) => wrapped(line, columns)),
  ].join('\n');
}

interface LayerText {
  readonly label: string;
  readonly output: string;
  readonly count: string;
  /** Which layers it reads, in words; empty when it reads the one above only. */
  readonly reads: string;
}

function layoutOf(description: NetworkDescription, texts: readonly LayerText[], width: number): Layout {
  const longest = (pick: (text: LayerText) => string) =>
    Math.max(0, ...texts.map((text) => lengthOf(pick(text))));
  const all = lanesOf(description);
  // Boxes narrower than this hold no useful label beside the lanes.
  const lanes = width - gutterWidth(all) >= 36 ? all : null;
  const available = width - gutterWidth(lanes ?? []) - SIDES;

  const numbering = lanes === null ? numberOf(texts.length).length : 0;
  const labels = longest((text) => text.label) + numbering;
  const outputs = longest((text) => text.output);
  const counts = longest((text) => text.count);
  const sizes = outputs + GAP + counts;
  const twoLines = lanes === null || labels + GAP + sizes > available;
  const inside = Math.min(available, twoLines ? Math.max(labels, sizes) : labels + GAP + sizes);
  return { inside, labels, outputs, counts, twoLines, lanes };
}

function textOf(layer: LayerDescription, i: number): LayerText {
  const onlyAbove = layer.inputs.every((input) => input === i - 1);
  return {
    label: printable(layer.label),
    output: layer.output.join('×'),
    count: layer.parameters === 0 ? '' : exact(layer.parameters),
    reads: onlyAbove ? '' : `reads ${runsOf(layer.inputs)}`,
  };
}

function numberOf(i: number): string {
  return `[${i}] `;
}

interface Joints {
  readonly above: boolean;
  readonly below: boolean;
  readonly skipped: boolean;
}

/** A box as lines of plain text, all equally wide. */
function boxOf(text: LayerText, layout: Layout, { above, below, skipped }: Joints): string[] {
  const { inside } = layout;
  const middle = Math.floor((inside + 2) / 2);
  const edge = (joint: string) => '─'.repeat(middle) + joint + '─'.repeat(inside + 1 - middle);
  return [
    `┌${edge(above ? '┴' : '─')}┐`,
    ...contentOf(text, layout).map((line) => `│ ${line} │`),
    `${skipped ? '┴' : '└'}${edge(below ? '┬' : '─')}┘`,
  ];
}

function contentOf({ label, output, count, reads }: LayerText, layout: Layout): string[] {
  const { inside, labels, outputs, counts, twoLines } = layout;
  const sizes = output.padStart(outputs) + ' '.repeat(GAP) + count.padStart(counts);
  if (!twoLines) return [padded(label, labels) + sizes.padStart(inside - labels)];
  const lines = [shortened(label, inside), ...wrapped(reads, inside)];
  const besides = lines.length > 1 && lengthOf(lines.at(-1) ?? '') + GAP + lengthOf(sizes) <= inside;
  const last = besides ? (lines.pop() ?? '') : '';
  return [
    ...lines.map((line) => padded(line, inside)),
    last + shortened(sizes, inside - lengthOf(last)).padStart(inside - lengthOf(last)),
  ];
}

/** The border in the colour of the layer's kind; the text as it is. */
function paintBox(line: string, paint: Paint): string {
  if (!line.startsWith('│')) return paint(line);
  return paint('│') + line.slice(1, -1) + paint('│');
}

function paintOf({ kind }: LayerDescription, colors: Colors): Paint {
  switch (kind) {
    case 'input':
      return colors.green;
    case 'convolution':
      return colors.cyan;
    case 'separable-convolution':
      return colors.blue;
    case 'contrast-normalisation':
      return colors.greenBright;
    case 'identity':
      return String;
    case 'classifier':
      return colors.magenta;
    default:
      return colors.yellow; // poolings, and what other spaces have
  }
}

function totals(description: NetworkDescription): string[] {
  return [
    networkTotals(description),
    'In each box: the layer, its output (channels×height×width), its parameters.',
    'FLOPs are the multiply-adds of convolutions and linear layers, forward.',
  ];
}
