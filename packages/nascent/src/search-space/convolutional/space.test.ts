import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { mixedSpaces, sampledNetworks } from '../../../test/convolutional-samples.ts';
import { randomStream } from '../../random.ts';
import {
  type Answer,
  answerUniformly,
  builtInSpace,
  type ConvolutionalArchitecture,
  type ConvolutionalOptions,
  checkProgram,
  convolutional,
  countByEnumeration,
  decodeTokens,
  encodeSample,
  InvalidArgumentError,
  LAYER_KINDS,
  type SearchSpace,
  SpaceOptionsError,
  sampleUniformly,
  spaceOfTokens,
} from '../index.ts';
import { mutate } from '../mutate.ts';
import { changesOf, withChange } from '../neighbours.ts';

const cnn = convolutional();

/** The questions of a dialogue in which layer types are answered as given, and everything else by the first answer. */
function asked(space: Pick<SearchSpace, 'start'>, layers: number, types: readonly number[] = []): string[] {
  const dialogue = space.start({ layers });
  const names: string[] = [];
  let layer = 0;
  while (dialogue.question !== null) {
    const { decision, kind } = dialogue.question;
    names.push(kind === 'anchor' ? `${decision}(${dialogue.question.earlier})` : decision);
    const index = decision === 'layerType' ? (types[layer++] ?? 0) : 0;
    dialogue.answer(
      kind === 'anchor' ? { kind, decision, chosen: [] } : ({ kind, decision, index } as Answer),
    );
  }
  return names;
}

