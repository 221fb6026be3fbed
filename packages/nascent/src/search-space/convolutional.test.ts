import * as fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { randomStream } from '../random.ts';
import {
  type Answer,
  type ConvolutionalArchitecture,
  convolutional,
  convolutionalFlops,
  convolutionalParameters,
  describeArchitecture,
  InvalidArchitectureError,
  InvalidArgumentError,
  parseConvolutionalArchitecture,
  SpaceOptionsError,
  sampleUniformly,
} from './index.ts';

const cnn = convolutional();

const layer = (filterHeight: number, filterWidth: number, filterCount: number) =>
  ({ kind: 'convolution', filterHeight, filterWidth, strideHeight: 1, strideWidth: 1, filterCount }) as const;
const network = (...layers: ReturnType<typeof layer>[]): ConvolutionalArchitecture => ({
  kind: 'convolutional',
  version: 1,
  layers,
});

describe('the convolutional space', () => {
  it('asks filter height, filter width and number of filters of each layer, in this order', () => {
    const dialogue = cnn.start({ layers: 2 });
    const asked: string[] = [];
    while (dialogue.question !== null) {
      asked.push(dialogue.question.decision);
      dialogue.answer({
        kind: 'choice',
        decision: dialogue.question.decision,
        index: asked.length % 4,
      } as Answer);
    }
    expect(asked).toEqual([
      'filterHeight',
      'filterWidth',
      'filterCount',
      'filterHeight',
      'filterWidth',
      'filterCount',
    ]);
    expect(dialogue.architecture()).toEqual(network(layer(3, 5, 64), layer(1, 3, 48)));
  });

  it('has the options of the paper by default', () => {
    expect(cnn.decisions).toEqual({
      filterHeight: { kind: 'choice', options: [1, 3, 5, 7] },
      filterWidth: { kind: 'choice', options: [1, 3, 5, 7] },
      filterCount: { kind: 'choice', options: [24, 36, 48, 64] },
    });
    expect(cnn.identity).toEqual({ name: 'convolutional', version: 1, fingerprint: 'dad62e88', options: {} });
    expectTypeOf(cnn.decode).returns.toEqualTypeOf<ConvolutionalArchitecture>();
  });

  it('takes other option lists, which change its fingerprint and travel with its samples', () => {
    const small = convolutional({ filterCount: [8, 16] });
    expect(small.identity.options).toEqual({ filterCount: [8, 16] });
    expect(small.identity.fingerprint).not.toBe(cnn.identity.fingerprint);
    expect(sampleUniformly(small, { layers: 1 }, randomStream(0)).space).toEqual(small.identity);
    expect(convolutional({ filterHeight: [1, 3, 5, 7] }).identity).toEqual(cnn.identity);
    expect(convolutional({ filterHeight: [7, 5, 3, 1] }).identity.fingerprint).not.toBe(
      cnn.identity.fingerprint,
    );
  });

  it('refuses option lists that make no network, naming the list', () => {
    expect(() => convolutional({ filterHeight: [] })).toThrow(/is empty.*\n.*filterHeight/);
    expect(() => convolutional({ filterHeight: [3, 3] })).toThrow(/the same number twice/);
    expect(() => convolutional({ filterHeight: [0] })).toThrow(/not positive/);
    expect(() => convolutional({ filterHeight: [1.5] })).toThrow(/not an integer/);
    expect(() => convolutional({ filterHeight: ['3'] })).toThrow(SpaceOptionsError);
    expect(() => convolutional({ filterHeigth: [3] })).toThrow(
      /filterHeigth[\s\S]*Its options are filterHeight, filterWidth, filterCount/,
    );
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d layers', (layers) => {
    expect(() => cnn.start({ layers })).toThrow(InvalidArgumentError);
    expect(() => cnn.size?.({ layers })).toThrow(InvalidArgumentError);
  });

  it('refuses missing and unknown arguments', () => {
    expect(() => cnn.start({} as { layers: number })).toThrow(
      'layers of space convolutional@1 is missing. Give an integer, at least 1.',
    );
    expect(() => cnn.start({ layers: 1, depth: 2 } as { layers: number })).toThrow(
      'has no argument depth. Its arguments: layers.',
    );
  });

  it('makes architectures that are plain data and come back from JSON (property)', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 12 }), (seed, layers) => {
        const architecture = cnn.decode(sampleUniformly(cnn, { layers }, randomStream(seed)));
        expect(architecture.layers).toHaveLength(layers);
        expect(parseConvolutionalArchitecture(JSON.parse(JSON.stringify(architecture)))).toEqual(
          architecture,
        );
      }),
    );
  });
});

