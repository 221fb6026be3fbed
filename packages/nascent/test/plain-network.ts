import type { ConvolutionalArchitecture, ConvolutionalLayer } from '../src/search-space/index.ts';

/** Planes of one image: [channel][y][x]. */
export type Planes = number[][][];
export type PlainState = ReadonlyMap<string, Float32Array>;

/**
 * What a child computes in evaluation mode, written from its definition with no engine and no plan: for tiny networks.
 * @param state as `ConvolutionalNetwork.stateDict()`
 * @returns logits
 */
export function plainForward(
  { layers, outputs }: Pick<ConvolutionalArchitecture, 'layers' | 'outputs'>,
  state: PlainState,
  image: Planes,
): number[] {
  const computed = [image];
  for (const [i, layer] of layers.entries()) {
    const joined = joinPlanes(layer.inputs.map((source) => computed[source] as Planes));
    computed.push(plainLayer(layer, `layers.${i + 1}`, state, joined));
  }
  const means = joinPlanes(outputs.map((source) => computed[source] as Planes)).map((plane) =>
    mean(plane.flat()),
  );
  const weight = entry(state, 'classifier.weight');
  return Array.from(entry(state, 'classifier.bias'), (bias, label) =>
    means.reduce((sum, value, at) => sum + value * (weight[label * means.length + at] as number), bias),
  );
}

function entry(state: PlainState, name: string): Float32Array {
  const found = state.get(name);
  if (found === undefined) throw new Error(`no ${name} among ${[...state.keys()].join(', ')}`);
  return found;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The image in the middle of zeros; an odd row or column of them is at the bottom or right. */
function joinPlanes(parts: readonly Planes[]): Planes {
  const height = Math.max(...parts.map((part) => part[0]?.length ?? 0));
  const width = Math.max(...parts.map((part) => part[0]?.[0]?.length ?? 0));
  return parts.flatMap((part) =>
    part.map((plane) => {
      const top = Math.floor((height - plane.length) / 2);
      const left = Math.floor((width - (plane[0]?.length ?? 0)) / 2);
      return grid(height, width, (y, x) => plane[y - top]?.[x - left] ?? 0);
    }),
  );
}

function grid(height: number, width: number, at: (y: number, x: number) => number): number[][] {
  return Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => at(y, x)));
}

/** Pixels that a SAME window starts before the image. */
const before = (length: number, size: number, stride: number): number =>
  Math.floor(Math.max((Math.ceil(length / stride) - 1) * stride + size - length, 0) / 2);

interface Window {
  readonly height: number;
  readonly width: number;
  readonly down: number;
  readonly across: number;
}

/** For each output pixel: the pixels of its window that exist, with their place in the window. */
function slide(
  plane: readonly (readonly number[])[],
  { height, width, down, across }: Window,
  reduce: (pixels: readonly { readonly value: number; readonly dy: number; readonly dx: number }[]) => number,
): number[][] {
  const [rows, columns] = [plane.length, plane[0]?.length ?? 0];
  const [top, left] = [before(rows, height, down), before(columns, width, across)];
  return grid(Math.ceil(rows / down), Math.ceil(columns / across), (y, x) => {
    const pixels: { value: number; dy: number; dx: number }[] = [];
    for (let dy = 0; dy < height; dy++) {
      for (let dx = 0; dx < width; dx++) {
        const value = plane[y * down - top + dy]?.[x * across - left + dx];
        if (value !== undefined) pixels.push({ value, dy, dx });
      }
    }
    return reduce(pixels);
  });
}

