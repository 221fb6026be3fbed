import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampledNetworks } from '../../../test/convolutional-samples.ts';
import type { ConvolutionalArchitecture, ConvolutionalLayer, ImageInput } from '../index.ts';
import { type Extent, planNetwork } from './plan.ts';
import type { ZeroPadding } from './repair.ts';

const IMAGE: ImageInput = { channels: 3, height: 32, width: 32, classes: 10 };
const filters = {
  filterHeight: 3,
  filterWidth: 5,
  strideHeight: 1,
  strideWidth: 1,
  filterCount: 24,
  batchNorm: true,
  inputs: [0],
} as const;
const window = { windowHeight: 3, windowWidth: 3, strideHeight: 2, strideWidth: 2, inputs: [0] } as const;

const alone = (layer: ConvolutionalLayer, image = IMAGE) =>
  planNetwork({ kind: 'convolutional', version: 2, layers: [layer], outputs: [1] }, image);

describe('the plan of a network', () => {
  it('convolution › no bias, two parameters of batch norm for each filter; a classifier with bias', () => {
    const plan = alone({ kind: 'convolution', ...filters });
    expect(plan.layers[0]).toMatchObject({ parameters: 3 * 5 * 3 * 24 + 2 * 24, flops: 1080 * 1024 });
    expect(plan.classifier).toMatchObject({ parameters: 24 * 10 + 10, flops: 240 });
    expect(plan.parameters).toBe(1128 + 250);
    expect(plan.flops).toBe(1080 * 1024 + 240);
  });

  it('convolution without batch norm › a bias for each filter', () => {
    const [layer] = alone({ kind: 'convolution', ...filters, batchNorm: false }).layers;
    expect(layer?.parameters).toBe(1080 + 24);
  });

  it('separable convolution › a filter for each channel, then 1×1', () => {
    const [layer] = alone({ kind: 'separable-convolution', ...filters }).layers;
    expect(layer?.parameters).toBe(3 * 5 * 3 + 3 * 24 + 2 * 24);
    expect(layer?.flops).toBe((45 + 72) * 1024);
  });

  it('pooling, contrast normalisation, identity › keep the channels and have no parameters', () => {
    const layers: readonly ConvolutionalLayer[] = [
      { kind: 'max-pooling', ...window },
      { kind: 'average-pooling', ...window },
      { kind: 'contrast-normalisation', windowHeight: 3, windowWidth: 3, inputs: [0] },
      { kind: 'identity', inputs: [0] },
    ];
    const planned = layers.map((layer) => alone(layer).layers[0]);
    expect(planned.map((plan) => plan?.output.channels)).toEqual([3, 3, 3, 3]);
    expect(planned.map((plan) => plan?.output.height)).toEqual([16, 16, 32, 32]);
    expect(planned.map((plan) => [plan?.parameters, plan?.flops])).toEqual(layers.map(() => [0, 0]));
  });

  // From TensorFlow's definition of SAME: ⌈n / s⌉.
  it.each([
    [32, 1, 32],
    [32, 2, 16],
    [32, 3, 11],
    [11, 3, 4],
    [5, 2, 3],
    [1, 3, 1],
  ])('SAME › %d pixels with stride %d become %d, whatever the window', (height, strideHeight, expected) => {
    for (const filterHeight of [1, 2, 3, 7]) {
      const [layer] = alone(
        { kind: 'convolution', ...filters, filterHeight, strideHeight },
        { ...IMAGE, height },
      ).layers;
      expect([layer?.output.height, layer?.output.width]).toEqual([expected, 32]);
    }
  });

  it('equals a recomputation from the definitions, for any image (property)', { timeout: 120_000 }, () => {
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(sampledNetworks(), side, side, side, side, (sampled, height, width, channels, classes) => {
        const image = { height, width, channels, classes };
        const plan = planNetwork(sampled.architecture, image);
        const { outputs, parameters, flops } = recomputed(sampled.architecture, image);
        expect(plan.layers.map(({ output }) => output)).toEqual(outputs);
        expect(plan.parameters).toBe(parameters);
        expect(plan.flops).toBe(flops);
        const read = [...plan.layers, plan.classifier].flatMap(({ inputs, input }) =>
          inputs.map((one) => ({ ...one, input })),
        );
        // One assertion for each of thousands of samples: those that are wrong.
        expect(read.filter(({ source, extent }) => !sameSize(extent, outputs[source - 1] ?? image))).toEqual(
          [],
        );
        expect(read.filter(({ extent, padding, input }) => !centred(extent, padding, input))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });
});

function sameSize(a: Extent, b: Extent): boolean {
  return a.channels === b.channels && a.height === b.height && a.width === b.width;
}

function centred(extent: Extent, { top, bottom, left, right }: ZeroPadding, input: Extent): boolean {
  const halves = (first: number, second: number) => second === first || second === first + 1;
  return (
    extent.height + top + bottom === input.height &&
    extent.width + left + right === input.width &&
    halves(top, bottom) &&
    halves(left, right)
  );
}

/** The same by counting: window positions one by one, and each tensor of weights by its shape. */
function recomputed({ layers, outputs: read }: ConvolutionalArchitecture, image: ImageInput) {
  const extents: Extent[] = [{ channels: image.channels, height: image.height, width: image.width }];
  let parameters = 0;
  let flops = 0;
  const joined = (inputs: readonly number[]): Extent => {
    let [channels, height, width] = [0, 0, 0];
    for (const source of inputs) {
      const extent = extents[source] as Extent;
      channels += extent.channels;
      height = extent.height > height ? extent.height : height;
      width = extent.width > width ? extent.width : width;
    }
    return { channels, height, width };
  };
  const positions = (length: number, stride: number): number => {
    let count = 0;
    for (let at = 0; at < length; at += stride) count++;
    return count;
  };
  for (const layer of layers) {
    const { channels, height, width } = joined(layer.inputs);
    if (layer.kind === 'identity' || layer.kind === 'contrast-normalisation') {
      extents.push({ channels, height, width });
      continue;
    }
    const [rows, columns] = [positions(height, layer.strideHeight), positions(width, layer.strideWidth)];
    if (!('filterCount' in layer)) {
      extents.push({ channels, height: rows, width: columns });
      continue;
    }
    const { filterHeight, filterWidth, filterCount, batchNorm } = layer;
    const shapes =
      layer.kind === 'convolution'
        ? [[filterCount, channels, filterHeight, filterWidth]]
        : [
            [channels, 1, filterHeight, filterWidth],
            [filterCount, channels, 1, 1],
          ];
    for (const shape of shapes) {
      const size = shape.reduce((product, length) => product * length, 1);
      parameters += size;
      flops += size * rows * columns;
    }
    parameters += batchNorm ? filterCount + filterCount : filterCount;
    extents.push({ channels: filterCount, height: rows, width: columns });
  }
  const { channels } = joined(read);
  parameters += image.classes * channels + image.classes;
  flops += image.classes * channels;
  return { outputs: extents.slice(1), parameters, flops };
}
