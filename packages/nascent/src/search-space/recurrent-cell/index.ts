/**
 * Recurrent cells (Zoph & Le 2017, §3.4).
 *
 * 1. `tree.ts`   the shape of a cell of base b, and how its nodes are numbered
 * 2. `architecture.ts`   a cell as data; the native layers that it is compared with
 * 3. `space.ts`   what is asked, in which order
 * 4. `size.ts`   parameters of a cell, and the hidden size that a budget of parameters allows
 * 5. `formulas.ts`   a cell as equations
 * 6. `known-cells.ts`   NASCell, the paper's worked example, an LSTM-like tree, LSTM and GRU as token strings
 */
export * from './architecture.ts';
export { cellFormulas, type Formula, nativeFormulas } from './formulas.ts';
export { type KnownCell, knownCells } from './known-cells.ts';
export { hiddenSizeFor, type LanguageModelShape, languageModelParameters, layerParameters } from './size.ts';
export {
  LARGER_LISTS,
  nativeCell,
  type RecurrentCellOptions,
  type RecurrentCellSpace,
  recurrentCell,
} from './space.ts';
export { type CellTree, isBase, treeOf } from './tree.ts';
