import type { ImageInput } from '../network-description.ts';
import type { ConvolutionalArchitecture, ConvolutionalLayer } from './architecture.ts';
import { classifierCost, type LayerCost, layerCost } from './cost.ts';
import { largestSize, type SpatialSize, type ZeroPadding, zeroPadding } from './repair.ts';

/** Size of an activation without the batch. */
export interface Extent extends SpatialSize {
  readonly channels: number;
}

/** One of the outputs that a layer reads, and the zeros around it before they are joined along depth. */
export interface PlannedInput {
  /** 0 is the image, i the i-th layer. */
  readonly source: number;
  readonly extent: Extent;
  readonly padding: ZeroPadding;
}

export interface PlannedLayer extends LayerCost {
  readonly layer: ConvolutionalLayer;
  readonly inputs: readonly PlannedInput[];
  /** What the layer computes on: its inputs padded and joined. */
  readonly input: Extent;
  readonly output: Extent;
}

export interface PlannedClassifier extends LayerCost {
  readonly inputs: readonly PlannedInput[];
  readonly input: Extent;
}

/**
 * An architecture with every size worked out for images of one shape. Whatever builds, draws, exports or prices
 * the network goes by it.
 */
export interface NetworkPlan extends LayerCost {
  readonly image: ImageInput;
  /** Layer i of the architecture, counted from 1, is `layers[i - 1]`. */
  readonly layers: readonly PlannedLayer[];
  readonly classifier: PlannedClassifier;
}

/** Works out the sizes of a network, and what it costs. Total: every architecture has a plan for every image. */
export function planNetwork(architecture: ConvolutionalArchitecture, image: ImageInput): NetworkPlan {
  const extents: Extent[] = [{ channels: image.channels, height: image.height, width: image.width }];
  const layers = architecture.layers.map((layer): PlannedLayer => {
    const joined = join(layer.inputs, extents);
    const output = outputOf(layer, joined.input);
    extents.push(output);
    return { layer, ...joined, output, ...layerCost(layer, joined.input.channels, output) };
  });
  const joined = join(architecture.outputs, extents);
  const classifier = { ...joined, ...classifierCost(joined.input.channels, image.classes) };
  const parts = [...layers, classifier];
  return {
    image,
    layers,
    classifier,
    parameters: parts.reduce((sum, part) => sum + part.parameters, 0),
    flops: parts.reduce((sum, part) => sum + part.flops, 0),
  };
}

function join(
  sources: readonly number[],
  extents: readonly Extent[],
): { readonly inputs: readonly PlannedInput[]; readonly input: Extent } {
  const read = sources.map((source) => ({ source, extent: extents[source] as Extent }));
  const size = largestSize(read.map(({ extent }) => extent));
  return {
    inputs: read.map(({ source, extent }) => ({ source, extent, padding: zeroPadding(extent, size) })),
    input: { channels: read.reduce((sum, { extent }) => sum + extent.channels, 0), ...size },
  };
}

/** SAME padding: ⌈length / stride⌉ along each axis. */
function outputOf(layer: ConvolutionalLayer, input: Extent): Extent {
  if (layer.kind === 'identity' || layer.kind === 'contrast-normalisation') return input;
  return {
    channels: 'filterCount' in layer ? layer.filterCount : input.channels,
    height: Math.ceil(input.height / layer.strideHeight),
    width: Math.ceil(input.width / layer.strideWidth),
  };
}
