import { crossEntropy, Generator, liveTensors, noGrad, randn, SGD, scope, tensor } from '@nascent/torch';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Planes, plainForward } from '../../../test/plain-network.ts';
import { randomStream } from '../../random.ts';
import {
  type ConvolutionalArchitecture,
  type ConvolutionalLayer,
  convolutional,
  LAYER_KINDS,
  parseConvolutionalArchitecture,
  planNetwork,
  sampleUniformly,
} from '../../search-space/index.ts';
import { ConvolutionalNetwork } from './convolutional-network.ts';

/** What a layer reads, and the rest of it. */
const convolution = (
  inputs: readonly number[],
  [filterHeight, filterWidth, filterCount]: readonly [number, number, number],
  [strideHeight, strideWidth]: readonly [number, number] = [1, 1],
  batchNorm = true,
): ConvolutionalLayer => ({
  kind: 'convolution',
  filterHeight,
  filterWidth,
  strideHeight,
  strideWidth,
  filterCount,
  batchNorm,
  inputs,
});
const separable = (...of: Parameters<typeof convolution>): ConvolutionalLayer =>
  ({ ...convolution(...of), kind: 'separable-convolution' }) as ConvolutionalLayer;
const pooling = (
  kind: 'max-pooling' | 'average-pooling',
  inputs: readonly number[],
  side: number,
  stride: number,
): ConvolutionalLayer => ({
  kind,
  windowHeight: side,
  windowWidth: side,
  strideHeight: stride,
  strideWidth: stride,
  inputs,
});
const contrast = (
  inputs: readonly number[],
  windowHeight: number,
  windowWidth: number,
): ConvolutionalLayer => ({
  kind: 'contrast-normalisation',
  windowHeight,
  windowWidth,
  inputs,
});
const network = (
  layers: readonly ConvolutionalLayer[],
  outputs: readonly number[] = [layers.length],
): ConvolutionalArchitecture => ({ kind: 'convolutional', version: 2, layers, outputs });

/** Batch norm and biases that do something: other numbers than 0 and 1. */
function disturb(child: ConvolutionalNetwork): void {
  const generator = new Generator(2);
  scope(() =>
    noGrad(() => {
      for (const [name, values] of child.stateDict()) {
        if (!/norm|bias/.test(name)) continue;
        const noise = randn(values.shape, { generator }).mul(0.3);
        values.copyFrom_(name.endsWith('var') ? noise.abs().add(0.5) : noise.add(0.2));
      }
    }),
  );
}

const planesOf = (flat: Float32Array, [height, width]: readonly [number, number], n: number): Planes =>
  Array.from({ length: 3 }, (_, c) =>
    Array.from({ length: height }, (_, y) =>
      Array.from({ length: width }, (_, x) => flat[((n * 3 + c) * height + y) * width + x] as number),
    ),
  );

const [height, width] = [7, 6] as const;
const image = { height, width, channels: 3, classes: 10 };

describe('the network of a convolutional architecture computes what its definition says', () => {
  it.each<[string, ConvolutionalArchitecture]>([
    [
      'a chain',
      network([convolution([0], [3, 5, 4]), convolution([1], [1, 7, 3]), convolution([2], [2, 4, 3])]),
    ],
    [
      'strides, in one direction and both',
      network([convolution([0], [3, 3, 4], [2, 1]), convolution([1], [5, 2, 4], [3, 2])]),
    ],
    ['no batch norm: a bias', network([convolution([0], [3, 3, 4], [1, 1], false)])],
    [
      'separable convolutions',
      network([separable([0], [3, 3, 4]), separable([1], [2, 5, 3], [2, 2], false)]),
    ],
    [
      'pooling of every window and stride',
      network(
        [
          convolution([0], [3, 3, 4]),
          pooling('max-pooling', [1], 2, 1),
          pooling('max-pooling', [2], 3, 2),
          pooling('average-pooling', [1], 2, 1),
          pooling('average-pooling', [1], 3, 2),
          pooling('average-pooling', [5], 2, 2),
        ],
        [3, 4, 6],
      ),
    ],
    [
      'contrast normalisation',
      network([contrast([0], 3, 3), convolution([1], [3, 3, 4]), contrast([2], 5, 4)]),
    ],
    ['a layer that passes on', network([{ kind: 'identity', inputs: [0] }, convolution([1], [3, 3, 4])])],
    [
      'joined twice and passed on, the sources read again later',
      network(
        [
          convolution([0], [3, 3, 4]),
          { kind: 'identity', inputs: [0, 1] },
          { kind: 'identity', inputs: [1] },
          convolution([2, 3], [1, 1, 5]),
          convolution([0, 1, 4], [3, 1, 2]),
        ],
        [2, 5],
      ),
    ],
    [
      'skips between sizes: zeros around the smaller ones, the odd pixel below and right',
      network(
        [
          convolution([0], [3, 3, 4], [2, 3]),
          pooling('max-pooling', [0], 2, 2),
          convolution([0, 1, 2], [3, 3, 3]),
          convolution([1, 2], [3, 3, 3], [2, 2]),
          pooling('average-pooling', [1, 3], 3, 1),
        ],
        [4, 5],
      ),
    ],
  ])('%s', (_, architecture) => {
    const child = new ConvolutionalNetwork(planNetwork(parseConvolutionalArchitecture(architecture), image), {
      seed: 5,
    });
    disturb(child);
    child.eval();
    for (const channelsLast of [true, false]) {
      scope(() =>
        noGrad(() => {
          const pixels = randn([2, 3, height, width], { generator: new Generator(1) });
          const logits = child.forward(pixels.contiguous({ channelsLast })).toFloat32();
          const state = new Map([...child.stateDict()].map(([name, value]) => [name, value.toFloat32()]));
          const flat = pixels.toFloat32();
          const expected = [0, 1].flatMap((n) =>
            plainForward(architecture, state, planesOf(flat, [height, width], n)),
          );
          expect(logits.length).toBe(expected.length);
          for (const [at, value] of logits.entries()) expect(value).toBeCloseTo(expected[at] as number, 4);
          expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.05); // not all zero
        }),
      );
    }
    child.dispose();
  });
});

