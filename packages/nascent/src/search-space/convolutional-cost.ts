import type { ConvolutionalArchitecture, ConvolutionLayer } from './convolutional-architecture.ts';
import type { ImageInput } from './network-description.ts';

/** What one layer costs. */
export interface LayerCost {
  readonly parameters: number;
  readonly flops: number;
}

/**
 * Parameters of a convolution without bias and of its batch normalisation (scale and shift per filter;
 * the running statistics are not trained and do not count), and its multiply-adds for one example.
 *
 * Multiply-adds count once, at every output pixel and with the padding's zeros; batch normalisation, ReLU and
 * pooling are not counted, as is usual.
 */
export function convolutionCost(
  layer: ConvolutionLayer,
  inputChannels: number,
  output: { readonly height: number; readonly width: number },
): LayerCost {
  const weights = layer.filterHeight * layer.filterWidth * inputChannels * layer.filterCount;
  return {
    parameters: weights + 2 * layer.filterCount,
    flops: weights * output.height * output.width,
  };
}

/** Global average pooling (free) and a linear layer with bias. */
export function classifierCost(inputChannels: number, classes: number): LayerCost {
  return { parameters: inputChannels * classes + classes, flops: inputChannels * classes };
}

/** Trainable parameters of the child network, in closed form; equal to those of the network that is built. */
export function convolutionalParameters(
  architecture: ConvolutionalArchitecture,
  input: { readonly inputChannels: number; readonly classes: number },
): number {
  const anySize = { height: 1, width: 1 };
  const { costs, channels } = layerCosts(architecture, input.inputChannels, anySize);
  return sum(costs.map((cost) => cost.parameters)) + classifierCost(channels, input.classes).parameters;
}

/** Multiply-adds of one forward pass of one example; see `convolutionCost` for what counts. */
export function convolutionalFlops(architecture: ConvolutionalArchitecture, input: ImageInput): number {
  const { costs, channels } = layerCosts(architecture, input.channels, input);
  return sum(costs.map((cost) => cost.flops)) + classifierCost(channels, input.classes).flops;
}

/** The cost of each layer, and the channels that reach the classifier. Stride 1: every layer keeps the image's size. */
export function layerCosts(
  architecture: ConvolutionalArchitecture,
  inputChannels: number,
  size: { readonly height: number; readonly width: number },
): { readonly costs: readonly LayerCost[]; readonly channels: number } {
  let channels = inputChannels;
  const costs = architecture.layers.map((layer) => {
    const cost = convolutionCost(layer, channels, size);
    channels = layer.filterCount;
    return cost;
  });
  return { costs, channels };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
