import { describe, expect, it } from 'vitest';
import { randomStream } from '../../random.ts';
import {
  builtInSpace,
  builtInSpaceNames,
  CIFAR10_INPUT,
  type ConvolutionalSpace,
  convolutionalPresets,
  planNetwork,
  sampleUniformly,
} from '../index.ts';

const presets = [...convolutionalPresets].map(([name, preset]) => ({ name, ...preset }));
const spaceOf = (name: string, options = {}) => builtInSpace(name, options) as ConvolutionalSpace;

describe('the presets of the convolutional space', () => {
  // A fingerprint that moves makes every stored sample foreign: raise the version, and say so in the CHANGELOG.
  it('golden › names, fingerprints and decisions', () => {
    expect(
      presets.map(({ name }) => {
        const { identity, decisions } = spaceOf(name);
        return `${identity.name}@${identity.version}/${identity.fingerprint} ${Object.keys(decisions).join(' ')}`;
      }),
    ).toEqual([
      'cnn-v1@1/bf81e97c filterHeight filterWidth filterCount skip',
      'cnn-v2@1/3ca611b6 filterHeight filterWidth strideHeight strideWidth filterCount skip',
      'cnn-v3@1/ed3c2c60 filterHeight filterWidth filterCount skip',
      'cnn-v3-more-filters@1/dbe4b877 filterHeight filterWidth filterCount skip',
      'cnn-full@1/ccc91078 layerType filterHeight filterWidth strideHeight strideWidth filterCount batchNorm ' +
        'poolWindow poolStride contrastWindow skip',
    ]);
    for (const { name } of presets) expect(builtInSpaceNames).toContain(name);
  });

  it('v1 predicts no strides, v2 strides of 1, 2 and 3 (§4.1)', () => {
    expect(spaceOf('cnn-v2').decisions).toMatchObject({
      strideHeight: { kind: 'choice', options: [1, 2, 3] },
      strideWidth: { kind: 'choice', options: [1, 2, 3] },
    });
    const { layers } = spaceOf('cnn-v1').decode(
      sampleUniformly(spaceOf('cnn-v1'), { layers: 9 }, randomStream(1)),
    );
    for (const layer of layers) expect(layer).toMatchObject({ strideHeight: 1, strideWidth: 1 });
  });

  it('v3 has filters 6, 12, 24, 36, and 40 more of each in the larger one', () => {
    expect(spaceOf('cnn-v3').decisions).toMatchObject({ filterCount: { options: [6, 12, 24, 36] } });
    expect(spaceOf('cnn-v3-more-filters').decisions).toMatchObject({
      filterCount: { options: [46, 52, 64, 76] },
    });
  });

  it('cnn-full predicts the learning rate where the option asks for it', () => {
    const space = spaceOf('cnn-full', { learningRate: [0.1, 0.05, 0.01] });
    expect(Object.keys(space.decisions)[0]).toBe('learningRate');
    expect(space.identity.options).toEqual({ learningRate: [0.1, 0.05, 0.01] });
    const { learningRate } = space.decode(sampleUniformly(space, { layers: 2 }, randomStream(1)));
    expect([0.1, 0.05, 0.01]).toContain(learningRate);
  });

  it('may be narrowed by options, which travel with the samples', () => {
    const space = spaceOf('cnn-v3', { filterCount: [6], poolAfter: [] });
    expect(space.identity.options).toEqual({ filterCount: [6], poolAfter: [] });
    expect(space.identity.name).toBe('cnn-v3');
  });

  it.each(presets.filter(({ published }) => published !== null))(
    '$name › the published network is within the space by its number of layers and of parameters',
    ({ name, layers, published }) => {
      const space = spaceOf(name);
      const sizeOf = (densest: boolean) => {
        const dialogue = space.start({ layers });
        while (dialogue.question !== null) {
          const { question } = dialogue;
          const { decision } = question;
          const all = question.kind === 'anchor' ? [...Array(question.earlier).keys()] : [];
          dialogue.answer(
            question.kind === 'anchor'
              ? { kind: 'anchor', decision, chosen: densest ? all : all.slice(-1) }
              : {
                  kind: 'choice',
                  decision,
                  index: question.allowed.at(densest && !decision.startsWith('stride') ? -1 : 0) ?? 0,
                },
          );
        }
        return planNetwork(dialogue.architecture(), CIFAR10_INPUT);
      };
      const [least, most] = [sizeOf(false), sizeOf(true)];
      const convolutions = most.layers.filter(({ layer }) => layer.kind === 'convolution');
      expect(convolutions).toHaveLength(published?.layers ?? Number.NaN);
      expect(published?.parameters).toBeGreaterThan(least.parameters);
      expect(published?.parameters).toBeLessThan(most.parameters);
    },
  );
});
