import { Generator, noGrad, randn, scope, tensor } from '@nascent/torch';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ConvolutionalArchitecture,
  type ConvolutionLayer,
  convolutionalParameters,
} from '../search-space/index.ts';
import { ConvolutionalNetwork } from './convolutional-network.ts';

const layer = (filterHeight: number, filterWidth: number, filterCount: number): ConvolutionLayer => ({
  kind: 'convolution',
  filterHeight,
  filterWidth,
  strideHeight: 1,
  strideWidth: 1,
  filterCount,
});
const architectureOf = (...layers: ConvolutionLayer[]): ConvolutionalArchitecture => ({
  kind: 'convolutional',
  version: 1,
  layers,
});
const input = { channels: 3, classes: 10 };

/** Plane-major images [batch][channel][y][x]. */
type Images = number[][][][];

/** What a child computes, written from its definition, with no engine: for tiny networks. */
function plainForward(
  layers: readonly ConvolutionLayer[],
  state: ReadonlyMap<string, Float32Array>,
  images: Images,
): number[][] {
  const get = (name: string): Float32Array => {
    const found = state.get(name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };
  return images.map((image) => {
    let planes = image;
    for (const [index, { filterHeight, filterWidth, filterCount }] of layers.entries()) {
      const weight = get(`layers.${index}.convolution.weight`);
      const [scale, shift, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((name) =>
        get(`layers.${index}.norm.${name}`),
      ) as [Float32Array, Float32Array, Float32Array, Float32Array];
      const read = (channel: number, y: number, x: number): number => planes[channel]?.[y]?.[x] ?? 0;
      planes = Array.from({ length: filterCount }, (_, filter) =>
        (planes[0] as number[][]).map((row, y) =>
          row.map((_, x) => {
            let sum = 0;
            for (let channel = 0; channel < planes.length; channel++) {
              for (let dy = 0; dy < filterHeight; dy++) {
                for (let dx = 0; dx < filterWidth; dx++) {
                  const at = ((filter * planes.length + channel) * filterHeight + dy) * filterWidth + dx;
                  sum +=
                    (weight[at] as number) *
                    read(
                      channel,
                      y + dy - Math.floor((filterHeight - 1) / 2),
                      x + dx - Math.floor((filterWidth - 1) / 2),
                    );
                }
              }
            }
            const centred = (sum - (mean[filter] as number)) / Math.sqrt((variance[filter] as number) + 1e-5);
            return Math.max(0, centred * (scale[filter] as number) + (shift[filter] as number));
          }),
        ),
      );
    }
    const pooled = planes.map((plane) => {
      const values = plane.flat();
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    });
    const weight = get('classifier.weight');
    return Array.from(get('classifier.bias'), (bias, label) =>
      pooled.reduce((sum, value, at) => sum + value * (weight[label * pooled.length + at] as number), bias),
    );
  });
}

describe('the network of a convolutional architecture', () => {
  it('computes what its definition says: SAME convolution, batch norm, ReLU, pooling, classifier', () => {
    const layers = [layer(3, 5, 4), layer(1, 7, 3), layer(7, 1, 5), layer(2, 4, 3)];
    const network = new ConvolutionalNetwork(architectureOf(...layers), input, { seed: 5 });
    const [batch, height, width] = [2, 5, 6];
    scope(() => {
      const pixels = randn([batch, 3, height, width], { generator: new Generator(1) });
      noGrad(() => {
        // Batch norm that does something: other numbers than 1 and 0 in every tensor of it.
        const generator = new Generator(2);
        for (const [name, values] of network.stateDict()) {
          if (!/norm|bias/.test(name)) continue;
          const noise = randn(values.shape, { generator }).mul(0.3);
          values.copyFrom_(name.endsWith('var') ? noise.abs().add(0.5) : noise.add(0.2));
        }
        network.eval();
        const logits = network.forward(pixels).toFloat32();
        const flat = pixels.toFloat32();
        const images: Images = Array.from({ length: batch }, (_, n) =>
          Array.from({ length: 3 }, (_, c) =>
            Array.from({ length: height }, (_, y) =>
              Array.from({ length: width }, (_, x) => flat[((n * 3 + c) * height + y) * width + x] as number),
            ),
          ),
        );
        const state = new Map([...network.stateDict()].map(([name, value]) => [name, value.toFloat32()]));
        const expected = plainForward(layers, state, images).flat();
        expect(logits.length).toBe(batch * 10);
        for (const [at, value] of logits.entries()) expect(value).toBeCloseTo(expected[at] as number, 5);
        expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.05); // not all zero
      });
    });
    network.dispose();
  });

  it('has as many parameters as the closed form says, and maps any batch to logits', () => {
    const sizes = fc.tuple(
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 9 }),
    );
    fc.assert(
      fc.property(
        fc.array(sizes, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(1, 3),
        (list, channels) => {
          const architecture = architectureOf(...list.map((size) => layer(...size)));
          const network = new ConvolutionalNetwork(architecture, { channels, classes: 7 }, { seed: 0 });
          const closedForm = convolutionalParameters(architecture, { inputChannels: channels, classes: 7 });
          expect(network.parameterCount()).toBe(closedForm);
          const shape = scope(
            () => network.forward(randn([2, channels, 8, 8], { generator: new Generator(0) })).shape,
          );
          expect(shape).toEqual([2, 7]);
          network.dispose();
        },
      ),
      { numRuns: 25 },
    );
  });

  it('the same seed gives the same weights, another seed others', () => {
    const weights = (seed: number): Float32Array => {
      const network = new ConvolutionalNetwork(architectureOf(layer(3, 3, 8)), input, { seed });
      const first = network.parameters()[0]?.toFloat32() ?? new Float32Array();
      network.dispose();
      return first;
    };
    expect(weights(1)).toEqual(weights(1));
    expect(weights(1)).not.toEqual(weights(2));
  });

  it('convolutions start He normal: variance 2 / fan-in', () => {
    const network = new ConvolutionalNetwork(architectureOf(layer(5, 5, 64), layer(3, 7, 64)), input, {
      seed: 3,
    });
    const weights =
      network.namedParameters().get('layers.1.convolution.weight')?.toFloat32() ?? new Float32Array();
    const variance = weights.reduce((sum, value) => sum + value * value, 0) / weights.length;
    expect(variance / (2 / (3 * 7 * 64))).toBeCloseTo(1, 1);
    network.dispose();
  });

  it('training mode uses the statistics of the batch, evaluation mode the running ones', () => {
    const network = new ConvolutionalNetwork(architectureOf(layer(3, 3, 4)), input, { seed: 0 });
    scope(() =>
      noGrad(() => {
        const images = tensor(
          Float32Array.from({ length: 2 * 3 * 16 }, (_, at) => at % 7),
          { shape: [2, 3, 4, 4] },
        );
        const batch = network.train().forward(images).toFloat32();
        const running = network.eval().forward(images).toFloat32();
        expect(batch).not.toEqual(running);
        expect(network.forward(images).toFloat32()).toEqual(running);
      }),
    );
    network.dispose();
  });
});
