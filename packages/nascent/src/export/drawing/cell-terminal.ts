import pc from 'picocolors';
import {
  cellFormulas,
  type Formula,
  type NativeCellArchitecture,
  nativeFormulas,
  type RecurrentCellArchitecture,
} from '../../search-space/index.ts';
import { levelsOf } from './cell-levels.ts';
import { treeLines } from './cell-tree-lines.ts';
import { cellTotals, LEAVES_AND_STATES, labelOfNode, memoryWords } from './cell-words.ts';
import { lengthOf, padded, wrapped } from './fit-text.ts';
import type { TerminalDrawing } from './terminal.ts';

type Colors = ReturnType<typeof pc.createColors>;

const [NARROWEST, WIDEST_LEVEL, GAP] = [50, 3, 4];
const OUTPUT = '▶ h′';

/**
 * Draws a recurrent cell for a terminal: its tree on its side, each node with index, combination and activation, marks
 * where c enters (`c ▶`) and leaves (`c′ ◀`), h′ at the root; then the cell as formulas, and what the letters mean.
 *
 * Uses no more columns than the terminal has, and never fewer than 50.
 * @returns lines separated by \n, without a final one
 */
export function drawCell(cell: RecurrentCellArchitecture, { width, color }: TerminalDrawing): string {
  const colors = pc.createColors(color);
  const columns = Math.max(NARROWEST, width);
  const words = [cellTotals(cell), memoryWords(cell), LEAVES_AND_STATES, PRODUCT];
  return [
    ...drawTree(cell, columns, colors),
    '',
    ...inColumns(cell, columns).map((line) => painted(line, colors)),
    '',
    ...words.flatMap((line) => wrapped(line, columns)),
  ].join('\n');
}

/** The engine's own layer as formulas: it is no tree. */
export function drawNativeCell({ cell }: NativeCellArchitecture, { width }: TerminalDrawing): string {
  const names = { lstm: 'A long short-term memory (LSTM)', gru: 'A gated recurrent unit (GRU)' } as const;
  const words = [
    `${names[cell]}: the layer of the engine, no tree.`,
    `x is the input; ${cell === 'lstm' ? 'h and c are the state, h′ and c′' : 'h is the state, h′'} the next one.`,
    PRODUCT,
  ];
  return [
    ...written(nativeFormulas(cell)),
    '',
    ...words.flatMap((line) => wrapped(line, Math.max(NARROWEST, width))),
  ].join('\n');
}

const PRODUCT = 'In formulas · multiplies element by element.';

function drawTree(cell: RecurrentCellArchitecture, columns: number, colors: Colors): readonly string[] {
  const { nodes, base, cellIndex, injectIndex } = cell;
  const { dim } = colors;
  const marks = nodes.map((_, i) =>
    [...(i === injectIndex ? ['c ▶'] : []), ...(i === cellIndex ? ['c′ ◀'] : [])].join(' '),
  );
  const labels = nodes.map(labelOfNode);
  const [marked, numbered, labelled] = [marks, [...nodes.keys()].map(String), labels].map((texts) =>
    Math.max(...texts.map(lengthOf)),
  ) as [number, number, number];
  const besides = marked + 1 + numbered + 2 + labelled + 1;
  const room = columns - besides - 2 - OUTPUT.length;
  const pitch = Math.min(WIDEST_LEVEL, Math.max(1, Math.floor(room / (levelsOf(cell).length - 1))));
  const root = nodes.length - 1;
  return treeLines(cell, pitch).map(({ node, wires }) => {
    const mark = painted((marks[node] ?? '').padStart(marked), colors);
    const label = padded(labels[node] ?? '', labelled);
    const index = dim(String(node).padStart(numbered));
    const output = node === root ? painted(OUTPUT, colors) : '';
    return `${mark} ${index}  ${node < base ? colors.green(label) : label} ${dim(wires.trimEnd())}${output}`;
  });
}

/** Leaves at the left and what joins them at the right, or all below each other where there is no room. */
function inColumns(cell: RecurrentCellArchitecture, columns: number): readonly string[] {
  const formulas = cellFormulas(cell);
  const leaves = written(formulas.slice(0, cell.base).flat());
  const joins = written(formulas.slice(cell.base).flat());
  const left = Math.max(...leaves.map(lengthOf)) + GAP;
  if (left + Math.max(...joins.map(lengthOf)) > columns) return written(formulas.flat());
  return Array.from({ length: Math.max(leaves.length, joins.length) }, (_, i) =>
    (padded(leaves[i] ?? '', left) + (joins[i] ?? '')).trimEnd(),
  );
}

/** `name = text`, with the equals signs below each other. */
function written(formulas: readonly Formula[]): readonly string[] {
  const names = Math.max(...formulas.map(({ name }) => lengthOf(name)));
  return formulas.map(({ name, text }) => `${name.padStart(names)} = ${text}`);
}

/** c and c′ in one colour, h′ in another. */
function painted(line: string, { yellow, magenta }: Colors): string {
  return line.replaceAll(/c′(?: ◀)?|\bc\b(?: ▶)?|(?:▶ )?h′/g, (state) =>
    state.includes('h') ? magenta(state) : yellow(state),
  );
}
