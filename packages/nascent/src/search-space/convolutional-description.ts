import type { ConvolutionalArchitecture } from './convolutional-architecture.ts';
import { classifierCost, layerCosts } from './convolutional-cost.ts';
import type { ImageInput, LayerDescription, NetworkDescription } from './network-description.ts';
import { CIFAR10_INPUT } from './network-description.ts';

/** The network with the shape, parameters and multiply-adds of each layer, for drawings. */
export function describeConvolutional(
  architecture: ConvolutionalArchitecture,
  input: ImageInput = CIFAR10_INPUT,
): NetworkDescription {
  const { height, width, classes } = input;
  const { costs, channels } = layerCosts(architecture, input.channels, input);
  const convolutions = architecture.layers.map(
    (layer, i): LayerDescription => ({
      kind: 'convolution',
      label: `conv ${layer.filterHeight}×${layer.filterWidth}, ${layer.filterCount} filters · bn · relu`,
      output: [layer.filterCount, height, width],
      parameters: costs[i]?.parameters ?? 0,
      flops: costs[i]?.flops ?? 0,
      inputs: [i],
    }),
  );
  const layers: readonly LayerDescription[] = [
    {
      kind: 'input',
      label: 'image',
      output: [input.channels, height, width],
      parameters: 0,
      flops: 0,
      inputs: [],
    },
    ...convolutions,
    {
      kind: 'classifier',
      label: `average pool · linear, ${classes} classes`,
      output: [classes],
      ...classifierCost(channels, classes),
      inputs: [convolutions.length],
    },
  ];
  return {
    layers,
    parameters: layers.reduce((total, layer) => total + layer.parameters, 0),
    flops: layers.reduce((total, layer) => total + layer.flops, 0),
  };
}
