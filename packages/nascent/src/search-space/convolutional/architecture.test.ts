import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampledNetworks } from '../../../test/convolutional-samples.ts';
import {
  type ConvolutionalArchitecture,
  type ConvolutionLayer,
  InvalidArchitectureError,
  parseConvolutionalArchitecture,
} from '../index.ts';

const layer = (inputs: readonly number[]): ConvolutionLayer => ({
  kind: 'convolution',
  filterHeight: 3,
  filterWidth: 5,
  strideHeight: 1,
  strideWidth: 1,
  filterCount: 24,
  batchNorm: true,
  inputs,
});
const network = (
  layers: readonly ConvolutionLayer[],
  outputs: readonly number[],
): ConvolutionalArchitecture => ({ kind: 'convolutional', version: 2, layers, outputs });
const parse = (layers: readonly ConvolutionLayer[], outputs: readonly number[]) => () =>
  parseConvolutionalArchitecture(network(layers, outputs));

describe('a convolutional architecture', () => {
  it('of version 1, a chain from an old store, becomes version 2', () => {
    const old = { kind: 'convolution', filterHeight: 3, filterWidth: 5, filterCount: 24 } as const;
    const chain = [1, 1, 1].map(() => ({ ...old, strideHeight: 1, strideWidth: 1 }));
    expect(parseConvolutionalArchitecture({ kind: 'convolutional', version: 1, layers: chain })).toEqual(
      network([layer([0]), layer([1]), layer([2])], [3]),
    );
  });

  it('is plain data and comes back from JSON (property)', () => {
    fc.assert(
      fc.property(sampledNetworks(), ({ architecture }) => {
        expect(parseConvolutionalArchitecture(JSON.parse(JSON.stringify(architecture)))).toEqual(
          architecture,
        );
      }),
      { numRuns: 500 },
    );
  });

  it('keeps its predicted learning rate', () => {
    const given = { ...network([layer([0])], [1]), learningRate: 0.03 };
    expect(parseConvolutionalArchitecture(given)).toEqual(given);
    expect(() => parseConvolutionalArchitecture({ ...given, learningRate: 0 })).toThrow(/learningRate/);
  });

  it('is refused with the place of the mistake', () => {
    const good = network([layer([0]), layer([1])], [2]);
    expect(() => parseConvolutionalArchitecture(null)).toThrow(InvalidArchitectureError);
    expect(() => parseConvolutionalArchitecture({ ...good, version: 3 })).toThrow(/version 1 or 2/);
    const negative = { ...good, layers: [layer([0]), { ...layer([1]), filterCount: -3 }] };
    expect(() => parseConvolutionalArchitecture(negative)).toThrow(/layers\[1\]\.filterCount/);
  });

  it('is refused where something is read before it is there, twice, or in disorder', () => {
    expect(parse([layer([0]), layer([2])], [2])).toThrow(
      'layer 2 reads 2. Expected the numbers of what stands before it, from 0 (the image) to 1, each once and ' +
        'ascending; 2 is not.',
    );
    expect(parse([layer([0]), layer([1, 1])], [2])).toThrow(/layer 2 reads 1, 1/);
    expect(parse([layer([0]), layer([1, 0])], [2])).toThrow(/layer 2 reads 1, 0.*; 0 is not/);
    expect(parse([layer([0])], [2])).toThrow(/the classifier reads 2/);
  });

  it('is refused where a layer reads nothing or is read by nothing', () => {
    expect(parse([layer([])], [1])).toThrow(/layers\[0\]\.inputs/);
    expect(parse([layer([0]), layer([0]), layer([1])], [3])).toThrow(
      'Nothing reads layer 2. Expected another layer to read it, or the classifier: add 2 to outputs.',
    );
  });
});
