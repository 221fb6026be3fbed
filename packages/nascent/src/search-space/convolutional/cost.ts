import { assertNever } from '../../assert-never.ts';
import type { ConvolutionalLayer } from './architecture.ts';
import type { SpatialSize } from './repair.ts';

/** What one layer costs. */
export interface LayerCost {
  /** Trainable ones; the running statistics of batch normalisation are not trained and do not count. */
  readonly parameters: number;
  /** Multiply-adds for one example, forward. */
  readonly flops: number;
}

/**
 * Parameters of a layer, and its multiply-adds.
 *
 * A convolution has no bias where batch normalisation follows, which has a scale and a shift per filter; otherwise
 * it has one per filter. Multiply-adds count once, at every output pixel and with the padding's zeros;
 * normalisation, ReLU and pooling are not counted, as is usual.
 */
export function layerCost(layer: ConvolutionalLayer, inputChannels: number, output: SpatialSize): LayerCost {
  switch (layer.kind) {
    case 'convolution': {
      const weights = layer.filterHeight * layer.filterWidth * inputChannels * layer.filterCount;
      return priced(weights, layer, output);
    }
    case 'separable-convolution': {
      const weights = (layer.filterHeight * layer.filterWidth + layer.filterCount) * inputChannels;
      return priced(weights, layer, output);
    }
    case 'max-pooling':
    case 'average-pooling':
    case 'contrast-normalisation':
    case 'identity':
      return { parameters: 0, flops: 0 };
    default:
      return assertNever(layer);
  }
}

function priced(
  weights: number,
  { filterCount, batchNorm }: { readonly filterCount: number; readonly batchNorm: boolean },
  output: SpatialSize,
): LayerCost {
  return {
    parameters: weights + (batchNorm ? 2 : 1) * filterCount,
    flops: weights * output.height * output.width,
  };
}

/** Global average pooling (free) and a linear layer with bias. */
export function classifierCost(inputChannels: number, classes: number): LayerCost {
  return { parameters: inputChannels * classes + classes, flops: inputChannels * classes };
}