function plainLayer(layer: ConvolutionalLayer, name: string, state: PlainState, input: Planes): Planes {
  switch (layer.kind) {
    case 'convolution':
      return activate(convolve(input, entry(state, `${name}.convolution.weight`), layer), layer, name, state);
    case 'separable-convolution': {
      const depthwise = entry(state, `${name}.depthwise.weight`);
      const area = layer.filterHeight * layer.filterWidth;
      const spatial = input.flatMap((plane, channel) =>
        convolve([plane], depthwise.subarray(channel * area, (channel + 1) * area), {
          ...layer,
          filterCount: 1,
        }),
      );
      const one = {
        filterHeight: 1,
        filterWidth: 1,
        strideHeight: 1,
        strideWidth: 1,
        filterCount: layer.filterCount,
      };
      return activate(convolve(spatial, entry(state, `${name}.pointwise.weight`), one), layer, name, state);
    }
    case 'max-pooling':
    case 'average-pooling': {
      const best = (values: readonly number[]) => Math.max(...values);
      const reduce = layer.kind === 'max-pooling' ? best : mean;
      return input.map((plane) =>
        slide(plane, pooling(layer), (pixels) => reduce(pixels.map(({ value }) => value))),
      );
    }
    case 'contrast-normalisation':
      return normaliseContrast(input, layer.windowHeight, layer.windowWidth);
    case 'identity':
      return input;
  }
}

const pooling = (layer: {
  readonly windowHeight: number;
  readonly windowWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
}): Window => ({
  height: layer.windowHeight,
  width: layer.windowWidth,
  down: layer.strideHeight,
  across: layer.strideWidth,
});

interface Filters {
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly filterCount: number;
}

function convolve(input: Planes, weight: Float32Array, filters: Filters): Planes {
  const { filterHeight: height, filterWidth: width, strideHeight: down, strideWidth: across } = filters;
  return Array.from({ length: filters.filterCount }, (_, filter) => {
    const sums = input.map((plane, channel) =>
      slide(plane, { height, width, down, across }, (pixels) =>
        pixels.reduce((sum, { value, dy, dx }) => {
          const at = ((filter * input.length + channel) * height + dy) * width + dx;
          return sum + value * (weight[at] as number);
        }, 0),
      ),
    );
    return grid(sums[0]?.length ?? 0, sums[0]?.[0]?.length ?? 0, (y, x) =>
      sums.reduce((sum, plane) => sum + (plane[y]?.[x] as number), 0),
    );
  });
}

/** Batch normalisation or a bias, then ReLU. */
function activate(
  planes: Planes,
  { kind, batchNorm }: { readonly kind: string; readonly batchNorm: boolean },
  name: string,
  state: PlainState,
): Planes {
  const last = kind === 'convolution' ? 'convolution' : 'pointwise';
  return planes.map((plane, filter) => {
    const read = (of: string): number => entry(state, `${name}.${of}`)[filter] as number;
    const normalised = (value: number): number =>
      ((value - read('norm.running_mean')) / Math.sqrt(read('norm.running_var') + 1e-5)) *
        read('norm.weight') +
      read('norm.bias');
    return plane.map((row) =>
      row.map((value) => Math.max(0, batchNorm ? normalised(value) : value + read(`${last}.bias`))),
    );
  });
}

/** Window means over all channels and the pixels that exist; the deviation floored at its mean over the image. */
function normaliseContrast(input: Planes, height: number, width: number): Planes {
  const window = { height, width, down: 1, across: 1 };
  const local = (planes: Planes): number[][] => {
    const [rows, columns] = [planes[0]?.length ?? 0, planes[0]?.[0]?.length ?? 0];
    const depth = grid(rows, columns, (y, x) => mean(planes.map((plane) => plane[y]?.[x] as number)));
    return slide(depth, window, (pixels) => mean(pixels.map(({ value }) => value)));
  };
  const middle = local(input);
  const centred = input.map((plane) =>
    plane.map((row, y) => row.map((value, x) => value - (middle[y]?.[x] as number))),
  );
  const deviation = local(centred.map((plane) => plane.map((row) => row.map((value) => value ** 2)))).map(
    (row) => row.map((value) => Math.sqrt(value + 1e-4)),
  );
  const floor = mean(deviation.flat());
  return centred.map((plane) =>
    plane.map((row, y) => row.map((value, x) => value / Math.max(floor, deviation[y]?.[x] as number))),
  );
}
