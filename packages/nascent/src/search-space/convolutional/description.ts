import { assertNever } from '../../assert-never.ts';
import type { ImageInput, LayerDescription, NetworkDescription } from '../network-description.ts';
import { CIFAR10_INPUT } from '../network-description.ts';
import type { ConvolutionalArchitecture, ConvolutionalLayer } from './architecture.ts';
import { type Extent, planNetwork } from './plan.ts';

/** The network with the shape, parameters and multiply-adds of each layer, for drawings. */
export function describeConvolutional(
  architecture: ConvolutionalArchitecture,
  input: ImageInput = CIFAR10_INPUT,
): NetworkDescription {
  const plan = planNetwork(architecture, input);
  const { classifier } = plan;
  const layers: readonly LayerDescription[] = [
    {
      kind: 'input',
      label: 'image',
      output: [input.channels, input.height, input.width],
      parameters: 0,
      flops: 0,
      inputs: [],
    },
    ...plan.layers.map(
      ({ layer, output, parameters, flops }): LayerDescription => ({
        kind: layer.kind,
        label: labelOf(layer),
        output: shapeOf(output),
        parameters,
        flops,
        inputs: layer.inputs,
      }),
    ),
    {
      kind: 'classifier',
      label: `average pool · linear, ${input.classes} classes`,
      output: [input.classes],
      parameters: classifier.parameters,
      flops: classifier.flops,
      inputs: architecture.outputs,
    },
  ];
  return { layers, parameters: plan.parameters, flops: plan.flops };
}

function shapeOf({ channels, height, width }: Extent): readonly number[] {
  return [channels, height, width];
}

/** One line that says what a layer does. */
export function labelOf(layer: ConvolutionalLayer): string {
  switch (layer.kind) {
    case 'convolution':
      return `conv ${filtersOf(layer)}`;
    case 'separable-convolution':
      return `separable conv ${filtersOf(layer)}`;
    case 'max-pooling':
      return `max pool ${layer.windowHeight}×${layer.windowWidth}${strideOf(layer)}`;
    case 'average-pooling':
      return `average pool ${layer.windowHeight}×${layer.windowWidth}${strideOf(layer)}`;
    case 'contrast-normalisation':
      return `local contrast norm ${layer.windowHeight}×${layer.windowWidth}`;
    case 'identity':
      return 'identity';
    default:
      return assertNever(layer);
  }
}

function filtersOf(layer: Extract<ConvolutionalLayer, { readonly filterCount: number }>): string {
  const norm = layer.batchNorm ? ' · bn' : '';
  return `${layer.filterHeight}×${layer.filterWidth}, ${layer.filterCount} filters${strideOf(layer)}${norm} · relu`;
}

function strideOf(layer: { readonly strideHeight: number; readonly strideWidth: number }): string {
  const { strideHeight, strideWidth } = layer;
  return strideHeight === 1 && strideWidth === 1 ? '' : `, stride ${strideHeight}×${strideWidth}`;
}
