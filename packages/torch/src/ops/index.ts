export * from './convolution.ts';
export * from './joining.ts';
export * from './layers.ts';
export * from './linear-cross-entropy.ts';
export {
  binaryCrossEntropyWithLogits,
  type ClassLossOptions,
  crossEntropy,
  mseLoss,
  nllLoss,
  type Reduction,
} from './losses.ts';
export * from './native-recurrent.ts';
export * from './normalisation.ts';
export * from './pooling.ts';
export * from './recurrent-tree.ts';
export * from './recurrent-tree-eager.ts';
export type {
  RecurrentTreeOperands,
  RecurrentTreeResult,
  TreeActivation,
  TreeCombination,
  TreeOperation,
  TreeProgram,
} from './tree-program.ts';