describe('an architecture from outside', () => {
  it('is refused with the place of the mistake', () => {
    const good = network(layer(3, 3, 24), layer(5, 5, 36));
    expect(() => parseConvolutionalArchitecture({ ...good, version: 2 })).toThrow(InvalidArchitectureError);
    expect(() => parseConvolutionalArchitecture(null)).toThrow(InvalidArchitectureError);
    const broken = { ...good, layers: [good.layers[0], { ...good.layers[1], filterCount: -3 }] };
    expect(() => parseConvolutionalArchitecture(broken)).toThrow(/layers\[1\]\.filterCount/);
  });
});

describe('the cost of a network', () => {
  const oneLayer = network(layer(3, 5, 24));
  const twoLayers = network(layer(3, 5, 24), layer(1, 7, 36));

  it('counts convolutions without bias, two parameters of batch norm per filter, a classifier with bias', () => {
    // 3·5·3·24 + 2·24 = 1128; 24·10 + 10 = 250
    expect(convolutionalParameters(oneLayer, { inputChannels: 3, classes: 10 })).toBe(1128 + 250);
    // 1·7·24·36 + 2·36 = 6120; 36·10 + 10 = 370
    expect(convolutionalParameters(twoLayers, { inputChannels: 3, classes: 10 })).toBe(1128 + 6120 + 370);
  });

  it('counts multiply-adds of convolutions at every pixel, and of the classifier', () => {
    const input = { height: 32, width: 32, channels: 3, classes: 10 };
    expect(convolutionalFlops(oneLayer, input)).toBe(1080 * 1024 + 240);
    expect(convolutionalFlops(twoLayers, input)).toBe((1080 + 6048) * 1024 + 360);
    expect(convolutionalFlops(oneLayer, { height: 28, width: 20, channels: 1, classes: 2 })).toBe(
      360 * 560 + 48,
    );
  });
});

describe('the description of a network', () => {
  it('lists its layers with shapes, costs and edges', () => {
    const described = cnn.describe?.(network(layer(3, 5, 24), layer(1, 7, 36)));
    expect(described?.layers).toEqual([
      { kind: 'input', label: 'image', output: [3, 32, 32], parameters: 0, flops: 0, inputs: [] },
      {
        kind: 'convolution',
        label: 'conv 3×5, 24 filters · bn · relu',
        output: [24, 32, 32],
        parameters: 1128,
        flops: 1080 * 1024,
        inputs: [0],
      },
      {
        kind: 'convolution',
        label: 'conv 1×7, 36 filters · bn · relu',
        output: [36, 32, 32],
        parameters: 6120,
        flops: 6048 * 1024,
        inputs: [1],
      },
      {
        kind: 'classifier',
        label: 'average pool · linear, 10 classes',
        output: [10],
        parameters: 370,
        flops: 360,
        inputs: [2],
      },
    ]);
  });

  it('adds up to the closed forms (property)', () => {
    const size = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(fc.integer(), size, size, size, size, (seed, height, width, channels, classes) => {
        const architecture = cnn.decode(sampleUniformly(cnn, { layers: 5 }, randomStream(seed)));
        const input = { height, width, channels, classes };
        const described = cnn.describe?.(architecture, input);
        expect(described?.parameters).toBe(
          convolutionalParameters(architecture, { inputChannels: channels, classes }),
        );
        expect(described?.flops).toBe(convolutionalFlops(architecture, input));
      }),
    );
  });

  it('needs no space for an architecture from a store', () => {
    const architecture = network(layer(3, 3, 24));
    expect(describeArchitecture(JSON.parse(JSON.stringify(architecture)))).toEqual(
      cnn.describe?.(architecture),
    );
    expect(describeArchitecture({ kind: 'mine' })).toBeNull();
    expect(describeArchitecture(7)).toBeNull();
    expect(() => describeArchitecture({ kind: 'convolutional' })).toThrow(InvalidArchitectureError);
  });
});
