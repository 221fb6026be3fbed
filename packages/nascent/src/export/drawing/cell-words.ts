import type { CellNode, RecurrentCellArchitecture } from '../../search-space/index.ts';

/** `elem_mult tanh`: a node in the words of its tokens. */
export function labelOfNode({ combination, activation }: CellNode): string {
  return `${combination} ${activation}`;
}

/** `base 8: 15 nodes; 8 · H · (I + H) parameters for H units and I inputs`. */
export function cellTotals({ base, nodes }: RecurrentCellArchitecture): string {
  return `base ${base}: ${nodes.length} nodes; ${base} · H · (I + H) parameters for H units and I inputs`;
}

/** Where c enters and leaves, in words. */
export function memoryWords({ inject, cellIndex, injectIndex }: RecurrentCellArchitecture): string {
  const { combination, activation } = inject;
  return (
    `c joins the value of node ${injectIndex} by ${combination}${activation === 'identity' ? '' : `, then ${activation}`}; ` +
    `c′ leaves node ${cellIndex} before its activation.`
  );
}

/** What every cell has, in words. */
export const LEAVES_AND_STATES =
  'Leaves join W x and U h, by matrices of their own; x is the input, h and c are the state, h′ and c′ the next one.';
