/**
 * libtorch for TypeScript: tensors, autograd and neural networks at native speed.
 *
 * Importing loads nothing; the engine loads at the first use.
 */
export * from './autocast.ts';
export * from './batch-stream.ts';
export * from './creation.ts';
export { type DType, dtypes, elementBytes, isFloating, type TypedArray } from './dtype.ts';
export * from './engine.ts';
export * from './errors.ts';
export * from './escape-hatch.ts';
export * from './generator.ts';
export * from './gradients.ts';
export { isTorchLoaded } from './native.ts';
export * from './nn/index.ts';
export * from './ops/index.ts';
export * from './optim/index.ts';
export * from './safetensors/index.ts';
export {
  enableGrad,
  liveTensors,
  nativeBytes,
  noGrad,
  peakNativeBytes,
  releaseMemory,
  type Synchronous,
  scope,
} from './scope.ts';
export * from './tensor.ts';
