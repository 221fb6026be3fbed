import { assertNever } from '../../assert-never.ts';
import type { LayerKind } from './architecture.ts';
import type { ConvolutionalSettings } from './options.ts';

/** How many samples a convolutional space holds: the product over its layers, times 2^i skips of the i-th. */
export function convolutionalSize(settings: ConvolutionalSettings, layers: number): bigint {
  const perLayer = settings.layerTypes.reduce((sum, kind) => sum + choicesOf(kind, settings), 0);
  const skips = settings.skips ? 2n ** BigInt((layers * (layers - 1)) / 2) : 1n;
  return BigInt(Math.max(1, settings.learningRate.length)) * BigInt(perLayer) ** BigInt(layers) * skips;
}

function choicesOf(kind: LayerKind, settings: ConvolutionalSettings): number {
  const { filterHeight, filterWidth, filterCount, stride, batchNorm } = settings;
  switch (kind) {
    case 'convolution':
    case 'separable-convolution':
      return (
        filterHeight.length * filterWidth.length * filterCount.length * stride.length ** 2 * batchNorm.length
      );
    case 'max-pooling':
    case 'average-pooling':
      return settings.poolWindow.length * settings.poolStride.length;
    case 'contrast-normalisation':
      return settings.contrastWindow.length;
    case 'identity':
      return 1;
    default:
      return assertNever(kind);
  }
}
