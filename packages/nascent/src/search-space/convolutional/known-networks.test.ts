import { describe, expect, it } from 'vitest';
import {
  CIFAR10_INPUT,
  type ConvolutionalArchitecture,
  decodeTokens,
  hashOf,
  knownNetworks,
  parseConvolutionalArchitecture,
  planNetwork,
  spaceOfTokens,
} from '../index.ts';
import { resnetLike, vggLike } from './known-networks.ts';

function decoded(name: string): ConvolutionalArchitecture {
  const tokens = knownNetworks.get(name)?.tokens ?? '';
  const space = spaceOfTokens(tokens);
  return parseConvolutionalArchitecture(space.decode(decodeTokens(tokens, space)));
}
const planOf = (name: string) => planNetwork(decoded(name), CIFAR10_INPUT);
const answers = (name: string) => knownNetworks.get(name)?.tokens.split('/').at(-2) ?? '';

describe('known networks', () => {
  it('decode to the layers that they were drawn with', () => {
    expect(decoded('vgg-like').layers).toEqual(vggLike());
    expect(decoded('resnet-like').layers).toEqual(resnetLike());
  });

  // Studies that start from them would change.
  it('golden › their token strings', () => {
    expect([...knownNetworks].map(([name, { tokens }]) => [name, hashOf(tokens).slice(0, 16)])).toEqual([
      ['vgg-like', 'e0920e4bd42cd7ac'],
      ['resnet-like', 'a2f0584645c5cd83'],
    ]);
    const convolution = (filters: number, skip: string) =>
      `layerType=convolution,filterHeight=3,filterWidth=3,strideHeight=1,strideWidth=1,filterCount=${filters},` +
      `batchNorm=true,skip=${skip}`;
    expect(answers('vgg-like')).toContain(
      [
        convolution(24, 'none'),
        convolution(24, '0'),
        'layerType=max-pooling,poolWindow=2,poolStride=2,skip=1',
        convolution(48, '2'),
      ].join(','),
    );
  });

  it('suit images of 32 × 32 pixels: a few 100,000 parameters, and no image smaller than 4 × 4', () => {
    expect(planOf('vgg-like').parameters).toBe(250_610);
    expect(planOf('resnet-like').parameters).toBe(386_978);
    for (const name of knownNetworks.keys())
      for (const { output } of planOf(name).layers) expect(output.height).toBeGreaterThanOrEqual(4);
  });

  it('vgg-like › is a chain: every layer reads the one before it', () => {
    const { layers, outputs } = decoded('vgg-like');
    expect(layers.map(({ inputs }) => inputs)).toEqual(layers.map((_, i) => [i]));
    expect(outputs).toEqual([layers.length]);
  });

  it('resnet-like › a block reads what went into the block before it and what came out, side by side', () => {
    const { layers, outputs } = decoded('resnet-like');
    // stem 1; blocks 2-3, 4-5; block 6-7 with shortcut 8; block 9-10; block 11-12 with shortcut 13; block 14-15; all
    expect(layers.map(({ inputs }) => inputs.join(' '))).toEqual(
      [
        '0',
        '1',
        '2',
        '1 3',
        '4',
        '1 3 5',
        '6',
        '1 3 5',
        '7 8',
        '9',
        '7 8 10',
        '11',
        '7 8 10',
        '12 13',
        '14',
      ].concat('12 13 15'),
    );
    expect(outputs).toEqual([16]);
    expect(layers[7]).toMatchObject({ filterHeight: 1, strideHeight: 2, filterCount: 48 });
  });

  it('resnet-like › needs no zero padding: what is read together has one size', () => {
    for (const { inputs } of planOf('resnet-like').layers)
      for (const { padding } of inputs) expect(padding).toEqual({ top: 0, bottom: 0, left: 0, right: 0 });
  });
});
