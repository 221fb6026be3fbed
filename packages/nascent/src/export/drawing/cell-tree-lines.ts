import { type RecurrentCellArchitecture, treeOf } from '../../search-space/index.ts';
import { levelsOf } from './cell-levels.ts';

/** One line of a cell's tree: a node and the wires to its right. */
export interface TreeLine {
  readonly node: number;
  /** All equally long; the root's leads out at the end. */
  readonly wires: string;
}

/**
 * A cell's tree on its side: one line for each node, leaves at the left, each node between the two that it joins.
 * @param pitch columns of a level, at least 1; the wires are `pitch · log₂ base + 2` wide
 */
export function treeLines(
  { base }: Pick<RecurrentCellArchitecture, 'base'>,
  pitch: number,
): readonly TreeLine[] {
  const { children, root } = treeOf(base);
  const joins = levelsOf({ base }).length - 1;
  const width = pitch * joins + 2;

  /** The lines of the tree below a node, the node's own in the middle, up to the column where it is joined. */
  const linesOf = (node: number, level: number): readonly TreeLine[] => {
    const [left, right] = children[node - base] ?? [];
    if (left === undefined || right === undefined) return [{ node, wires: '─'.repeat(pitch - 1) }];
    const before = pitch * level - 1;
    const after = node === root ? width - before - 1 : pitch - 1;
    return [
      ...joined(linesOf(left, level - 1), before, ' ╮│'),
      { node, wires: `${'┄'.repeat(before)}├${'─'.repeat(after)}` },
      ...joined(linesOf(right, level - 1), before, '│╯ '),
    ];
  };
  return linesOf(root, joins).map(({ node, wires }) => ({ node, wires: wires.padEnd(width) }));
}

/** Adds the column in which a tree is joined. @param marks above its own root's line, on it, below it */
function joined(lines: readonly TreeLine[], column: number, marks: string): readonly TreeLine[] {
  const root = Math.floor(lines.length / 2);
  return lines.map(({ node, wires }, i) => ({
    node,
    wires: wires.padEnd(column) + marks.charAt(1 + Math.sign(i - root)),
  }));
}
