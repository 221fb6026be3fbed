import type { TreeProgram } from '@nascent/torch';
import { type CellNode, type RecurrentCellArchitecture, treeOf } from '../../search-space/index.ts';

/**
 * Compiles a cell to the program of a recurrent layer (Zoph & Le 2017, §3.4): the engine runs it over whole
 * sequences, all leaves' input products ahead of the loop, all leaves' recurrent products as one for each step.
 */
export function compileCell({
  base,
  nodes,
  inject,
  cellIndex,
  injectIndex,
}: RecurrentCellArchitecture): TreeProgram {
  return {
    leaves: nodes.slice(0, base).map(operation),
    nodes: treeOf(base).children.map(([left, right], i) => ({
      left,
      right,
      ...operation(nodes[base + i] as CellNode),
    })),
    inject: { node: injectIndex, ...operation(inject) },
    cell: cellIndex,
  };
}

function operation({ combination, activation }: CellNode) {
  return { combination: combination === 'elem_mult' ? 'multiply' : combination, activation } as const;
}
