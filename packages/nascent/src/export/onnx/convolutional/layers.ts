import { samePadding } from '@nascent/torch';
import { assertNever } from '../../../assert-never.ts';
import { CONTRAST_EPSILON } from '../../../child/network/contrast-normalisation.ts';
import type { PlannedInput, PlannedLayer } from '../../../search-space/index.ts';
import type { Weights } from '../weights.ts';
import type { ImageGraph, ImageValue } from './image-graph.ts';
import * as operators from './operators.ts';

/** What a layer is written with. */
export interface LayerContext {
  readonly graph: ImageGraph;
  readonly weights: Weights;
  readonly batchNormEpsilon: number;
}

/**
 * Pads what a reader reads with zeros to the largest, and joins it along depth.
 * @param read by source, 0 the image
 */
export function writeJoin(
  graph: ImageGraph,
  reader: string,
  inputs: readonly PlannedInput[],
  read: ReadonlyMap<number, ImageValue>,
): ImageValue {
  const padded = inputs.map(({ source, padding: { top, left, bottom, right } }) => {
    const value = read.get(source);
    if (value === undefined) throw new RangeError(`${reader} reads ${source}, which is not there`);
    return top + left + bottom + right === 0
      ? value
      : operators.pad(graph, `${reader}/pad_${source}`, value, [top, left, bottom, right]);
  });
  const [only] = padded;
  return padded.length === 1 && only !== undefined
    ? only
    : operators.concat(graph, `${reader}/concat`, padded);
}

/** Writes what a layer computes on its joined input; the nodes' names begin with `name`. */
export function writeLayer(
  context: LayerContext,
  name: string,
  planned: PlannedLayer,
  input: ImageValue,
): ImageValue {
  const { graph } = context;
  const { layer } = planned;
  switch (layer.kind) {
    case 'convolution':
    case 'separable-convolution':
      return writeConvolution(context, name, layer, input);
    case 'max-pooling':
      return operators.maxPool(graph, `${name}/max_pool`, input, poolingWindows(layer, input));
    case 'average-pooling':
      return operators.averagePool(graph, `${name}/average_pool`, input, poolingWindows(layer, input));
    case 'contrast-normalisation':
      return writeContrastNormalisation(graph, name, [layer.windowHeight, layer.windowWidth], input);
    case 'identity':
      return operators.unary(graph, `${name}/identity`, 'Identity', input);
    default:
      return assertNever(layer);
  }
}

type Convolving = Extract<PlannedLayer['layer'], { readonly filterCount: number }>;

function writeConvolution(
  context: LayerContext,
  name: string,
  layer: Convolving,
  input: ImageValue,
): ImageValue {
  const { graph, weights, batchNormEpsilon } = context;
  const state = `layers.${name.slice('layer_'.length)}`;
  const kernel = [layer.filterHeight, layer.filterWidth] as const;
  const strides = [layer.strideHeight, layer.strideWidth] as const;
  const windows = sameWindows(input, kernel, strides);
  const last = layer.kind === 'convolution' ? 'convolution' : 'pointwise';
  const bias = layer.batchNorm ? null : weights(`${state}.${last}.bias`);
  const weight = weights(`${state}.${last}.weight`);
  let current: ImageValue;
  if (layer.kind === 'convolution') {
    current = operators.convolution(graph, `${name}/convolution`, input, {
      ...windows,
      weight,
      bias,
      groups: 1,
    });
  } else {
    const depthwise = operators.convolution(graph, `${name}/depthwise`, input, {
      ...windows,
      weight: weights(`${state}.depthwise.weight`),
      bias: null,
      groups: input.shape[0] ?? 1,
    });
    current = operators.convolution(graph, `${name}/pointwise`, depthwise, {
      kernel: [1, 1],
      strides: [1, 1],
      pads: [0, 0, 0, 0],
      weight,
      bias,
      groups: 1,
    });
  }
  if (layer.batchNorm) {
    const parameters = [
      weights(`${state}.norm.weight`),
      weights(`${state}.norm.bias`),
      weights(`${state}.norm.running_mean`),
      weights(`${state}.norm.running_var`),
    ] as const;
    current = operators.batchNormalisation(graph, `${name}/norm`, current, parameters, batchNormEpsilon);
  }
  return operators.unary(graph, `${name}/relu`, 'Relu', current);
}

/** As `child/network/contrast-normalisation.ts` defines it. */
function writeContrastNormalisation(
  graph: ImageGraph,
  name: string,
  window: operators.Pair,
  input: ImageValue,
): ImageValue {
  const windows = sameWindows(input, window, [1, 1]);
  const local = (of: string, value: ImageValue): ImageValue => {
    const overChannels = operators.mean(graph, `${name}/${of}_over_channels`, value, [1]);
    return operators.averagePool(graph, `${name}/${of}`, overChannels, windows);
  };
  const centred = operators.binary(graph, `${name}/centred`, 'Sub', input, local('mean', input));
  const squares = operators.binary(graph, `${name}/squares`, 'Mul', centred, centred);
  const epsilon = graph.floats(`${name}/epsilon`, [], Float32Array.of(CONTRAST_EPSILON));
  const variance = operators.binary(graph, `${name}/variance`, 'Add', local('mean_square', squares), epsilon);
  const deviation = operators.unary(graph, `${name}/deviation`, 'Sqrt', variance);
  const overImage = operators.mean(graph, `${name}/mean_deviation`, deviation, [1, 2, 3]);
  const divisor = operators.binary(graph, `${name}/divisor`, 'Max', deviation, overImage);
  return operators.binary(graph, `${name}/contrast_normalisation`, 'Div', centred, divisor);
}

function poolingWindows(
  layer: Extract<PlannedLayer['layer'], { readonly kind: 'max-pooling' | 'average-pooling' }>,
  input: ImageValue,
): operators.Windows {
  const { windowHeight, windowWidth, strideHeight, strideWidth } = layer;
  return sameWindows(input, [windowHeight, windowWidth], [strideHeight, strideWidth]);
}

/** TensorFlow's SAME as numbers: ONNX's own SAME_UPPER is deprecated. */
function sameWindows(input: ImageValue, kernel: operators.Pair, strides: operators.Pair): operators.Windows {
  const [, height = 0, width = 0] = input.shape;
  const rows = samePadding(height, kernel[0], strides[0]);
  const columns = samePadding(width, kernel[1], strides[1]);
  return { kernel, strides, pads: [rows.before, columns.before, rows.after, columns.after] };
}
