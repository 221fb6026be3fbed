import type { Constant, ImageGraph, ImageValue, Shape } from './image-graph.ts';

/*
 * The operators of opset 17 that an exported network is made of. Each works out the shape of what it computes from
 * its own attributes, by the formula of the ONNX specification: not from the network's plan, which it is checked
 * against.
 */

/** Pixels before and after: top, left, bottom, right, as ONNX writes them. */
export type Pads = readonly [top: number, left: number, bottom: number, right: number];
export type Pair = readonly [height: number, width: number];

export interface Windows {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly pads: Pads;
}

export interface Convolution extends Windows {
  /** [filters, channels / groups, height, width] */
  readonly weight: Constant;
  /** [filters] */
  readonly bias: Constant | null;
  readonly groups: number;
}

export function convolution(
  graph: ImageGraph,
  name: string,
  input: ImageValue,
  { weight, bias, groups, ...windows }: Convolution,
): ImageValue {
  return graph.node({
    name,
    operator: 'Conv',
    inputs: [input, weight, ...(bias === null ? [] : [bias])],
    attributes: { ...windowAttributes(windows), dilations: [1, 1], group: groups },
    shape: [weight.shape[0] ?? 0, ...windowed(input.shape, windows)],
  });
}

/** Padded pixels are never the maximum. */
export function maxPool(graph: ImageGraph, name: string, input: ImageValue, windows: Windows): ImageValue {
  return pool(graph, name, input, windows, { operator: 'MaxPool', attributes: {} });
}

/** Padded pixels do not count in the mean. */
export function averagePool(
  graph: ImageGraph,
  name: string,
  input: ImageValue,
  windows: Windows,
): ImageValue {
  return pool(graph, name, input, windows, { operator: 'AveragePool', attributes: { count_include_pad: 0 } });
}

function pool(
  graph: ImageGraph,
  name: string,
  input: ImageValue,
  windows: Windows,
  {
    operator,
    attributes,
  }: { readonly operator: string; readonly attributes: Readonly<Record<string, number>> },
): ImageValue {
  return graph.node({
    name,
    operator,
    inputs: [input],
    attributes: { ...windowAttributes(windows), ...attributes },
    shape: [channelsOf(input), ...windowed(input.shape, windows)],
  });
}

/** With the running statistics. */
export function batchNormalisation(
  graph: ImageGraph,
  name: string,
  input: ImageValue,
  parameters: readonly [scale: Constant, shift: Constant, mean: Constant, variance: Constant],
  epsilon: number,
): ImageValue {
  const attributes = { epsilon: { float: epsilon } };
  const inputs = [input, ...parameters];
  return graph.node({ name, operator: 'BatchNormalization', inputs, attributes, shape: input.shape });
}

export function unary(
  graph: ImageGraph,
  name: string,
  operator: 'Relu' | 'Sqrt' | 'Identity',
  input: ImageValue,
): ImageValue {
  return graph.node({ name, operator, inputs: [input], shape: input.shape });
}

/** Element by element; axes of length 1 are repeated. A constant is whole, so its first axis stands for the batch. */
export function binary(
  graph: ImageGraph,
  name: string,
  operator: 'Add' | 'Sub' | 'Mul' | 'Div' | 'Max',
  left: ImageValue,
  right: ImageValue | Constant,
): ImageValue {
  const other = right.shape.slice(right.shape.length - left.shape.length);
  const shape = left.shape.map((length, axis) => Math.max(length, other[axis] ?? 1));
  return graph.node({ name, operator, inputs: [left, right], shape });
}

/** @param axes counted with the batch: 1 is the first axis of the shape; they stay, with length 1 */
export function mean(
  graph: ImageGraph,
  name: string,
  input: ImageValue,
  axes: readonly number[],
): ImageValue {
  const shape = input.shape.map((length, axis) => (axes.includes(axis + 1) ? 1 : length));
  return graph.node({
    name,
    operator: 'ReduceMean',
    inputs: [input],
    attributes: { axes, keepdims: 1 },
    shape,
  });
}

/** Zeros around images. */
export function pad(graph: ImageGraph, name: string, input: ImageValue, pads: Pads): ImageValue {
  const [top, left, bottom, right] = pads;
  const [channels = 0, height = 0, width = 0] = input.shape;
  const sizes = graph.integers(`${name}/sizes`, [0, 0, top, left, 0, 0, bottom, right]);
  const shape = [channels, height + top + bottom, width + left + right];
  return graph.node({
    name,
    operator: 'Pad',
    inputs: [input, sizes],
    attributes: { mode: 'constant' },
    shape,
  });
}

/** Joins along depth. */
export function concat(graph: ImageGraph, name: string, inputs: readonly ImageValue[]): ImageValue {
  const [, ...size] = inputs[0]?.shape ?? [];
  const shape = [inputs.reduce((sum, input) => sum + channelsOf(input), 0), ...size];
  return graph.node({ name, operator: 'Concat', inputs, attributes: { axis: 1 }, shape });
}

/** [channels, height, width] → [channels, 1, 1] */
export function globalAveragePool(graph: ImageGraph, name: string, input: ImageValue): ImageValue {
  return graph.node({
    name,
    operator: 'GlobalAveragePool',
    inputs: [input],
    shape: [channelsOf(input), 1, 1],
  });
}

/** One axis beside the batch. */
export function flatten(graph: ImageGraph, name: string, input: ImageValue): ImageValue {
  const shape = [input.shape.reduce((product, length) => product * length, 1)];
  return graph.node({ name, operator: 'Flatten', inputs: [input], attributes: { axis: 1 }, shape });
}

/** @param weight [outputs, inputs]; @param bias [outputs] */
export function linear(
  graph: ImageGraph,
  name: string,
  input: ImageValue,
  weight: Constant,
  bias: Constant,
): ImageValue {
  const attributes = { transB: 1 };
  const inputs = [input, weight, bias];
  return graph.node({ name, operator: 'Gemm', inputs, attributes, shape: [weight.shape[0] ?? 0] });
}

function channelsOf({ shape }: ImageValue): number {
  return shape[0] ?? 0;
}

function windowAttributes({ kernel, strides, pads }: Windows) {
  return { kernel_shape: kernel, strides, pads };
}

/** How many windows fit: ⌊(length + padding − kernel) / stride⌋ + 1 along each axis. */
function windowed([, height = 0, width = 0]: Shape, { kernel, strides, pads }: Windows): Pair {
  const [top, left, bottom, right] = pads;
  return [
    Math.floor((height + top + bottom - kernel[0]) / strides[0]) + 1,
    Math.floor((width + left + right - kernel[1]) / strides[1]) + 1,
  ];
}