describe('random networks of a space with everything in it', () => {
  const everything = convolutional({
    filterHeight: [1, 2, 3, 5],
    filterCount: [2, 3, 5],
    stride: [1, 2, 3],
    layerTypes: [...LAYER_KINDS],
    batchNorm: [true, false],
    skips: true,
  });
  const blocks = convolutional({ filterCount: [2, 3], skips: true, blockLayers: 2, poolAfter: [1, 2] });
  const sampleOf = (seed: number): ConvolutionalArchitecture => {
    const space = seed % 4 === 0 ? blocks : everything;
    return space.decode(sampleUniformly(space, { layers: 1 + (seed % 9) }, randomStream(seed)));
  };

  it('each of thousands has a plan: what is read fits, and padding never is negative', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const plan = planNetwork(sampleOf(seed), image);
        for (const { inputs, input } of [...plan.layers, plan.classifier]) {
          expect(inputs.reduce((sum, { extent }) => sum + extent.channels, 0)).toBe(input.channels);
          for (const { extent, padding } of inputs) {
            const { top, bottom, left, right } = padding;
            expect(Math.min(top, bottom, left, right)).toBeGreaterThanOrEqual(0);
            expect([extent.height + top + bottom, extent.width + left + right]).toEqual([
              input.height,
              input.width,
            ]);
          }
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('each of hundreds trains: as many parameters as planned, finite gradients for all, no tensor left over', () => {
    fc.assert(
      fc.property(fc.nat(), fc.boolean(), (seed, channelsLast) => {
        const plan = planNetwork(sampleOf(seed), image);
        const child = new ConvolutionalNetwork(plan, { seed });
        expect(child.parameterCount()).toBe(plan.parameters);
        const optimiser = new SGD(child.parameters(), { learningRate: 0.01, momentum: 0.9 });
        const labels = tensor(BigInt64Array.from([3n, 7n]), { dtype: 'int64' });
        const step = (): void =>
          scope(() => {
            const pixels = randn([2, 3, height, width], { generator: new Generator(seed) });
            const logits = child.forward(pixels.contiguous({ channelsLast }));
            expect(logits.shape).toEqual([2, 10]);
            crossEntropy(logits, labels).backward();
            for (const [name, parameter] of child.namedParameters()) {
              const gradient = parameter.grad;
              expect(gradient, `the gradient of ${name}`).not.toBeNull();
              if (gradient !== null)
                expect(Number.isFinite(gradient.abs().sum().item()), `the gradient of ${name}`).toBe(true);
            }
            optimiser.step();
            optimiser.zeroGrad();
          });
        step();
        const before = liveTensors();
        step();
        expect(liveTensors()).toBe(before);
        labels.dispose();
        optimiser.dispose();
        child.dispose();
      }),
      { numRuns: 200 },
    );
  }, 120_000);
});

describe('weights of a child', () => {
  const twoLayers = planNetwork(network([convolution([0], [5, 5, 64]), convolution([1], [3, 7, 64])]), {
    height: 8,
    width: 8,
    channels: 3,
    classes: 10,
  });

  it('the same seed gives the same weights, another seed others', () => {
    const weights = (seed: number): Float32Array => {
      const child = new ConvolutionalNetwork(twoLayers, { seed });
      const first = child.parameters()[0]?.toFloat32() ?? new Float32Array();
      child.dispose();
      return first;
    };
    expect(weights(1)).toEqual(weights(1));
    expect(weights(1)).not.toEqual(weights(2));
  });

  it('convolutions start He normal: variance 2 / fan-in', () => {
    const child = new ConvolutionalNetwork(twoLayers, { seed: 3 });
    const weights =
      child.namedParameters().get('layers.2.convolution.weight')?.toFloat32() ?? new Float32Array();
    const variance = weights.reduce((sum, value) => sum + value * value, 0) / weights.length;
    expect(variance / (2 / (3 * 7 * 64))).toBeCloseTo(1, 1);
    child.dispose();
  });

  it('training mode uses the statistics of the batch, evaluation mode the running ones', () => {
    const child = new ConvolutionalNetwork(twoLayers, { seed: 0 });
    scope(() =>
      noGrad(() => {
        const images = tensor(
          Float32Array.from({ length: 2 * 3 * 64 }, (_, at) => at % 7),
          { shape: [2, 3, 8, 8] },
        );
        const batch = child.train().forward(images).toFloat32();
        const running = child.eval().forward(images).toFloat32();
        expect(batch).not.toEqual(running);
        expect(child.forward(images).toFloat32()).toEqual(running);
      }),
    );
    child.dispose();
  });
});
