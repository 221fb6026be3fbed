import { describe, expect, it } from 'vitest';
import {
  anchor,
  choice,
  convolutional,
  countByEnumeration,
  defineSpace,
  encodeSample,
  enumerate,
} from './index.ts';

describe('enumeration', () => {
  it('visits every option of each choice and every subset of earlier anchor points once', () => {
    const space = defineSpace({
      name: 'two',
      version: 1,
      decisions: { height: choice([1, 3]), skip: anchor() },
      *program(ask, { layers }: { layers: number }) {
        const net: string[] = [];
        for (let i = 0; i < layers; i++) net.push(`${yield* ask.height()}<${(yield* ask.skip(i)).join()}`);
        return net.join(' ');
      },
    });
    const all = [...enumerate(space, { layers: 2 })].map((sample) => space.decode(sample));
    expect(all).toEqual(['1< 1<', '1< 1<0', '1< 3<', '1< 3<0', '3< 1<', '3< 1<0', '3< 3<', '3< 3<0']);
    // 2^n heights, 2^(0 + 1 + … + (n−1)) subsets
    expect(countByEnumeration(space, { layers: 4 })).toBe(2n ** 4n * 2n ** 6n);
  });

  it('follows programs that ask more after some answers than after others', () => {
    const space = defineSpace({
      name: 'stop',
      version: 1,
      decisions: { stop: choice([true, false]), width: choice([1, 2, 3]) },
      *program(ask, { limit }: { limit: number }) {
        const widths: number[] = [];
        while (widths.length < limit && !(yield* ask.stop())) widths.push(yield* ask.width({ only: [1, 3] }));
        return widths;
      },
    });
    const all = [...enumerate(space, { limit: 2 })].map((sample) => space.decode(sample));
    expect(all).toEqual([[], [1], [1, 1], [1, 3], [3], [3, 1], [3, 3]]);
  });

  it('gives up beyond its limit', () => {
    expect(countByEnumeration(convolutional(), { layers: 2 }, 4096)).toBe(4096n);
    expect(countByEnumeration(convolutional(), { layers: 2 }, 4095)).toBeNull();
  });

  it('counts a space that asks nothing as one sample', () => {
    const space = defineSpace({
      name: 'fixed',
      version: 1,
      decisions: { height: choice([1]) },
      *program(ask, { layers }: { layers: number }) {
        for (let i = 0; i < layers; i++) yield* ask.height();
        return layers;
      },
    });
    expect(countByEnumeration(space, { layers: 0 })).toBe(1n);
  });
});

describe('the size of the convolutional space', () => {
  it.each([
    [{}, 1],
    [{}, 2],
    [{ filterHeight: [3], filterWidth: [3, 5], filterCount: [8, 16, 32] }, 4],
    [{ filterCount: [24] }, 2],
  ])('of %j with %i layers is what enumeration counts, each sample once', (options, layers) => {
    const space = convolutional(options);
    const tokens = new Set([...enumerate(space, { layers })].map((sample) => encodeSample(sample, space)));
    expect(BigInt(tokens.size)).toBe(space.size?.({ layers }));
  });

  it('is exact where numbers are not', () => {
    expect(convolutional().size?.({ layers: 15 })).toBe(64n ** 15n);
  });
});
