export { ReLU, Sigmoid, Tanh } from './activation.ts';
export { type Layer, Module, type StateDictDifference } from './base-module.ts';
export { BatchNorm2d, type BatchNorm2dOptions } from './batch-norm.ts';
export { Conv2d, type Conv2dLayerOptions } from './conv2d.ts';
export { Dropout } from './dropout.ts';
export { Embedding } from './embedding.ts';
export { Flatten } from './flatten.ts';
export {
  constant_,
  type HeOptions,
  heNormal_,
  heUniform_,
  normal_,
  uniform_,
  xavierUniform_,
} from './init.ts';
export { Linear, type LinearOptions } from './linear.ts';
export { LSTMCell, type LSTMCellOptions, type LSTMState } from './lstm-cell.ts';
export { type AxisPadding, type Padding, type Pair, samePadding } from './padding.ts';
export type { ParameterOptions } from './parameter-options.ts';
export { AvgPool2d, GlobalAvgPool2d, MaxPool2d, type Pool2dOptions } from './pooling.ts';
export { Sequential } from './sequential.ts';