describe('the convolutional space', () => {
  it('asks filter height, filter width and number of filters of each layer, in this order', () => {
    const layer = ['filterHeight', 'filterWidth', 'filterCount'];
    expect(asked(cnn, 2)).toEqual([...layer, ...layer]);
  });

  it('is by default what it always was: old token strings decode for ever', () => {
    expect(cnn.decisions).toEqual({
      filterHeight: { kind: 'choice', options: [1, 3, 5, 7] },
      filterWidth: { kind: 'choice', options: [1, 3, 5, 7] },
      filterCount: { kind: 'choice', options: [24, 36, 48, 64] },
    });
    expect(cnn.identity).toEqual({ name: 'convolutional', version: 1, fingerprint: 'dad62e88', options: {} });
    expectTypeOf(cnn.decode).returns.toEqualTypeOf<ConvolutionalArchitecture>();
    const old =
      'convolutional@1/dad62e88/layers=2/filterHeight=3,filterWidth=5,filterCount=64,filterHeight=1,filterWidth=3,filterCount=48/end';
    const { layers, outputs } = cnn.decode(decodeTokens(old, cnn));
    expect(layers).toMatchObject([
      { filterHeight: 3, filterWidth: 5, filterCount: 64, strideHeight: 1, batchNorm: true, inputs: [0] },
      { filterHeight: 1, filterWidth: 3, filterCount: 48, strideWidth: 1, batchNorm: true, inputs: [1] },
    ]);
    expect(outputs).toEqual([2]);
  });

  it('asks strides between filter width and number of filters, and the anchor last', () => {
    const layer = ['filterHeight', 'filterWidth', 'strideHeight', 'strideWidth', 'filterCount'];
    const space = convolutional({ stride: [1, 2, 3], skips: true });
    expect(asked(space, 2)).toEqual([...layer, 'skip(0)', ...layer, 'skip(1)']);
  });

  it('asks the learning rate first of all, then per layer its type, what that type needs, and the anchor', () => {
    const space = convolutional({
      learningRate: [0.1, 0.01],
      layerTypes: LAYER_KINDS,
      batchNorm: [true, false],
      skips: true,
    });
    expect(asked(space, 4, [0, 1, 3, 5])).toEqual([
      'learningRate',
      ...['layerType', 'filterHeight', 'filterWidth', 'filterCount', 'batchNorm', 'skip(0)'],
      ...['layerType', 'poolWindow', 'poolStride', 'skip(1)'],
      ...['layerType', 'contrastWindow', 'skip(2)'],
      ...['layerType', 'skip(3)'],
    ]);
  });

  it('gives each layer the type and sizes that were answered', () => {
    const space = convolutional({ layerTypes: LAYER_KINDS, learningRate: [0.1, 0.03] });
    const tokens = (text: string, layers: number) =>
      space.decode(
        decodeTokens(
          `convolutional@1/${space.identity.fingerprint}/options:layerTypes=convolution+max-pooling+average-pooling+` +
            `contrast-normalisation+separable-convolution+identity,learningRate=0.1+0.03/layers=${layers}/${text}/end`,
          space,
        ),
      );
    const { layers, learningRate } = tokens(
      'learningRate=0.03,layerType=max-pooling,poolWindow=3,poolStride=2,layerType=average-pooling,poolWindow=2,' +
        'poolStride=1,layerType=contrast-normalisation,contrastWindow=5,layerType=separable-convolution,' +
        'filterHeight=7,filterWidth=1,filterCount=36,layerType=identity',
      5,
    );
    expect(learningRate).toBe(0.03);
    expect(layers).toEqual([
      { kind: 'max-pooling', windowHeight: 3, windowWidth: 3, strideHeight: 2, strideWidth: 2, inputs: [0] },
      {
        kind: 'average-pooling',
        windowHeight: 2,
        windowWidth: 2,
        strideHeight: 1,
        strideWidth: 1,
        inputs: [1],
      },
      { kind: 'contrast-normalisation', windowHeight: 5, windowWidth: 5, inputs: [2] },
      {
        kind: 'separable-convolution',
        filterHeight: 7,
        filterWidth: 1,
        strideHeight: 1,
        strideWidth: 1,
        filterCount: 36,
        batchNorm: true,
        inputs: [3],
      },
      { kind: 'identity', inputs: [4] },
    ]);
  });

  it('takes what has one option as given: neither declared nor asked, except sizes and filters', () => {
    const space = convolutional({
      learningRate: [0.05],
      layerTypes: ['max-pooling'],
      poolWindow: [3],
      poolStride: [2],
      skips: true,
    });
    expect(Object.keys(space.decisions)).toEqual(['skip']);
    const { learningRate, layers } = space.decode(sampleUniformly(space, { layers: 1 }, randomStream(0)));
    expect(learningRate).toBe(0.05);
    expect(layers[0]).toMatchObject({ kind: 'max-pooling', windowHeight: 3, strideWidth: 2 });
    expect(Object.keys(convolutional({ filterHeight: [3] }).decisions)).toContain('filterHeight');
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
    expect(() => convolutional({ filterHeight: [3, 3] })).toThrow(/the same one twice/);
    expect(() => convolutional({ filterHeight: [0] })).toThrow(/not positive/);
    expect(() => convolutional({ filterHeight: [1.5] })).toThrow(/not an integer/);
    expect(() => convolutional({ filterHeight: ['3'] })).toThrow(SpaceOptionsError);
    expect(() => convolutional({ filterHeigth: [3] })).toThrow(
      /filterHeigth[\s\S]*Its options are filterHeight, filterWidth, filterCount/,
    );
    expect(() => convolutional({ layerTypes: ['convolution', 'pooling'] })).toThrow(/layerTypes\[1\]/);
    expect(() => convolutional({ learningRate: [0.1, 0.1] })).toThrow(/the same one twice/);
    expect(() => convolutional({ poolAfter: [8, 4] })).toThrow(/not ascending/);
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
});

describe.each([...mixedSpaces])('the space "%s"', (_, space) => {
  it('has a pure program', () => {
    checkProgram(space, { layers: 7 }, { samples: 60 });
  });
});

describe('samples of the convolutional spaces', () => {
  it('come back from their token strings, without the space at hand (property)', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(sampledNetworks(12), ({ space, sample, architecture }) => {
        const tokens = encodeSample(sample, space);
        const again = spaceOfTokens(tokens);
        expect(again.identity).toEqual(space.identity);
        expect(decodeTokens(tokens, again)).toEqual(sample);
        expect(again.decode(decodeTokens(tokens, again))).toEqual(architecture);
      }),
      { numRuns: 1000 },
    );
  });

  it('have neighbours that differ in the changed answer, and are networks (property)', () => {
    fc.assert(
      fc.property(sampledNetworks(5), fc.nat(), fc.integer(), ({ space, sample }, nth, seed) => {
        const general = space as SearchSpace;
        const changes = changesOf(general, sample);
        const change = changes[nth % changes.length];
        if (change === undefined) throw new Error('a sample without neighbours');
        const neighbour = withChange(general, sample, change, randomStream(seed));
        expect(neighbour.answers).toContainEqual(change.answer);
        expect(neighbour.answers).not.toEqual(sample.answers);
        space.decode(neighbour);
      }),
      { numRuns: 400 },
    );
  });

  it('have as many neighbours by skips as there are earlier layers', () => {
    const space = builtInSpace('cnn-v1');
    const sample = sampleUniformly(space, { layers: 5 }, randomStream(3));
    const skips = changesOf(space, sample).filter(({ answer }) => answer.kind === 'anchor');
    expect(skips).toHaveLength(0 + 1 + 2 + 3 + 4);
  });

  it('mutated for a deeper network they keep their layers (property)', () => {
    fc.assert(
      fc.property(sampledNetworks(5), fc.integer(), ({ space, sample, layers }, seed) => {
        const deeper = mutate(space as SearchSpace, sample, { layers: layers + 2 }, randomStream(seed));
        expect(deeper.arguments).toEqual({ layers: layers + 2 });
        space.decode(deeper);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the size of a convolutional space', () => {
  const small = { filterHeight: [1, 3], filterWidth: [1], filterCount: [8] } as const;
  const cases: readonly (readonly [string, ConvolutionalOptions, number])[] = [
    ['a chain', { ...small, filterCount: [8, 16] }, 3],
    ['skips', { ...small, skips: true }, 4],
    ['strides', { ...small, stride: [1, 2] }, 3],
    ['types', { ...small, layerTypes: LAYER_KINDS, contrastWindow: [3], batchNorm: [true, false] }, 2],
    ['learning rate and skips', { ...small, learningRate: [0.1, 0.01, 0.001], skips: true }, 3],
    ['one learning rate', { ...small, learningRate: [0.1] }, 3],
    ['blocks and poolings', { ...small, skips: true, blockLayers: 3, poolAfter: [1, 2] }, 3],
    ['pooling only', { layerTypes: ['max-pooling'], skips: true }, 3],
  ];

  it.each(cases)('equals the number of enumerated samples › %s', (_, options, layers) => {
    const space = convolutional(options);
    expect(space.size?.({ layers })).toBe(countByEnumeration(space, { layers }));
  });

  it('is exact where numbers are not: 15 layers of v1', () => {
    expect(builtInSpace('cnn-v1').size?.({ layers: 15 })).toBe(64n ** 15n * 2n ** 105n);
  });
});

describe('answers drawn uniformly', () => {
  it('choose each earlier layer with probability ½ in the anchor of every layer', () => {
    const stream = randomStream('anchors');
    const draws = 2000;
    let chosen = 0;
    for (let k = 0; k < draws; k++) {
      const answer = answerUniformly({ kind: 'anchor', decision: 'skip', earlier: 3 }, stream);
      chosen += answer.kind === 'anchor' ? answer.chosen.length : 0;
    }
    expect(Math.abs(chosen / (3 * draws) - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / (3 * draws)));
  });
});
