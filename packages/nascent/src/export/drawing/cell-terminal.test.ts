import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawnCells } from '../../../test/fixtures/drawn-cells.ts';
import { sampledCells } from '../../../test/sampled-cells.ts';
import { cellFormulas, type RecurrentCellArchitecture, treeOf } from '../../search-space/index.ts';
import { drawCell, drawNativeCell } from './cell-terminal.ts';

const { nasCell, lstmLike, workedExample, everyPair } = drawnCells;

const drawn = (cell: RecurrentCellArchitecture, width = 80) => drawCell(cell, { width, color: false });
/** The lines of the tree. */
const treeOfDrawing = (drawing: string): readonly string[] => drawing.split('\n\n')[0]?.split('\n') ?? [];

describe('a recurrent cell drawn for the terminal', () => {
  it.each([
    ['nascell, 60 columns', nasCell, 60],
    ['nascell, 80 columns', nasCell, 80],
    ['nascell, 100 columns', nasCell, 100],
    ['lstm-like, 80 columns', lstmLike, 80],
    ['worked example, 60 columns', workedExample, 60],
    ['base 16 with every pair, 50 columns', everyPair, 50],
    ['base 16 with every pair, 100 columns', everyPair, 100],
  ])('looks as it looked: %s', async (name, cell, width) => {
    const file = `golden/cell-${name.replaceAll(/\W+/g, '-')}.txt`;
    await expect(`${drawn(cell, width)}\n`).toMatchFileSnapshot(file);
  });

  it('is no wider than the terminal, and never needs more than 50 columns (property)', () => {
    fc.assert(
      fc.property(sampledCells(64), fc.integer({ min: 10, max: 140 }), ({ cell }, width) => {
        const widths = drawn(cell, width)
          .split('\n')
          .map((line) => [...line].length);
        expect(Math.max(...widths)).toBeLessThanOrEqual(Math.max(50, width));
      }),
      { numRuns: 300 },
    );
  });

  it('can be followed with a finger: its wires lead to exactly the nodes that are joined (property)', () => {
    fc.assert(
      fc.property(sampledCells(64), fc.integer({ min: 50, max: 140 }), ({ cell }, width) => {
        const { children, root } = treeOf(cell.base);
        const edges = children.flatMap((pair, i) => pair.map((child) => `${child}>${cell.base + i}`));
        const expected = [...edges, `${root}>h′`];
        expect(followed(treeOfDrawing(drawn(cell, width))).toSorted()).toEqual(expected.toSorted());
      }),
    );
  });

  it('marks where c enters and where it leaves, and nothing else (property)', () => {
    fc.assert(
      fc.property(sampledCells(64), ({ cell }) => {
        const lines = treeOfDrawing(drawn(cell));
        const marked = (mark: string) => lines.filter((line) => line.includes(mark)).map(nodeOf);
        expect(marked('c ▶')).toEqual([cell.injectIndex]);
        expect(marked('c′ ◀')).toEqual([cell.cellIndex]);
      }),
    );
  });

  it('gives each node in the words of its tokens, and as a formula (property)', () => {
    fc.assert(
      fc.property(sampledCells(64), fc.integer({ min: 50, max: 140 }), ({ cell }, width) => {
        const drawing = drawn(cell, width);
        for (const line of treeOfDrawing(drawing)) {
          const { combination, activation } = cell.nodes[nodeOf(line)] ?? {};
          expect(line).toContain(`  ${combination} ${activation} `);
        }
        for (const { name, text } of cellFormulas(cell).flat())
          expect(`${drawing.replaceAll('\n', '    \n')}`).toContain(`${name} = ${text}  `);
      }),
    );
  });

  it('says in words what happens to c, without an activation that does nothing', () => {
    expect(drawn(nasCell, 140)).toContain(
      'c joins the value of node 8 by add, then tanh; c′ leaves node 12 before its activation.',
    );
    expect(drawn(everyPair, 140)).toContain('c joins the value of node 5 by elem_mult; c′ leaves node 23');
  });

  it('in colour is the same drawing with colours', () => {
    const coloured = drawCell(nasCell, { width: 80, color: true });
    expect(coloured).toContain('\u001b[33mc ▶\u001b[39m');
    expect(coloured).toContain('\u001b[35m▶ h′\u001b[39m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
    expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(drawn(nasCell));
  });
});

describe('a layer of the engine', () => {
  it.each(['lstm', 'gru'] as const)('looks as it looked: %s', async (cell) => {
    const drawing = drawNativeCell({ kind: 'native-cell', version: 1, cell }, { width: 60, color: false });
    await expect(`${drawing}\n`).toMatchFileSnapshot(`golden/cell-${cell}-60-columns.txt`);
  });
});

function nodeOf(line: string): number {
  return Number(/(\d+) {2}\w+ /.exec(line)?.[1]);
}

/** Reads the edges back from a tree, as a reader would, without knowing how it was made. */
function followed(lines: readonly string[]): readonly string[] {
  const cells = lines.map((line) => [...line]);
  const at = (line: number, column: number) => cells[line]?.[column] ?? ' ';
  return lines.map((line, start) => {
    let column = [...line].findIndex((character) => '─┄├╮╯'.includes(character));
    while (at(start, column) === '┄') column++;
    if (at(start, column) === '├') column++;
    while (at(start, column) === '─') column++;
    if (at(start, column) === '▶') return `${nodeOf(line)}>h′`;
    const step = at(start, column) === '╮' ? 1 : -1;
    expect('╮╯').toContain(at(start, column));
    let reached = start + step;
    while (at(reached, column) === '│') reached += step;
    expect(at(reached, column)).toBe('├');
    return `${nodeOf(line)}>${nodeOf(lines[reached] ?? '')}`;
  });
}
